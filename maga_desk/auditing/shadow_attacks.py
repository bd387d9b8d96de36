"""Membership inference against reference models: RMIA and U-LiRA.

Both ask of every picture whether a net's confidence in its true label is that of nets that were trained on it, or that
of nets that never saw it. Confidences are arrays with a row for each reference net.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_LEAST_DEVIATION = 0.05  # of a confidence in logit units: a few shadows can agree by accident
_BLOCK = 512  # pictures compared with the population at once


def relative_scores(
    target: Values,
    references: Values,
    population: Values,
    population_references: Values,
    *,
    gamma: float = 1.0,
    offline: float = 0.3,
) -> Values:
    """RMIA's score of n pictures: the share of a population that each dominates, ``(n,)`` 0 to 1.

    Zarifzadeh, Liu and Shokri, "Low-Cost High-Power Membership Inference Attacks" (ICML 2024, arXiv 2312.03262):
    Pr over z of [p(x) / q(x)] / [p(z) / q(z)] >= gamma, with p the probability of the true label. The offline form:
    q = ((1 + a) mean reference p + (1 - a)) / 2, as the references never saw any of these pictures.

    :param target: ``(n,)`` the attacked net's probabilities; ``references``: ``(S, n)`` the reference nets'.
    :param population: ``(m,)`` likewise of other pictures that nobody was trained on, and ``(S, m)``.
    :param offline: a.
    """
    ratio = _ratio(target, references, offline)
    others = _ratio(population, population_references, offline)
    scores = [(block[:, None] / others[None, :] >= gamma).mean(axis=1) for block in _blocks(ratio)]
    return np.concatenate(scores)


def confidence_logit(log_probability: Values) -> Values:
    """log(p / (1 - p)) from log p, of any shape: nearly normally distributed over nets (LiRA, arXiv 2112.03570)."""
    return log_probability - np.log(-np.expm1(np.minimum(log_probability, -1e-12)))


def likelihood_ratios(target: Values, forgotten: Values, unseen: Values) -> Values:
    """U-LiRA's score of n pictures: how much likelier "trained on and forgotten" is than "never seen", ``(n,)`` nats.

    Hayes et al., "Inexact Unlearning Needs More Careful Evaluations to Avoid a False Sense of Privacy" (arXiv
    2403.01218), with a normal distribution for each picture and hypothesis. The deviation is pooled over the pictures,
    as Carlini et al. (arXiv 2112.03570) advise for few shadow models.

    :param target: ``(n,)`` confidence logits of the judged net.
    :param forgotten: ``(S, n)`` of shadow nets that were trained on the pictures and then unlearned them.
    :param unseen: ``(T, n)`` of nets that never saw them.
    """
    return _log_density(target, forgotten) - _log_density(target, unseen)


def _log_density(values: Values, samples: Values) -> Values:
    centre = samples.mean(axis=0)
    degrees = max(1, len(samples) - 1)
    variance = float(((samples - centre) ** 2).sum() / (degrees * samples.shape[1]))
    variance = max(variance * (1 + 1 / len(samples)), _LEAST_DEVIATION**2)  # the centre is uncertain too
    density: Values = -0.5 * ((values - centre) ** 2 / variance + np.log(2 * np.pi * variance))
    return density


def _ratio(target: Values, references: Values, offline: float) -> Values:
    expected = ((1 + offline) * references.mean(axis=0) + (1 - offline)) / 2
    ratio: Values = target / np.maximum(expected, 1e-12)
    return ratio


def _blocks(values: Values) -> list[Values]:
    return [values[start : start + _BLOCK] for start in range(0, len(values), _BLOCK)]
