"""RMIA and U-LiRA on nets that remember, on nets that do not, and by their formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit
from scipy.stats import norm

from maga_desk.auditing.membership import area_under_curve
from maga_desk.auditing.shadow_attacks import confidence_logit, likelihood_ratios, relative_scores


def test_confidence_logits_agree_with_scipy_and_stay_finite() -> None:
    p = np.array([0.001, 0.3, 0.9, 0.999])
    np.testing.assert_allclose(confidence_logit(np.log(p)), logit(p), rtol=1e-9)
    assert np.isfinite(confidence_logit(np.array([0.0, -800.0]))).all()


def test_relative_scores_by_hand() -> None:
    target, references = np.array([0.8, 0.2]), np.array([[0.5, 0.4], [0.3, 0.4]])  # ratios 2 and 0.5
    population, others = np.array([0.3, 0.6, 0.9]), np.array([[0.3, 0.4, 0.3]])  # ratios 1, 1.5 and 3
    plain = {"offline": 1.0}  # q is the references' mean
    assert relative_scores(target, references, population, others, **plain) == pytest.approx([2 / 3, 0])
    assert relative_scores(target, references, population, others, gamma=1.4, **plain) == pytest.approx([1 / 3, 0])
    # a = 0: q = (mean + 1) / 2, so .7, .7 for the pictures and .65, .7, .65 for the population
    q, others_q = np.array([0.7, 0.7]), np.array([0.65, 0.7, 0.65])
    expected = ((target / q)[:, None] >= (population / others_q)[None, :]).mean(axis=1)
    assert relative_scores(target, references, population, others, offline=0.0) == pytest.approx(expected)


def test_relative_scores_find_memory_that_the_plain_loss_cannot_see() -> None:
    """Easy non-members look surer than hard members; only a comparison with references tells them apart."""
    rng = np.random.default_rng(0)
    count = 600
    easy = rng.uniform(0.2, 0.95, 2 * count)  # how sure a net is of a picture that it never saw
    member = np.arange(2 * count) < count
    remembered = np.where(member, np.minimum(easy + 0.04, 0.999), easy)
    references = np.stack([np.clip(easy + 0.01 * rng.normal(size=2 * count), 0.01, 0.999) for _ in range(4)])
    population = rng.uniform(0.2, 0.95, 500)
    theirs = np.stack([np.clip(population + 0.01 * rng.normal(size=500), 0.01, 0.999) for _ in range(4)])
    # a = 1, as a net that saw a picture is here hardly surer of it than one that did not
    scores = relative_scores(remembered, references, population, theirs, offline=1.0)
    by_loss = area_under_curve(remembered[member], remembered[~member])
    assert by_loss < 0.65 and area_under_curve(scores[member], scores[~member]) > 0.95
    innocent = relative_scores(easy, references, population, theirs, offline=1.0)
    assert 0.45 < area_under_curve(innocent[member], innocent[~member]) < 0.55


def test_likelihood_ratios_are_those_of_normal_distributions() -> None:
    rng = np.random.default_rng(1)
    forgotten, unseen = rng.normal(1, 0.5, (6, 3)), rng.normal(0, 0.5, (5, 3))
    target = np.array([1.0, 0.5, -1.0])

    def density(samples: np.ndarray) -> np.ndarray:
        deviation = np.sqrt(samples.var(axis=0, ddof=1).mean() * (1 + 1 / len(samples)))
        return norm.logpdf(target, samples.mean(axis=0), deviation)

    np.testing.assert_allclose(
        likelihood_ratios(target, forgotten, unseen), density(forgotten) - density(unseen), rtol=1e-9
    )


def test_likelihood_ratios_tell_a_trace_from_none() -> None:
    rng = np.random.default_rng(2)
    pictures = rng.normal(0, 2, 800)  # how easy each is

    def nets(count: int, trace: float) -> np.ndarray:
        return pictures + trace + rng.normal(0, 0.6, (count, 800))

    with_trace, without = nets(4, 0.8), nets(4, 0.0)
    judged, retrained = nets(1, 0.8)[0], nets(1, 0.0)[0]
    found = area_under_curve(
        likelihood_ratios(judged, with_trace, without), likelihood_ratios(retrained, with_trace, without)
    )
    assert found > 0.75
    clean = area_under_curve(
        likelihood_ratios(nets(1, 0.0)[0], nets(4, 0.0), without),
        likelihood_ratios(retrained, nets(4, 0.0), without),
    )
    assert 0.42 < clean < 0.58
    one = likelihood_ratios(judged, with_trace[:1], without[:1])
    assert np.isfinite(one).all()
