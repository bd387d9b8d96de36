"""Sets of pictures, as their positions and as masks: in time that goes with their number, without sorting."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]


def positions_of(given: Indices | Iterable[int]) -> Indices:
    """``(n,) int64``, as they were given."""
    return np.asarray(given if isinstance(given, np.ndarray) else list(given), dtype=np.int64)


def mask_of(count: int, *given: Indices) -> Mask:
    """``(count,) bool``: true at these positions."""
    mask = np.zeros(count, dtype=bool)
    for positions in given:
        mask[positions] = True
    return mask


def united(one: Indices, other: Indices) -> Indices:
    """``(n,) int64``, none of them negative: those that are in one or the other, ascending and each once."""
    last = max(int(one.max(initial=-1)), int(other.max(initial=-1)))
    return np.flatnonzero(mask_of(last + 1, one, other))


def which_of(asked: Indices, given: Indices) -> Mask:
    """``(n,) bool``: which of the positions asked for, none of them negative, are among those given."""
    mask = np.zeros(int(asked.max(initial=-1)) + 1, dtype=bool)
    mask[given[(given >= 0) & (given < len(mask))]] = True
    return np.asarray(mask[asked])


def labelled(labels: Indices, wanted: Iterable[int]) -> Mask:
    """``(N,) bool``: whose label, none of them negative, is one of these."""
    some = positions_of(wanted)
    if not len(some):
        return np.zeros(len(labels), dtype=bool)
    table = np.zeros(max(int(labels.max(initial=0)), int(some.max())) + 1, dtype=bool)
    table[some] = True
    return np.asarray(table[labels])
