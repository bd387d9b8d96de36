"""A few pictures of a listing in several framings, each opened once: for trials, before all of them are decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maga_desk.data.sources.decode import to_pixels, without_warnings
from maga_desk.data.sources.source import Listing
from maga_desk.domain.errors import DataError
from maga_desk.domain.pixels import Bytes, Indices
from maga_desk.domain.preprocessing import Framing, Size
from maga_desk.domain.room import PICTURES

_AT_ONCE = 16  # pictures between two looks at the control


@dataclass(frozen=True)
class Frame:
    """A framing and the size that it is for."""

    framing: Framing
    size: Size

    @property
    def title(self) -> str:
        """In words."""
        return f"{self.size[1]} × {self.size[0]}, {self.framing.title}"


@dataclass(frozen=True, eq=False)
class Sample:
    """Some pictures.

    :param positions: ``(n,) int64`` in the listing, of those that can be read.
    :param frames: of each framing ``(n, 3, H, W) uint8`` RGB; of framings that give the same pixels the first alone.
    """

    positions: Indices
    frames: dict[Frame, Bytes]


def sizes_of(listing: Listing, positions: Indices) -> list[Size]:
    """Heights and widths of some pictures as their source has them; of those that can be read."""
    if listing.opener is None:
        return []
    found = []
    with without_warnings:
        for position in positions.tolist():
            try:
                with PICTURES.turn():
                    width, height = listing.opener(listing.names[position]).size
            except DataError:
                continue
            found.append((height, width))
    return found


def sampled(listing: Listing, positions: Indices, frames: Sequence[Frame], between: Callable[[], object]) -> Sample:
    """Open some pictures and frame them. Where the source brings pixels, these are the only frame.

    :param between: called now and then; what it raises ends it.
    """
    if listing.pixels is not None:
        return Sample(positions, {frames[0]: listing.pixels.at(positions)})
    opener = listing.opener
    assert opener is not None

    def framed(position: int) -> list[NDArray[np.uint8]] | None:
        with PICTURES.turn():
            try:
                picture = opener(listing.names[position])
                return [to_pixels(picture, each.size, each.framing) for each in frames]
            except DataError:
                return None

    rows: list[list[NDArray[np.uint8]] | None] = []
    with without_warnings, ThreadPoolExecutor() as pool:
        for start in range(0, len(positions), _AT_ONCE):
            between()
            rows += pool.map(framed, positions[start : start + _AT_ONCE].tolist())
    readable = np.array([row is not None for row in rows], dtype=bool)
    found: dict[Frame, Bytes] = {}
    for place, frame in enumerate(frames):
        pictures = [row[place] for row in rows if row is not None]
        array = np.stack(pictures) if pictures else np.zeros((0, 3, *frame.size), dtype=np.uint8)
        if not any(array.shape == other.shape and np.array_equal(array, other) for other in found.values()):
            found[frame] = array
    return Sample(positions[readable], found)
