"""What was computed from pictures and would take long to compute again: in files that are mapped into memory.

A file holds an array's bytes, then a footer (JSON: whose it is, shape, a hash of the bytes, further facts), then a seal
(the footer's length and hash). It is written beside its place and renamed once sealed, so that nobody ever sees half of
it; what does not fit its seal or its hash is thrown away and made anew. Several processes may use one folder at once.
"""

from __future__ import annotations

import errno
import hashlib
import json
import mmap
import os
import secrets
import shutil
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.outside import json_of

VERSION = 1
"""Of the file format; files of another version are thrown away."""

GIGABYTE = 10**9
_SUFFIX, _DRAFT = ".kept", ".part"
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
    """

    array: NDArray[Any]
    facts: Mapping[str, Any]


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

    :param folder: made, for this user alone, when something is first kept.
    :param limit: bytes; 0 keeps nothing.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit

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
        self.folder.mkdir(parents=True, exist_ok=True)
        os.chmod(self.folder, 0o700)
        self.tidy(nbytes)
        if not self.has_room(nbytes):
            raise OSError(errno.ENOSPC, "too little room on the disk")
        return Draft(self.folder / entry.file, entry, row, dtype)

    def place_of(self, owner: str, kind: str) -> Path:
        """A file of another make that is kept, counted and removed with the entries; its folder is made.

        :raises OSError: the folder cannot be made or written to.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        os.chmod(self.folder, 0o700)
        return self.folder / f"{owner}-{kind}{_SUFFIX}"

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
        """Remove what was computed from one owner's pictures; how many bytes that were."""
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

    def __init__(self, target: Path, entry: KeptName, row: tuple[int, ...], dtype: str) -> None:
        self._target, self._entry, self._row, self._dtype = target, entry, row, dtype
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

        :raises OSError: it cannot be written; what was added is still there.
        """
        shape = (self._rows, *self._row)
        footer = {
            "version": VERSION, "entry": [self._entry.owner, self._entry.kind, self._entry.key], "shape": shape,
            "dtype": self._dtype, "sha256": self._hash.hexdigest(), "facts": dict(facts),
        }  # fmt: skip
        text = json.dumps(footer).encode()
        _write(self._stream, memoryview(text + _SEAL.pack(len(text), hashlib.sha256(text).digest(), _MARK)))
        # Windows renames no file that is open or mapped; elsewhere it is mapped before anyone can remove it.
        array = self.added() if os.name == "nt" else _mapped(self._stream, shape, self._dtype)
        if os.name == "nt":
            self._stream.close()
        os.replace(self._path, self._target)
        self._stream.close()
        return Kept(array, facts)

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
    return Kept(_mapped(stream, shape, dtype), footer["facts"])


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


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:  # gone already; or, on Windows, open in another process
        return False
    return True
