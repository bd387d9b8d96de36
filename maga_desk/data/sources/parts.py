"""Arrays that are read when they are looked at, and let go when others are: a bound on memory for large files."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maga_desk.data.sources.stamps import Stamps, stamp
from maga_desk.domain.errors import DataError, UserError

Array = NDArray[np.generic]
_LARGEST_UNPACKED = 4 * 2**30  # bytes of one array that has to be unpacked into memory
_HARMLESS, _USUAL_RATIO = 2**28, 100  # bytes; pictures do not pack to less than a hundredth
_HELD = 512 * 2**20  # bytes, beyond the last one


class LoadedParts:
    """The arrays of a source, by number, each read at most once by all threads together.

    :param readers: a file and what reads an array from it, each. What is mapped counts as nothing.
    :param stamps: of the files as they were listed: what was changed since is not shown.
    """

    def __init__(self, readers: Sequence[tuple[str, Callable[[], Any]]], stamps: Stamps) -> None:
        self._readers = readers
        self._listed = dict(zip(stamps.files, stamps.values.tolist(), strict=True))
        self._held: dict[int, Any] = {}
        self._lock = threading.Lock()

    def __getitem__(self, number: int) -> Any:
        with self._lock:
            file, reader = self._readers[number]
            check_unchanged(file, self._listed[file])
            held = self._held.pop(number, None)
            if held is None:
                held = reader()
            self._held[number] = held
            while len(self._held) > 1 and sum(map(_in_memory, self._held.values())) > _HELD:
                del self._held[next(iter(self._held))]
            return held


def check_unchanged(file: str, listed: Sequence[int]) -> None:
    """:raises DataError: its stamp is another one than when it was listed."""
    try:
        same = list(stamp(os.stat(file))) == list(listed)
    except OSError:
        same = False
    if not same:
        raise DataError("it was changed while it was open", where=file, todo="open it again")


def _in_memory(array: Any) -> int:
    return 0 if isinstance(array, np.memmap) else int(array.nbytes)


def check_count(count: int, most: int, what: str, where: str) -> None:
    """:raises DataError: there are more than are read; none of them is passed over in silence."""
    if count > most:
        raise DataError(f"{count:,} {what} are too many", where=where, todo=f"at most {most:,} are read")


def check_unpacked(name: str, nbytes: int, packed: int, where: str) -> None:
    """:raises DataError: what was packed takes too much memory, or far more than pictures can."""
    if nbytes > _HARMLESS and nbytes > _USUAL_RATIO * packed:
        raise DataError(
            f"{name} says that {packed:,} bytes unpack to {nbytes / 2**30:,.1f} GB, as archive bombs do", where=where
        )
    if nbytes > _LARGEST_UNPACKED:
        raise DataError(f"{name} takes {nbytes / 2**30:,.1f} GB unpacked", where=where, todo="unpack it first")


def located_parts(sizes: list[int]) -> Callable[[int], tuple[int, int]]:
    """Which part a picture's position is in, and where there."""
    ends = np.cumsum(sizes)

    def located(position: int) -> tuple[int, int]:
        part = int(np.searchsorted(ends, position, side="right"))
        return part, position - int(ends[part] - sizes[part])

    return located


def stamps_of(files: list[Path]) -> Stamps:
    """:raises DataError: one cannot be looked at."""
    try:
        return Stamps.of(*files)
    except OSError as error:
        raise DataError(f"cannot read: {error.strerror}", where=str(error.filename or files[0])) from error


def guarded(opened: Callable[[int], Image.Image]) -> Callable[[int], Image.Image]:
    """The same where any fault of an array is a picture that cannot be read."""

    def tried(position: int) -> Image.Image:
        try:
            return opened(position)
        except UserError:
            raise
        except (OSError, ValueError, EOFError, MemoryError) as error:
            raise DataError(f"unreadable picture ({error})") from error

    return tried
