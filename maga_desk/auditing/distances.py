"""How far two nets' outputs lie apart. Everything takes logits ``(n, K)`` of the same pictures in the same order."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maga_desk.auditing.intervals import SEED, interval, kinds_of_means, mean
from maga_desk.domain.results import Figure

Values = NDArray[np.float64]
Hits = NDArray[np.bool_]


def jensen_shannon(first: Tensor, second: Tensor) -> Values:
    """``(n,) float64``: Jensen-Shannon divergence of the softmax probabilities of each picture, nats (0 to ln 2)."""
    log_p, log_q = _logs(first), _logs(second)
    log_m = torch.logaddexp(log_p, log_q) - math.log(2)
    both = (log_p.exp() * (log_p - log_m)).sum(1) + (log_q.exp() * (log_q - log_m)).sum(1)
    return (0.5 * both).clamp(min=0).numpy()


def kullback_leibler(wanted: Tensor, found: Tensor) -> Values:
    """``(n,) float64``: KL(wanted || found) of the softmax probabilities of each picture, nats."""
    log_p, log_q = _logs(wanted), _logs(found)
    return (log_p.exp() * (log_p - log_q)).sum(1).clamp(min=0).numpy()


def zero_retrain_forgetting(found: Tensor, untrained: Tensor) -> Figure | None:
    """ZRF: one minus the mean Jensen-Shannon divergence to an untrained net, in units of its largest value, ln 2.

    Chundawat et al., "Can Bad Teaching Induce Forgetting?" (AAAI 2023, arXiv 2205.08096), which takes logarithms to
    base 2. 1 means as unsure as an untrained net.
    """
    return mean(1 - jensen_shannon(found, untrained) / math.log(2)) if len(found) else None


def average_gap(pairs: list[tuple[Hits, Hits]]) -> Figure:
    """Mean distance in points between two nets over several sets of pictures.

    :param pairs: for each set whether each picture counts for the one net and for the other, ``(n,) bool`` each.
    """
    samples = [100 * np.abs(each) for each in _samples(pairs)]
    value = np.mean([100 * abs(float(_difference(one, other).mean())) for one, other in pairs])
    return _between(float(value), interval(np.mean(samples, axis=0)), pairs)


def tug_of_war(pairs: list[tuple[Hits, Hits]]) -> Figure:
    """ToW: the product over sets of pictures of one minus the distance in accuracy (0 to 1).

    Zhao et al., "What Makes Unlearning Hard and What to Do About It" (NeurIPS 2024, arXiv 2406.01257).
    """
    samples = [1 - np.abs(each) for each in _samples(pairs)]
    value = np.prod([1 - abs(float(_difference(one, other).mean())) for one, other in pairs])
    return _between(float(value), interval(np.prod(samples, axis=0)), pairs)


def _samples(pairs: list[tuple[Hits, Hits]]) -> list[Values]:
    """Bootstrap means of the differences of every set, drawn independently."""
    rng = np.random.default_rng(SEED)
    return [kinds_of_means(_difference(one, other), (-1, 0, 1), rng=rng) for one, other in pairs]


def _between(value: float, found: tuple[float, float], pairs: list[tuple[Hits, Hits]]) -> Figure:
    """The value with its interval, which holds it: a mean of distances is bootstrapped away from zero."""
    low, high = min(found[0], value), max(found[1], value)
    return Figure(value, low, high, sum(len(one) for one, _ in pairs))


def _difference(one: Hits, other: Hits) -> NDArray[np.int64]:
    return one.astype(np.int64) - other.astype(np.int64)


def _logs(outputs: Tensor) -> Tensor:
    return torch.log_softmax(outputs.double(), dim=1)
