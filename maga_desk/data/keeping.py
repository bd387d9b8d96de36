"""What was computed from pictures and would take long to compute again: in files that are mapped into memory.

A file holds an array's bytes, then a footer (JSON: whose it is, shape, a hash of the bytes, further facts), then a seal
(the footer's length and hash). It is written beside its place and renamed once sealed, so that nobody ever sees half of
it; what does not fit its seal or its hash is thrown away and made anew. Several processes may use one folder at once.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import mmap
import os
import secrets
import shutil
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.errors import UserError
from maga_desk.domain.files import write_text
from maga_desk.domain.outside import json_of

log = logging.getLogger(__name__)

VERSION = 1
"""Of the file format; files of another version are thrown away."""

GIGABYTE = 10**9
_SUFFIX, _DRAFT = ".kept", ".part"
_ERASURES = "erasures"  # a file whose text is another after each time that something was forgotten
_SEAL = struct.Struct("<Q32s8s")  # length and hash of the footer, and:
_MARK = b"MAGAKEPT"
_LARGEST_FOOTER = 256 * 2**20  # bytes
_ABANDONED = 3600  # seconds without a word written, after which a draft has nobody who writes it
_LEFT_FREE = 0.02  # of the disk, at least
_BLOCK = 2**22  # bytes


@dataclass(frozen=True)
class Kept:
    """What was found.

    :param array: mapped; changes to it stay in this process.
    :param facts: what was noted with it.
    :param sha256: of the array's bytes.
    """

    array: NDArray[Any]
    facts: Mapping[str, Any]
    sha256: str


@dataclass(frozen=True)
class KeptName:
    """The name of what is kept.

    :param owner: whose pictures it was computed from, by :func:`owner_of`.
    :param kind: what it is, a word.
    :param key: a hash of all that it depends on, as hexadecimal text.
    """

    owner: str
    kind: str
    key: str

    @property
    def file(self) -> str:
        return f"{self.owner}-{self.kind}-{self.key[:40]}{_SUFFIX}"


def owner_of(data: str) -> str:
    """By a folder or file of pictures, or by the name of a source that has none: what belongs to it."""
    text = os.path.abspath(data) if os.path.basename(data) != data else data
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:20]


class DiskShelf:
    """A private folder of such files, together not above a limit: what was not used for the longest time goes first.

    Work that keeps something makes its shelf before it reads the pictures: once something was forgotten, by whichever
    process, shelves that were made before keep nothing more. So what was begun before an erasure leaves nothing after.

    :param folder: made, for this user alone, when something is first kept.
    :param limit: bytes; 0 keeps nothing.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit
        self._made_after = _erasures(folder)

    @property
    def outdated(self) -> bool:
        """Whether something was forgotten since this shelf was made: nothing is kept by it any more."""
        return _erasures(self.folder) != self._made_after

    def find(self, entry: KeptName, between: Callable[[], object] = lambda: None) -> Kept | None:
        """What is kept under this name and is whole. Reads every byte of it once.

        :param between: called many times meanwhile; what it raises ends the reading.
        """
        path = self.folder / entry.file
        try:
            with open(path, "rb") as stream:
                found = _read(stream, entry, between)
                if found is None:
                    _remove(path)
                else:
                    os.utime(path)  # used just now
        except OSError:
            return None
        return found

    def begin(self, entry: KeptName, row: tuple[int, ...], dtype: str, rows: int) -> Draft:
        """Begin to write ``rows`` or fewer rows of this shape; make room for them.

        :raises OSError: the disk is full, or the folder cannot be made or written to.
        """
        nbytes = int(np.prod(row)) * np.dtype(dtype).itemsize * rows
        self._refuse_outdated()
        self._make_folder()
        self.tidy(nbytes)
        if not self.has_room(nbytes):
            raise OSError(errno.ENOSPC, "too little room on the disk")
        return Draft(self, entry, row, dtype)

    def keep(self, entry: KeptName, parts: Sequence[NDArray[Any]], facts: Mapping[str, Any] | None = None) -> None:
        """Keep arrays ``(n, ...)`` of one dtype under each other, where the limit allows it.

        A full disk only costs the keeping, and so does an erasure since this shelf was made.
        """
        row, dtype = parts[0].shape[1:], parts[0].dtype.name
        if not self.takes(sum(part.nbytes for part in parts)):
            return
        try:
            draft = self.begin(entry, row, dtype, sum(map(len, parts)))
        except OSError:
            return
        try:
            for part in parts:
                draft.add(part)
            draft.seal(facts or {})
        except OSError:
            return
        finally:
            draft.drop()

    def place(self, draft: Path, target: Path) -> None:
        """Put what was written in its place, unless something was forgotten since this shelf was made.

        :raises OSError: that is so, or it cannot be moved.
        """
        self._refuse_outdated()
        os.replace(draft, target)
        try:  # whoever forgets notes it first and removes then: one of the two sees the other
            self._refuse_outdated()
        except OSError:
            _remove(target)
            raise

    def _refuse_outdated(self) -> None:
        """:raises OSError: something was forgotten since this shelf was made."""
        if self.outdated:
            raise OSError(errno.ECANCELED, "something that was kept was erased meanwhile")

    def _make_folder(self) -> None:
        """:raises OSError: it cannot be made or written to."""
        self.folder.mkdir(parents=True, exist_ok=True)
        os.chmod(self.folder, 0o700)

    def place_of(self, owner: str, kind: str) -> Path:
        """A file of another make that is kept, counted and removed with the entries; its folder is made.

        :raises OSError: the folder cannot be made or written to, or something was forgotten since this shelf was made.
        """
        self._refuse_outdated()
        self._make_folder()
        return self.folder / self.name_of(owner, kind)

    @staticmethod
    def name_of(owner: str, kind: str) -> str:
        """What such a file is called."""
        return f"{owner}-{kind}{_SUFFIX}"

    def of_other_owners(self, owner: str, kind: str) -> list[tuple[int, Path]]:
        """Bytes and path of the files that :meth:`place_of` gave to others for this kind, longest unused first."""
        suffix = f"-{kind}{_SUFFIX}"
        found = [each for each in sorted(self._files()) if each[2].name.endswith(suffix)]
        return [(nbytes, path) for _, nbytes, path in found if path.name != f"{owner}{suffix}"]

    def has_room(self, nbytes: int) -> bool:
        """Whether the disk takes so many bytes and stays usable."""
        disk = shutil.disk_usage(self.folder)
        return disk.free - nbytes >= _LEFT_FREE * disk.total

    def takes(self, nbytes: int) -> bool:
        """Whether so many bytes may be kept at all."""
        return 0 < nbytes <= self.limit

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return sum(nbytes for _, nbytes, _ in self._files())

    def tidy(self, room: int = 0) -> None:
        """Remove abandoned drafts, and the oldest entries until all and ``room`` bytes more are within the limit."""
        files = sorted(self._files())
        total = sum(nbytes for _, nbytes, _ in files) + room
        for used, nbytes, path in files:
            abandoned = path.suffix == _DRAFT and time.time() - used > _ABANDONED
            if abandoned or (total > self.limit and path.suffix == _SUFFIX):
                _remove(path)
                total -= nbytes

    def clear(self) -> int:
        """Remove everything; how many bytes that were. What is open stays usable until it is closed."""
        return self._remove_all("")

    def forget(self, owner: str) -> int:
        """Remove what was computed from one owner's pictures; how many bytes that were.

        Work that goes on keeps nothing after it: shelves that were made before, this one too, are outdated.
        """
        try:
            self._make_folder()
            write_text(self.folder / _ERASURES, secrets.token_hex(16))
        except (OSError, UserError) as error:
            log.warning("%s: that something was forgotten cannot be noted: %s", self.folder, error)
        return self._remove_all(f"{owner}-")

    def _remove_all(self, prefix: str) -> int:
        gone = [(nbytes, path) for _, nbytes, path in self._files() if path.name.lstrip(".").startswith(prefix)]
        return sum(nbytes for nbytes, path in gone if _remove(path))

    def _files(self) -> list[tuple[float, int, Path]]:
        """When last used, bytes, path."""
        found = []
        try:
            for each in os.scandir(self.folder):
                if each.name.endswith((_SUFFIX, _DRAFT)):
                    about = each.stat()
                    found.append((about.st_mtime, about.st_size, Path(each.path)))
        except OSError:
            pass  # nothing is kept, or another process has just removed something
        return found


class Draft:
    """An entry that is being written, row by row."""

    def __init__(self, shelf: DiskShelf, entry: KeptName, row: tuple[int, ...], dtype: str) -> None:
        self._shelf, self._entry, self._row, self._dtype = shelf, entry, row, dtype
        self._target = target = shelf.folder / entry.file
        self._path = target.with_name(f".{target.stem}.{os.getpid()}-{secrets.token_hex(4)}{_DRAFT}")
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        self._stream: BinaryIO = os.fdopen(handle, "w+b", buffering=0)
        self._hash, self._rows = hashlib.sha256(), 0

    def add(self, rows: NDArray[Any]) -> None:
        """:raises OSError: they cannot be written; what was added before is still there."""
        data = np.ascontiguousarray(rows, dtype=self._dtype)
        _write(self._stream, data.reshape(-1).view(np.uint8).data)
        self._hash.update(data.data)
        self._rows += len(data)

    def seal(self, facts: Mapping[str, Any]) -> Kept:
        """Put it in its place, and map it.

        :raises OSError: it cannot be written, or something was forgotten meanwhile; what was added is still there.
        """
        shape, sha256 = (self._rows, *self._row), self._hash.hexdigest()
        footer = {
            "version": VERSION, "entry": [self._entry.owner, self._entry.kind, self._entry.key], "shape": shape,
            "dtype": self._dtype, "sha256": sha256, "facts": dict(facts),
        }  # fmt: skip
        text = json.dumps(footer).encode()
        _write(self._stream, memoryview(text + _SEAL.pack(len(text), hashlib.sha256(text).digest(), _MARK)))
        # Windows renames no file that is open or mapped; elsewhere it is mapped before anyone can remove it.
        array = self.added() if os.name == "nt" else _mapped(self._stream, shape, self._dtype)
        if os.name == "nt":
            self._stream.close()
        self._shelf.place(self._path, self._target)
        self._stream.close()
        return Kept(array, facts, sha256)

    def added(self) -> NDArray[Any]:
        """What was added so far, in memory."""
        found = np.empty((self._rows, *self._row), dtype=self._dtype)
        view, done = found.reshape(-1).view(np.uint8).data, 0
        self._stream.seek(0)
        while done < len(view):
            done += self._stream.readinto(view[done:]) or 0  # type: ignore[attr-defined]
        return found

    def drop(self) -> None:
        """Leave nothing of it; after :meth:`seal` nothing happens."""
        if not self._stream.closed:
            self._stream.close()
            _remove(self._path)


def _read(stream: BinaryIO, entry: KeptName, between: Callable[[], object]) -> Kept | None:
    """What a file holds, ``None`` where it is not whole or something else."""
    size = os.fstat(stream.fileno()).st_size
    if size < _SEAL.size:
        return None
    stream.seek(size - _SEAL.size)
    length, digest, mark = _SEAL.unpack(stream.read(_SEAL.size))
    body = size - _SEAL.size - length
    if mark != _MARK or length > _LARGEST_FOOTER or body < 0:
        return None
    stream.seek(body)
    text = stream.read(length)
    if hashlib.sha256(text).digest() != digest:
        return None
    footer = json_of(text)
    shape, dtype = tuple(footer["shape"]), footer["dtype"]
    fits = body == int(np.prod(shape)) * np.dtype(dtype).itemsize
    ours = footer["version"] == VERSION and footer["entry"] == [entry.owner, entry.kind, entry.key]
    if not (fits and ours and _hash_of(stream, body, between) == footer["sha256"]):
        return None
    return Kept(_mapped(stream, shape, dtype), footer["facts"], footer["sha256"])


def _hash_of(stream: BinaryIO, length: int, between: Callable[[], object]) -> str:
    stream.seek(0)
    found, left = hashlib.sha256(), length
    while left and (block := stream.read(min(_BLOCK, left))):
        between()
        found.update(block)
        left -= len(block)
    return found.hexdigest()


def _mapped(stream: BinaryIO, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    count = int(np.prod(shape))
    if count == 0:
        return np.empty(shape, dtype=dtype)
    held = mmap.mmap(stream.fileno(), count * np.dtype(dtype).itemsize, access=mmap.ACCESS_COPY)
    return np.frombuffer(held, dtype=dtype).reshape(shape)


def _write(stream: BinaryIO, data: memoryview) -> None:
    """All of it or, where that fails, none that counts: the position stays where it was."""
    start, done = stream.tell(), 0
    try:
        while done < len(data):
            done += stream.write(data[done:])
    except OSError:
        stream.seek(start)
        raise


def _erasures(folder: Path) -> bytes:
    """What stands in the file that every erasure writes anew."""
    try:
        return (folder / _ERASURES).read_bytes()
    except OSError:
        return b""


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:  # gone already; or, on Windows, open in another process
        return False
    return True
