"""Small versions of pictures, the ways in which a copy may be mirrored and cut, and perceptual hashes of them.

The hash is the usual one (pHash): the signs of the lowest frequencies of a cosine transform of the grey picture. Those
of a mirrored or cut version follow from the small picture by two small matrices: no picture is resampled for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.pixels import Bytes

Floats = NDArray[np.float32]
Hashes = NDArray[np.uint64]

SIDE = 24
"""Pixels a side of the small versions: 1.7 kB a picture."""
BITS = 63
"""Of a hash: all frequencies below the eighth, without the mean."""
_FREQUENCIES, _CUT, _OFFSETS = 8, 0.9, (0.0, 0.5, 1.0)
_STEP, _GROWTH = 0.25, 0.04  # of a window beside another: of what is cut off, and of its side
_SLICE = 2**22  # values at once
_GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class View:
    """One way to look at a picture: a window of it, brought to the whole, and mirrored or not.

    :param top: of the window, as a share of the height that is cut off above; ``left`` likewise.
    :param height: of the window, as a share; ``width`` likewise.
    """

    top: float = 0.0
    left: float = 0.0
    height: float = 1.0
    width: float = 1.0
    mirrored: bool = False

    @property
    def is_cut(self) -> bool:
        return self.height < 1 or self.width < 1

    @property
    def how(self) -> int:
        """Which of :data:`~maga_desk.domain.copies.HOWS` it is."""
        return int(self.mirrored) + 2 * self.is_cut

    @cached_property
    def rows(self) -> Floats:
        """``(SIDE, SIDE)``: from the lines of a small picture to those of the view."""
        return _window(self.top, self.height)

    @cached_property
    def columns(self) -> Floats:
        """``(SIDE, SIDE)``, likewise."""
        found = _window(self.left, self.width)
        return np.ascontiguousarray(found[::-1]) if self.mirrored else found

    def of(self, thumbs: Floats) -> Floats:
        """The view of small pictures ``(..., SIDE, SIDE)``."""
        if not self.is_cut:
            return thumbs[..., ::-1] if self.mirrored else thumbs
        seen: Floats = np.matmul(self.rows @ thumbs, self.columns.T, dtype=np.float32)
        return seen

    def waves(self, grey: Floats) -> Floats:
        """``(n, BITS) float32``, each of length 1: the lowest frequencies of what is seen of ``(n, SIDE, SIDE)``."""
        down, across = _COSINES @ self.rows, _COSINES @ self.columns
        found = (down @ grey @ across.T).reshape(len(grey), -1)[:, 1:]
        length = np.linalg.norm(found, axis=1, keepdims=True)
        scaled: Floats = found / np.maximum(length, 1e-6)
        return scaled

    def beside(self) -> tuple[View, ...]:
        """The same and views a little beside it, where it is a window: where a copy was cut is not known that well."""
        if not self.is_cut:
            return (self,)
        steps = (-_STEP, 0.0, _STEP)
        tops = steps if self.height < 1 else (0.0,)
        lefts = steps if self.width < 1 else (0.0,)
        return tuple(
            replace(
                self,
                top=min(max(self.top + down, 0.0), 1.0),
                left=min(max(self.left + across, 0.0), 1.0),
                height=self.height + more if self.height < 1 else 1.0,
                width=self.width + more if self.width < 1 else 1.0,
            )
            for down in tops
            for across in lefts
            for more in (-_GROWTH, 0.0, _GROWTH)
        )


def _window(begin: float, length: float) -> Floats:
    """Linear interpolation at the middles of ``SIDE`` parts of a window; it begins at a share of what is cut off."""
    start = begin * (1 - length) * SIDE
    places = np.clip(start + (np.arange(SIDE) + 0.5) * length - 0.5, 0, SIDE - 1)
    low = np.minimum(places.astype(np.int64), SIDE - 2)
    found = np.zeros((SIDE, SIDE), dtype=np.float32)
    lines, share = np.arange(SIDE), (places - low).astype(np.float32)
    found[lines, low] = 1 - share
    found[lines, low + 1] += share
    return found


_COSINES: Floats = np.cos(np.pi * np.outer(np.arange(_FREQUENCIES), np.arange(SIDE) + 0.5) / SIDE).astype(np.float32)

WHOLE = View()
_WINDOWS = tuple(
    View(top, left, height, width)
    for height, width in ((1.0, 1.0), (_CUT, _CUT), (_CUT, 1.0), (1.0, _CUT))
    for top in (_OFFSETS if height < 1 else (0.0,))
    for left in (_OFFSETS if width < 1 else (0.0,))
)
VIEWS: tuple[View, ...] = (*_WINDOWS, *(replace(view, mirrored=True) for view in _WINDOWS))
"""How copies are looked at: whole, and nine tenths of both sides or of one, at three places along each; also
mirrored."""


def small(pictures: Bytes) -> Bytes:
    """``(n, 3, H, W) uint8`` as ``(n, 3, SIDE, SIDE) uint8``: the mean of what each pixel covers."""
    count, _, height, width = pictures.shape
    down, across = _covering(height), _covering(width)
    found = np.empty((count, 3, SIDE, SIDE), dtype=np.uint8)
    step = max(1, _SLICE // (3 * height * width))
    for start in range(0, count, step):
        some = down @ pictures[start : start + step].astype(np.float32) @ across.T
        found[start : start + step] = np.rint(some, out=some)
    return found


def grey_of(thumbs: Bytes) -> Floats:
    """``(n, SIDE, SIDE) float32`` of ``(n, 3, SIDE, SIDE)``."""
    found: Floats = np.multiply(thumbs[:, 0], _GREY[0], dtype=np.float32)
    for colour in (1, 2):
        found += _GREY[colour] * thumbs[:, colour]
    return found


def _covering(length: int) -> Floats:
    """``(SIDE, length)``: which share of a line each of ``SIDE`` equal parts covers."""
    ends = np.arange(SIDE + 1) * (length / SIDE)
    low, high = ends[:-1, None], ends[1:, None]
    lines = np.arange(length)[None]
    share = np.clip(np.minimum(high, lines + 1) - np.maximum(low, lines), 0, None)
    scaled: Floats = (share / share.sum(axis=1, keepdims=True)).astype(np.float32)
    return scaled


def hashes_of(waves: Floats) -> Hashes:
    """``(n,) uint64``: the signs of ``(n, BITS)``."""
    padded = np.zeros((len(waves), 64), dtype=bool)
    padded[:, :BITS] = waves > 0
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").reshape(-1).astype(np.uint64)
