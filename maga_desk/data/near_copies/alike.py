"""How alike two small pictures are once they lie on each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maga_desk.data.near_copies.thumbs import SIDE, VIEWS, Floats, View
from maga_desk.domain.pixels import Bytes

Indices = NDArray[np.int64]

_BLUR, _LESS = 2.0, 0.7
"""Pixels over which a picture is blurred, and how much of that is taken from it: sky above sea looks alike everywhere,
edges do not."""
_FLAT = 2.5
"""Grey levels: of a picture that differs less than this from its own mean there is nothing to lie on anything."""
_AT_ONCE = 1024


def _blurring() -> Floats:
    places = np.arange(SIDE)
    found = np.exp(-0.5 * ((places[:, None] - places[None]) / _BLUR) ** 2)
    scaled: Floats = (found / found.sum(axis=1, keepdims=True)).astype(np.float32)
    return scaled


_BLURRING = _blurring()


def edges(thumbs: Floats) -> Floats:
    """``(n, 3, SIDE, SIDE)`` as ``(n, D)`` of length 1, or shorter where there is next to nothing to see."""
    sharp = thumbs - _LESS * (_BLURRING @ thumbs @ _BLURRING.T)
    sharp -= sharp.mean(axis=(2, 3), keepdims=True)
    rows = sharp.reshape(len(sharp), -1)
    length = np.sqrt(np.einsum("nd,nd->n", rows, rows))[:, None]
    scaled: Floats = rows / np.maximum(length, 0.5 * _FLAT * (1 - _LESS) * rows.shape[1] ** 0.5)
    return scaled


def are_flat(thumbs: Bytes) -> NDArray[np.bool_]:
    """``(n,) bool``: which show next to nothing but one colour."""
    spread: NDArray[np.float32] = thumbs.reshape(len(thumbs), 3, -1).std(axis=2, dtype=np.float32)
    return np.asarray(spread.max(axis=1) < _FLAT)


def seen_alike(thumbs: Bytes, first: Indices, second: Indices, view: View) -> NDArray[np.float32]:
    """``(m,) float32``, at most 1: the correlation of the views of ``first`` with ``second``."""
    found = np.empty(len(first), dtype=np.float32)
    for start in range(0, len(first), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        one = edges(view.of(thumbs[first[part]].astype(np.float32)))
        found[part] = np.einsum("nd,nd->n", one, edges(thumbs[second[part]].astype(np.float32)))
    return found


def best_beside(thumbs: Bytes, first: Indices, second: Indices, views: Indices) -> NDArray[np.float32]:
    """``(m,) float32``: the best correlation over the views beside those that were found, ``(m,)`` into ``VIEWS``."""
    best = np.full(len(first), -1.0, dtype=np.float32)
    for number in np.unique(views):
        mine = np.flatnonzero(views == number)
        for start in range(0, len(mine), _AT_ONCE):
            part = mine[start : start + _AT_ONCE]
            one = thumbs[first[part]].astype(np.float32)
            other = edges(thumbs[second[part]].astype(np.float32))
            for view in VIEWS[number].beside():
                score = np.einsum("nd,nd->n", edges(view.of(one)), other)
                best[part] = np.maximum(best[part], score)
    return best
