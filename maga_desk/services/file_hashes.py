"""SHA-256 of the training pictures' files, read once and kept by the files' stamps.

What is kept is a row a file: its stamp and its hash. A file whose stamp is another, or so young that a second change
need not show in it, is read anew; the others are not opened.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from maga_desk.data.keeping import DiskShelf, KeptName, owner_of
from maga_desk.data.sources.stamps import CLOCK_STEP, stamp
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.files import sha256_of
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.pixels import Unread
from maga_desk.domain.specs.run import DataSpec

STAGE = "Reading the files for their SHA-256"
_PIXELS = "Hashing the decoded pixels"
_STAMP, _ROW = 32, 64  # bytes
_OFTEN = 500  # files from one word to the next
_KIND = "hashes"


@dataclass(frozen=True)
class FileHashes:
    """Positions of training pictures by SHA-256 in small letters.

    :param files: of the files as they lie there.
    :param pixels: of decoded pixels and the class's name, as ``forgotten.txt`` has them; asked for where files do not
        tell.
    :param gone: pictures whose files cannot be read any more.
    """

    files: dict[str, list[int]] = field(default_factory=dict)
    pixels: dict[str, list[int]] = field(default_factory=dict)
    gone: tuple[str, ...] = ()

    def find(self, digest: str) -> Sequence[int]:
        """Pictures of this hash: of their files, else of their pixels."""
        return self.files.get(digest, self.pixels.get(digest, []))


def hashing(
    images: ImageSet, data: DataSpec, shelf: DiskShelf, control: RunControl, wanted: Collection[str] = ()
) -> Generator[Event, None, FileHashes]:
    """Hash what was not hashed before.

    :param wanted: hashes that are looked for; where the files do not have all of them, decoded pixels are hashed too.
    :raises Cancelled: in between; what was read until then is kept.
    """
    train = images.train
    paths = [train.file(position) for position in range(len(train))]
    own = [position for position, path in enumerate(paths) if path]
    files: dict[str, list[int]] = {}
    gone: list[str] = []
    if own:
        rows = yield from _rows([paths[position] for position in own], data, shelf, control)
        for position, row in zip(own, rows, strict=True):
            if row[_STAMP:].any():
                files.setdefault(row[_STAMP:].tobytes().hex(), []).append(position)
            else:
                gone.append(train.names[position])
    pixels: dict[str, list[int]] = {}
    if not set(wanted) <= files.keys() and not isinstance(train.backing, Unread):
        for position in range(len(train)):
            if position % _OFTEN == 0:
                control.checkpoint()
                yield Progress(_PIXELS, position, len(train))
            pixels.setdefault(images.marks_of(np.array([position]))[0].hex(), []).append(position)
    return FileHashes(files, pixels, tuple(gone))


def _rows(
    paths: Sequence[str], data: DataSpec, shelf: DiskShelf, control: RunControl
) -> Generator[Event, None, NDArray[np.uint8]]:
    """``(n, 64) uint8``: the stamp and the hash of each file; zeros where it cannot be read."""
    key = hashlib.sha256("\0".join(paths).encode("utf-8", "surrogateescape")).hexdigest()
    entry = KeptName(owner_of(data.path or data.source), _KIND, key)
    rows = np.zeros((len(paths), _ROW), dtype=np.uint8)
    kept = shelf.find(entry, control.checkpoint)
    if kept is not None and kept.array.shape == rows.shape:
        rows[:] = kept.array
    changed, number = 0, 0
    try:
        for number, path in enumerate(paths):
            if number % _OFTEN == 0:
                control.checkpoint()
                yield Progress(STAGE, number, len(paths))
            changed += _read(path, rows[number])
        yield Progress(STAGE, len(paths), len(paths))
    finally:
        if changed:
            shelf.keep(entry, [rows])
    return rows


def _read(path: str, row: NDArray[np.uint8]) -> bool:
    """Bring a file's row up to date; whether that changed it."""
    taken = time.time_ns()
    try:
        about = stamp(os.stat(path))
        seen = np.frombuffer(np.array(about, dtype=np.int64).tobytes(), dtype=np.uint8)
        if np.array_equal(row[:_STAMP], seen):
            return False
        row[_STAMP:] = np.frombuffer(bytes.fromhex(sha256_of(path)), dtype=np.uint8)
    except OSError:
        row[:] = 0
        return True
    old = max(about[1:3]) < taken - CLOCK_STEP
    row[:_STAMP] = seen if old else 0
    return True
