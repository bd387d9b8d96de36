"""How sure a figure is: 95 % intervals over the pictures.

Means of continuous values and areas under curves are bootstrapped. Values of a few kinds (right or wrong, better or
worse than another net) get the smoothed form, draws from a Dirichlet distribution with half a picture of each kind
added: the plain bootstrap says "certainly 0 %" of five pictures that were all read wrongly, this one does not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.results import Figure

Values = NDArray[np.float64]
ROUNDS, SEED = 1000, 0
_LARGEST = 4_000_000  # numbers drawn at once
_SMOOTHED = 0.5


def interval(samples: Values) -> tuple[float, float]:
    """The middle 95 % of bootstrap samples ``(R,)``."""
    low, high = np.percentile(samples, [2.5, 97.5])
    return float(low), float(high)


def kinds_of_means(
    values: NDArray[np.generic],
    kinds: Sequence[float],
    rounds: int = ROUNDS,
    rng: np.random.Generator | None = None,
) -> Values:
    """Bootstrap means ``(rounds,)`` of values that are each one of ``kinds``, smoothed.

    :param values: ``(n,)``, any n, none included.
    :param rng: one for several independent sets whose means are put together; default: seeded anew.
    """
    rng = rng or np.random.default_rng(SEED)
    levels = np.asarray(kinds, dtype=np.float64)
    counts = np.array([(values == level).sum() for level in levels], dtype=np.float64)
    return rng.dirichlet(counts + _SMOOTHED, rounds) @ levels


def means(values: Values, rounds: int = ROUNDS) -> Values:
    """Bootstrap means ``(rounds,)`` of continuous values ``(n,)``, n at least 1."""
    rng, count = np.random.default_rng(SEED), len(values)
    at_once = max(1, _LARGEST // count)
    parts = [
        values[rng.integers(0, count, (min(at_once, rounds - done), count))].mean(axis=1)
        for done in range(0, rounds, at_once)
    ]
    return np.concatenate(parts)


def share(hits: NDArray[np.bool_]) -> Figure | None:
    """Percent of true among ``(n,) bool``; ``None`` without any."""
    if not len(hits):
        return None
    low, high = interval(kinds_of_means(hits, (0, 1)))
    return Figure(100 * float(hits.mean()), 100 * low, 100 * high, len(hits))


def mean(values: Values) -> Figure | None:
    """The mean of ``(n,)`` values; ``None`` without any."""
    if not len(values):
        return None
    return Figure(float(values.mean()), *interval(means(values)), len(values))
