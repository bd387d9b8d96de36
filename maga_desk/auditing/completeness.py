"""How completely each picture was forgotten, between the original's view of it and that of nets that never saw it.

After IAM, Wang et al., "Towards Lifecycle Unlearning Commitment Management: Measuring Sample-level Unlearning
Completeness" (USENIX Security 2025, arXiv 2506.06112): a picture's score is interpolated between how a net treats what
it was fitted to and how it treats what it has only generalised to. Ours takes the latter from the verification models,
by the line that :func:`~maga_desk.auditing.ignorance.residuals` fits; where a picture stands is told by its place among
the unseen ones, not by distributions that are assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maga_desk.auditing.ignorance import ROUNDS, Pair
from maga_desk.auditing.intervals import SEED, interval, share
from maga_desk.domain.results import Figure

Values = NDArray[np.float64]

TAIL = 5.0
"""Percent of unseen pictures that lie beyond a place that counts as under- or over-unlearned, on each side."""


@dataclass(frozen=True)
class Tails:
    """The share of the forget set, in percent, that a net treats as it treats hardly any unseen picture.

    :param under: as too well known: more than 95 % of the unseen ones are less so; ``over``: as too little known.
    :param error: of both, from how few unseen pictures there are: 95 %, in percent.
    """

    under: Figure
    over: Figure
    error: float


def completeness(result: Pair, original: Pair) -> Figure | None:
    """In percent: 100 is like nets that never saw the pictures, 0 is like the original, above 100 is over-unlearned.

    Residuals count in deviations of the unseen pictures', so that a net that is less sure of everything is not taken
    for one that has forgotten. ``None`` where the original itself does not know the forget set measurably better than
    unseen pictures (95 %): there is nothing to interpolate.

    :param result: residuals of the result, and ``original`` those of the original.
    """
    rng = np.random.default_rng(SEED)
    nets = [_scaled(each) for each in (result, original)]
    n, m = len(result[0]), len(result[1])
    draws = ((rng.integers(0, n, n), rng.integers(0, m, m)) for _ in range(ROUNDS))
    gaps = np.array([[_gap(net, *draw) for net in nets] for draw in draws])
    known, left = _gap(nets[1]), _gap(nets[0])
    if interval(gaps[:, 1])[0] <= 0:
        return None
    low, high = interval(1 - gaps[:, 0] / np.maximum(gaps[:, 1], 1e-9))
    return Figure(100 * (1 - left / known), 100 * low, 100 * high, n + m)


def tails(pair: Pair) -> Tails | None:
    """By each forget picture's place among the unseen ones; ties count half. ``None`` without either."""
    forget, unseen = pair
    ordered = np.sort(unseen)
    below = np.searchsorted(ordered, forget, "left") + np.searchsorted(ordered, forget, "right")
    place = below / (2 * max(1, len(unseen)))
    under, over = share(place > 1 - TAIL / 100), share(place < TAIL / 100)
    if under is None or over is None or not len(unseen):
        return None
    return Tails(under, over, 196 * float(np.sqrt(TAIL / 100 * (1 - TAIL / 100) / len(unseen))))


def _scaled(pair: Pair) -> Pair:
    deviation = max(float(pair[1].std()), 1e-6)
    return pair[0] / deviation, pair[1] / deviation


def _gap(pair: Pair, forget: NDArray[np.int64] | None = None, unseen: NDArray[np.int64] | None = None) -> float:
    """Of the forget pictures' mean to that of the unseen, of all or of those that were drawn."""
    inside = pair[0] if forget is None else pair[0][forget]
    outside = pair[1] if unseen is None else pair[1][unseen]
    return float(inside.mean() - outside.mean())
