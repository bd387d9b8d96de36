"""Pairs of hashes that differ in few bits, without comparing each with each.

Some bits of a hash, drawn once and for all, say in which bucket it lies; whoever shares a bucket is compared. Two
hashes that differ in few bits share one of many such tables with near certainty. Where very many share a bucket, each
is compared with a bounded number of them: those whose waves, seen from a direction of the table's own, are nearest. So
a set of pictures that all look alike costs no more than another.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maga_desk.data.near_copies.thumbs import BITS, Floats, hashes_of

Indices = NDArray[np.int64]

RADIUS = 14
"""Bits in which the hashes of two candidates differ at most: of two pictures that have nothing to do with each other
about one in ten thousand come so near."""
WAVES = 0.75
"""The cosine of two candidates' waves at least: cheaper than a look at the pixels."""
_SEED, _TABLES, _KEY_BITS = 4_711, 20, 16
_MOST = 32
"""How many of a bucket each picture is compared with."""


class Buckets:
    """Pictures in tables by some bits of their hashes.

    :param waves: ``(N, BITS) float32``, of all that can be found.
    """

    def __init__(self, waves: Floats) -> None:
        self._hashes, self._waves = hashes_of(waves), waves
        rng = np.random.default_rng(_SEED)
        self._weights = _draws(rng)
        self._directions = rng.standard_normal((BITS, _TABLES)).astype(np.float32)
        keys, heights = self._keys(waves), waves @ self._directions
        self._orders: list[Indices] = []
        self._starts: list[Indices] = []
        self._heights: list[Floats] = []
        for key, height in zip(keys.T, heights.T, strict=True):
            order = np.lexsort((height, key))
            self._orders.append(order)
            self._heights.append(np.ascontiguousarray(height[order]))
            self._starts.append(np.concatenate([[0], np.cumsum(np.bincount(key, minlength=2**_KEY_BITS))]))

    def near(self, waves: Floats, most: int) -> tuple[Indices, Indices]:
        """Candidates, each once: ``(m,)`` which of ``waves``, and which of all.

        :param most: candidates of each, those with the likest waves.
        """
        found, hashes = list[Indices](), hashes_of(waves)
        keys, heights = self._keys(waves), waves @ self._directions
        for table, order in enumerate(self._orders):
            key, starts = keys[:, table], self._starts[table]
            begin, count = starts[key], starts[key + 1] - starts[key]
            for place in np.flatnonzero(count > _MOST):
                first, many = int(begin[place]), int(count[place])
                sorted_heights = self._heights[table][first : first + many]
                middle = int(np.searchsorted(sorted_heights, heights[place, table]))
                begin[place] = first + min(max(0, middle - _MOST // 2), many - _MOST)
                count[place] = _MOST
            who = np.repeat(np.arange(len(waves)), count)
            places = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(begin, count)
            other = order[places]
            close = np.bitwise_count(hashes[who] ^ self._hashes[other]) <= RADIUS
            found.append(who[close] * len(self._hashes) + other[close])
        pairs = np.unique(np.concatenate(found))
        who, other = pairs // len(self._hashes), pairs % len(self._hashes)
        likeness = np.einsum("nd,nd->n", waves[who], self._waves[other])
        close = likeness >= WAVES
        who, other = who[close], other[close]
        best = best_of_each(who, likeness[close], most)
        return who[best], other[best]

    def _keys(self, waves: Floats) -> Indices:
        """``(n, tables) int64``: the bucket of each picture in each table."""
        keys: Indices = ((waves > 0).astype(np.float32) @ self._weights).astype(np.int64)
        return keys


def best_of_each(group: Indices, score: Floats, most: int) -> NDArray[np.bool_]:
    """``(n,) bool``: which are among the ``most`` best of their group."""
    order = np.lexsort((-score, group))
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.diff(group[order]) != 0
    begins = np.flatnonzero(new)
    place = np.arange(len(order)) - np.repeat(begins, np.diff(np.append(begins, len(order))))
    kept = np.zeros(len(order), dtype=bool)
    kept[order[place < most]] = True
    return kept


def _draws(rng: np.random.Generator) -> Floats:
    """``(BITS, tables)``: what each bit adds to a table's key."""
    weights = np.zeros((BITS, _TABLES), dtype=np.float32)
    for table in range(_TABLES):
        weights[rng.choice(BITS, size=_KEY_BITS, replace=False), table] = 2.0 ** np.arange(_KEY_BITS)
    return weights
