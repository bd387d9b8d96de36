"""What tells, without reading files, that one of them has changed."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.files import sha256_of

CLOCK_STEP = 2 * 10**9
"""Nanoseconds: the coarsest clock of a file system in use (FAT)."""

_INT64 = 2**63 - 1


def stamp(about: os.stat_result) -> tuple[int, int, int, int]:
    """Of one file: bytes, the nanoseconds of its last change and of the last change of what is said of it, its number.

    No program can set the third, so that a picture put in another's place is seen even with its size and time.
    """
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino & _INT64


@dataclass(frozen=True, eq=False)
class Stamps:
    """The files that pictures are read from, as they were listed.

    :param files: n paths: a file for each picture, or an archive of all.
    :param values: ``(n, 4) int64``, a :func:`stamp` each.
    :param taken: when listing began, in nanoseconds since 1970.
    """

    files: Sequence[str]
    values: NDArray[np.int64]
    taken: int = field(default_factory=time.time_ns)

    @classmethod
    def of(cls, *files: str | os.PathLike[str]) -> Stamps:
        """:raises OSError: a file is not there."""
        taken = time.time_ns()
        paths = tuple(os.fspath(file) for file in files)
        return cls(paths, np.array([stamp(os.stat(path)) for path in paths], dtype=np.int64), taken)

    def digest(self) -> str:
        """Another text when a file was added, taken away, renamed or changed."""
        found = hashlib.sha256("\0".join(self.files).encode("utf-8", "surrogateescape"))
        found.update(np.ascontiguousarray(self.values).data)
        return found.hexdigest()

    def versions(self, pictures: int) -> NDArray[np.int64]:
        """``(pictures,) int64``: of each picture a number that is another once its file has changed."""
        found = np.zeros(len(self.values), dtype=np.uint64)
        for column in self.values.T.astype(np.uint64):
            found = (found ^ column) * np.uint64(0x100000001B3)  # FNV's prime; what overflows is let go
            found ^= found >> np.uint64(29)
        each = found.view(np.int64)
        return each if len(each) == pictures else np.full(pictures, np.bitwise_xor.reduce(each), dtype=np.int64)

    def young(self, at: int | None = None) -> str:
        """A hash of the content of the files that were changed so shortly before a listing that a second change need
        not show in their times.

        :param at: when that listing was made, in nanoseconds; this one's time by default.
        :raises OSError: one cannot be read.
        """
        since = (self.taken if at is None else at) - CLOCK_STEP
        found = hashlib.sha256()
        for i in np.flatnonzero(self.values[:, 1:3].max(axis=1, initial=0) >= since).tolist():
            found.update(sha256_of(self.files[i]).encode())
        return found.hexdigest()
