"""What backs the classifier's pixels: an array in memory, or in a file that is mapped into it."""

from __future__ import annotations

import mmap
from typing import Any, Protocol

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


class Mapped:
    """Pictures in a mapped file: the system reads what is looked at, and may take its memory back at any time.

    :param array: ``(N, 3, H, W) uint8`` RGB over the mapping. What it is changed to stays in this process.
    :param sha256: of its bytes, as they were written and looked at when it was mapped.
    """

    def __init__(self, array: Bytes, sha256: str) -> None:
        self._array, self.sha256 = array, sha256
        self._read = 0  # pictures, since memory was last let go

    @property
    def size(self) -> tuple[int, int]:
        return int(self._array.shape[2]), int(self._array.shape[3])

    def __len__(self) -> int:
        return len(self._array)

    def __deepcopy__(self, memo: dict[int, Any]) -> Mapped:
        return self  # nothing changes it

    def at(self, positions: Indices) -> Bytes:
        found: Bytes = self._array[positions]
        self._read += len(found)
        if self._read >= _MANY or self._read * found[:1].nbytes >= _LARGE:
            self._read = 0
            _let_go(self._array)
        return found

    def take(self, positions: Indices) -> InMemory:
        return InMemory(self._array[positions])

    def whole(self) -> Bytes:
        return self._array


_MANY, _LARGE = 1024, 64 * 2**20
"""Pictures, bytes: after so many are read memory is let go. The system maps 64 KiB around each place looked at."""


class Unread:
    """What stands for the pixels of pictures that are listed and not decoded yet: nothing can be seen."""

    def __init__(self, count: int) -> None:
        self._count = count

    @property
    def size(self) -> tuple[int, int]:
        raise LookupError("the pictures are not decoded yet")

    def __len__(self) -> int:
        return self._count

    def at(self, positions: Indices) -> Bytes:
        raise LookupError("the pictures are not decoded yet")

    def take(self, positions: Indices) -> Unread:
        return Unread(len(positions))

    def whole(self) -> Bytes:
        raise LookupError("the pictures are not decoded yet")


def _let_go(array: Bytes) -> None:
    """Take what was read of a mapped file out of this process's memory; looking at it again brings it back."""
    held: Any = array
    while isinstance(held, np.ndarray | memoryview):
        held = held.base if isinstance(held, np.ndarray) else held.obj
    if isinstance(held, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        held.madvise(mmap.MADV_DONTNEED)
