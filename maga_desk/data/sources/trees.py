"""Files below a folder or in an archive: what there is, and how each is opened. Nothing is unpacked."""

from __future__ import annotations

import io
import os
import posixpath
import stat
import tarfile
import tempfile
import threading
import time
import weakref
import zipfile
import zlib
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from maga_desk.data.sources.limits import admit_file
from maga_desk.data.sources.parts import check_unpacked
from maga_desk.data.sources.stamps import Stamps, stamp
from maga_desk.domain.errors import DataError

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_CHUNK = 2**20


@dataclass(frozen=True, eq=False)
class Tree:
    """What lies below a path.

    :param files: paths below it with slashes, sorted; names that are not UTF-8 with surrogate escapes.
    :param open: gives a file as a path, or as a stream where it lies in an archive. Any thread may call it. Raises
        ``DataError`` where it cannot be.
    :param stamps: of these files, or of the archive.
    :param empty: folders without anything below.
    :param lost: what could not be looked at, by reason.
    :param folder: that they lie in; empty for an archive.
    """

    files: tuple[str, ...]
    open: Callable[[str], str | BinaryIO]
    stamps: Callable[[Sequence[str]], Stamps]
    empty: tuple[str, ...] = ()
    lost: dict[str, list[str]] = field(default_factory=dict)
    folder: str = ""

    def head(self, name: str, count: int) -> bytes:
        """Its first bytes.

        :raises OSError: it cannot be read.
        """
        try:
            opened = self.open(name)
        except DataError as error:
            raise OSError(error.what) from error
        with open(opened, "rb") if isinstance(opened, str) else opened as stream:
            return stream.read(count)


def is_archive(path: Path) -> bool:
    """By its name; what it holds is seen when it is opened."""
    return path.name.lower().endswith(ARCHIVES) and path.is_file()


def tree_of(path: Path, checkpoint: Callable[[], object]) -> Tree:
    """What lies below a folder or in an archive.

    :param checkpoint: called now and then; may raise.
    :raises DataError: it is neither, or cannot be read.
    """
    try:
        if path.is_dir():
            return _folder(path, checkpoint)
        if not path.exists():
            raise DataError("there is no such folder or file", where=str(path))
        if zipfile.is_zipfile(path):
            return _zip(path)
        if is_archive(path):
            return _tar(path, checkpoint)
    except OSError as error:
        where = str(error.filename or path)
        raise DataError(f"cannot list the pictures: {error.strerror or error}", where=where) from error
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise DataError(f"the archive is damaged ({error})", where=str(path)) from error
    raise DataError("neither a folder nor an archive", where=str(path), todo="zip, tar and tar.gz are read")


class _Walk:
    def __init__(self, root: Path, checkpoint: Callable[[], object]) -> None:
        self.root, self._checkpoint = os.fspath(root), checkpoint
        self.files, self.stamps = list[str](), array("q")  # four numbers a file
        self.empty, self.lost = list[str](), dict[str, list[str]]()

    def into(self, below: str, above: tuple[tuple[int, int], ...]) -> None:
        """:param above: device and number of every folder on the way, so that links in a circle end."""
        self._checkpoint()
        try:
            with os.scandir(os.path.join(self.root, below)) as entries:
                inside = list(entries)
        except OSError as error:
            if not below:
                raise
            self._lose(f"cannot be listed ({error.strerror})", below)
            return
        if not inside and below:
            self.empty.append(below)
        start, others = f"{below}/" if below else "", list[os.DirEntry[str]]()
        for entry in inside:
            try:
                about = entry.stat()
            except OSError:
                others.append(entry)
                continue
            if stat.S_ISREG(about.st_mode):
                self.files.append(start + entry.name)
                self.stamps.extend(stamp(about))
            else:
                others.append(entry)
        for entry in sorted(others, key=lambda each: each.name):
            self._aside(entry, start + entry.name, above)

    def _aside(self, entry: os.DirEntry[str], name: str, above: tuple[tuple[int, int], ...]) -> None:
        """What is no file: a folder, or something that is not listed."""
        try:
            about = entry.stat()
        except OSError:
            self._lose("links that lead nowhere", name)
            return
        if stat.S_ISDIR(about.st_mode):
            here = (about.st_dev, about.st_ino)
            if entry.is_symlink() and here in above:
                self._lose("links to a folder that they lie in", name)
            else:
                self.into(name, (*above, here))
        else:
            self._lose("no regular files", name)

    def _lose(self, reason: str, name: str) -> None:
        self.lost.setdefault(reason, []).append(name)


def _folder(root: Path, checkpoint: Callable[[], object]) -> Tree:
    taken, walk = time.time_ns(), _Walk(root, checkpoint)
    about = root.stat()
    walk.into("", ((about.st_dev, about.st_ino),))
    found = np.frombuffer(walk.stamps, dtype=np.int64).reshape(-1, 4)
    order = sorted(range(len(found)), key=walk.files.__getitem__)
    files, found = tuple([walk.files[i] for i in order]), found[order]
    start = os.path.join(root, "")

    def stamps(names: Sequence[str]) -> Stamps:
        place = {name: i for i, name in enumerate(files)}
        values = found[np.fromiter((place[name] for name in names), dtype=np.int64, count=len(names))]
        return Stamps([start + name for name in names], values, taken)

    return Tree(
        files,
        lambda name: os.path.join(root, name),
        stamps,
        tuple(walk.empty),
        walk.lost,
        os.path.abspath(root),
    )


def _clean(name: str) -> str:
    """A member's name as a path below the archive; empty where it leads out of it."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    return "" if ".." in parts else "/".join(parts)


def _zip(path: Path) -> Tree:
    stamps, archive = Stamps.of(path), zipfile.ZipFile(path)  # kept open as long as its pictures are
    members, lost = dict[str, zipfile.ZipInfo](), dict[str, list[str]]()
    for each in archive.infolist():
        if each.is_dir():
            continue
        name = _clean(each.filename)
        if not name or name in members:
            lost.setdefault("odd or repeated names in the archive", []).append(each.filename)
        elif each.flag_bits & 1:
            lost.setdefault("encrypted", []).append(name)
        else:
            members[name] = each

    def opened(name: str) -> BinaryIO:
        try:
            admit_file(members[name].file_size, f"{path}/{name}")
            return io.BytesIO(archive.read(members[name]))
        except (OSError, KeyError, zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error) as error:
            raise DataError(f"cannot be read from the archive ({error})", where=f"{path}/{name}") from error

    return Tree(tuple(sorted(members)), opened, lambda names: stamps, lost=lost)


def _tar(path: Path, checkpoint: Callable[[], object]) -> Tree:
    """A tar has its files whole, one after the other: they are read where they lie. A compressed one is first written
    to a temporary file, as nothing can be read from its middle; that file goes with the pictures.
    """
    stamps = Stamps.of(path)
    with tarfile.open(path, "r:*") as archive:
        plain = archive.fileobj is not None and type(archive.fileobj).__name__ in ("BufferedReader", "_FileInFile")
    body = open(path, "rb") if plain else _decompressed(path, checkpoint)  # noqa: SIM115 - kept open
    try:
        members, lost = _members(body, checkpoint)
    except BaseException:
        body.close()
        raise
    turn = threading.Lock()

    def opened(name: str) -> BinaryIO:
        start, size = members[name]
        admit_file(size, f"{path}/{name}")
        try:
            with turn:
                body.seek(start)
                return io.BytesIO(body.read(size))
        except OSError as error:
            raise DataError(f"cannot be read from the archive ({error})", where=f"{path}/{name}") from error

    weakref.finalize(opened, body.close)
    return Tree(tuple(sorted(members)), opened, lambda names: stamps, lost=lost)


def _members(
    body: BinaryIO, checkpoint: Callable[[], object]
) -> tuple[dict[str, tuple[int, int]], dict[str, list[str]]]:
    """Where each file begins and how long it is, and what is passed over. Links are followed within the archive."""
    members, lost = dict[str, tuple[int, int]](), dict[str, list[str]]()
    links = dict[str, str]()
    with tarfile.open(fileobj=body, mode="r:", errorlevel=1) as archive:
        for each in archive:
            checkpoint()
            name = _clean(each.name)
            if each.isdir():
                continue
            if each.isreg() and name and not each.issparse():
                members[name] = (each.offset_data, each.size)  # of a repeated name the last counts, as in unpacking
            elif name and (each.islnk() or each.issym()):
                start = posixpath.dirname(name) if each.issym() else ""  # a hard link names a member of the archive
                links[name] = posixpath.normpath(posixpath.join(start, each.linkname))
            else:
                lost.setdefault("odd names or kinds in the archive", []).append(each.name)
    for name, target in links.items():
        end = _end_of(target, links)
        if end in members:
            members.setdefault(name, members[end])
        else:
            lost.setdefault("links that lead to no file of the archive", []).append(name)
    return members, lost


def _end_of(name: str, links: Mapping[str, str]) -> str:
    """Where links lead in the end; empty where they lead in a circle or out of the archive."""
    seen = set[str]()
    while name in links and name not in seen:
        seen.add(name)
        name = links[name]
    return "" if name in links else _clean(name)


def _decompressed(path: Path, checkpoint: Callable[[], object]) -> BinaryIO:
    import bz2
    import gzip
    import lzma

    with path.open("rb") as stream:
        start = stream.read(6)
    reader = gzip.open if start[:2] == b"\x1f\x8b" else bz2.open if start[:3] == b"BZh" else lzma.open
    body: BinaryIO = tempfile.TemporaryFile(prefix="maga-desk-")  # noqa: SIM115 - kept open as long as its pictures are
    try:
        with reader(path, "rb") as packed:
            while chunk := packed.read(_CHUNK):
                checkpoint()
                body.write(chunk)
                check_unpacked("it", body.tell(), path.stat().st_size, str(path))
        body.seek(0)
    except BaseException:
        body.close()
        raise
    return body
