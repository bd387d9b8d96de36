"""What backs the classifier's pixels: an array in memory here; a memory-mapped file or a stream may take its place."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Indices = NDArray[np.int64]


class Pixels(Protocol):
    """Pictures in the size that the classifier is given. Only its index asks it."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        ...

    def __len__(self) -> int: ...

    def at(self, positions: Indices) -> Bytes:
        """The pictures at these positions ``(n,) int64``, in this order: ``(n, 3, H, W) uint8`` RGB in memory."""
        ...

    def take(self, positions: Indices) -> Pixels:
        """The same kind of backing for some of the pictures, in this order."""
        ...

    def whole(self) -> Bytes:
        """All of them, ``(N, 3, H, W) uint8``, contiguous and in memory."""
        ...


class InMemory:
    """:param array: ``(N, 3, H, W) uint8`` RGB."""

    def __init__(self, array: Bytes) -> None:
        self._array = np.ascontiguousarray(array)

    @property
    def size(self) -> tuple[int, int]:
        return int(self._array.shape[2]), int(self._array.shape[3])

    def __len__(self) -> int:
        return len(self._array)

    def at(self, positions: Indices) -> Bytes:
        return self._array[positions]

    def take(self, positions: Indices) -> InMemory:
        return InMemory(self._array[positions])

    def whole(self) -> Bytes:
        return self._array
