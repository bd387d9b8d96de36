"""The file of a case: a zip whose every member is named, sized and hashed in its manifest, and never run.

``case.json`` (the manifest) is its first member. It says ``format``, the ``version`` that wrote it, ``files`` (of each
member ``bytes`` and ``sha256``) and, as ``seal``, a SHA-256 of itself: what was cut or edited is refused as a whole.
The file is not signed; the record of the case is.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from maga_desk import __version__
from maga_desk.domain.errors import CaseError, FullError, unwritten
from maga_desk.domain.outside import json_of

MANIFEST, ROWS = "case.json", "rows.json"
FORMAT = 1
"""Raised when a reader of this version could not use what a later one writes."""

KIND = "maga-desk case"

MOST = 256 * 2**20
"""Bytes of the manifest, and of the rows: both are read whole into memory."""

_MOST_FILES = 2_000_000
_MOST_RATIO, _SMALL = 250, 64 * 2**20  # beyond what tables and logs squeeze to; few bytes may be squeezed more
_RESERVE = 256 * 2**20  # bytes of the disk that an import leaves free
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)  # on Windows, with any ending
_PIECE = 2**20
_MOMENT = (1980, 1, 1, 0, 0, 0)  # of every member: the same case gives the same bytes
_SQUEEZED = (".json", ".toml", ".csv", ".txt", ".jsonl")
_PART = re.compile(r"[^\x00-\x1f\\/:*?\"<>|]{1,255}")
WHOLE = "ask for it again: a file that was cut or edited is not imported"
Between = Callable[[], object]
"""Called between two pieces; what it raises ends it."""


@dataclass(frozen=True)
class Member:
    """A file of an archive.

    :param source: where it is read from, or its content.
    """

    name: str
    source: Path | bytes

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.source) if isinstance(self.source, bytes) else self.source.stat().st_size


@dataclass(frozen=True)
class Archive:
    """An archive that is open: its manifest was read and is whole; its members are checked as they are unpacked."""

    path: Path
    said: Mapping[str, Any]
    zip: zipfile.ZipFile = field(repr=False)

    def text(self, name: str) -> str:
        """A small member, checked.

        :raises CaseError: it is not what the manifest says, or larger than :data:`MOST`.
        """
        if int(self.said["files"][name]["bytes"]) > MOST:
            raise CaseError(f"its {name} is larger than {MOST / 2**20:,.0f} MiB", where=str(self.path))
        content = b"".join(self._pieces(name))
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise damaged(self.path) from error

    def unpack(self, folder: Path, names: list[str], between: Between) -> None:
        """Write members below a folder, under their own names, each compared with its hash.

        :raises CaseError: one is not what the manifest says. :raises OutputError: the folder cannot be written.
        """
        total = sum(int(self.said["files"][name]["bytes"]) for name in names)
        try:
            room = shutil.disk_usage(folder).free
            if total + _RESERVE > room:
                raise FullError(
                    f"the case needs {(total + _RESERVE) / 2**20:,.0f} MiB, and {room / 2**20:,.0f} MiB are free",
                    where=str(folder),
                    todo="make room on the disk",
                )
            for name in names:
                place = folder.joinpath(*PurePosixPath(name).parts)
                place.parent.mkdir(parents=True, exist_ok=True)
                with place.open("xb") as stream:
                    for piece in self._pieces(name):
                        stream.write(piece)
                        between()
        except OSError as error:
            raise unwritten(error, folder) from error

    def _pieces(self, name: str) -> Iterator[bytes]:
        said = self.said["files"][name]
        left, found = int(said["bytes"]), hashlib.sha256()
        try:
            with self.zip.open(name) as stream:
                while piece := stream.read(_PIECE):
                    left -= len(piece)
                    if left < 0:
                        raise damaged(self.path)
                    found.update(piece)
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise damaged(self.path) from error
        if left or found.hexdigest() != said["sha256"]:
            raise damaged(self.path)


def write_archive(path: Path, members: list[Member], more: Mapping[str, Any], between: Between) -> None:
    """Write an archive.

    :param more: goes into the manifest beside the files.
    :raises OSError: something cannot be read, or the file not written.
    :raises CaseError: a file changed while it was read.
    """
    files = {member.name: _measured(member, between) for member in members}
    said: dict[str, Any] = {"kind": KIND, "format": FORMAT, "version": __version__, "files": files, **more}
    manifest = json.dumps({**said, "seal": _seal(said)}, sort_keys=True, ensure_ascii=False).encode()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_head(MANIFEST, len(manifest)), manifest)
        for member in members:
            size, found = 0, hashlib.sha256()
            with archive.open(_head(member.name, member.size), "w", force_zip64=True) as stream:
                for piece in _read(member):
                    stream.write(piece)
                    found.update(piece)
                    size += len(piece)
                    between()
            if {"bytes": size, "sha256": found.hexdigest()} != files[member.name]:
                raise CaseError("changed while it was read", where=member.name, todo="try again once nothing writes it")


def _head(name: str, size: int) -> zipfile.ZipInfo:
    head = zipfile.ZipInfo(name, _MOMENT)
    head.compress_type = zipfile.ZIP_DEFLATED if name.endswith(_SQUEEZED) else zipfile.ZIP_STORED
    head.external_attr = 0o600 << 16  # private, and a plain file
    head.file_size = size
    return head


def _read(member: Member) -> Iterator[bytes]:
    if isinstance(member.source, bytes):
        yield member.source
        return
    with member.source.open("rb") as stream:
        yield from iter(lambda: stream.read(_PIECE), b"")


def _measured(member: Member, between: Between) -> dict[str, Any]:
    size, found = 0, hashlib.sha256()
    for piece in _read(member):
        found.update(piece)
        size += len(piece)
        between()
    return {"bytes": size, "sha256": found.hexdigest()}


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open an archive and check its manifest: names that stay inside, sizes, nothing more and nothing less.

    :raises CaseError: it is no case, was cut or edited, or a newer version wrote it.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        what = error.strerror if isinstance(error, OSError) and error.strerror else "is no file of a case, or was cut"
        raise CaseError(what, where=str(path), todo="name the file that `case export` wrote") from error
    with archive:
        yield Archive(path, _manifest(archive, path), archive)


def _manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    heads = archive.infolist()
    first = next((head for head in heads if head.filename == MANIFEST), None)
    if first is None:
        raise CaseError("is no file of a case", where=str(path), todo="name the file that `case export` wrote")
    squeezed = sum(head.compress_size for head in heads)
    if sum(head.file_size for head in heads) > _SMALL + _MOST_RATIO * squeezed:
        raise CaseError("unpacks to far more than a case holds", where=str(path), todo=WHOLE)
    if first.file_size > MOST or len(heads) > _MOST_FILES:
        raise damaged(path)
    try:
        with archive.open(first) as stream:
            said = json_of(stream.read(first.file_size + 1))
        if said["kind"] != KIND:
            raise ValueError("another kind")
        if type(said["format"]) is not int or said["format"] < 1:
            raise ValueError("no format")
        if said["format"] > FORMAT:
            raise CaseError(
                f"was written by version {str(said.get('version'))[:20]} of this program, which is newer",
                where=str(path),
                todo="update this program",
            )
        seal = said.pop("seal")
        files = said["files"]
        sizes = {head.filename: head.file_size for head in heads if head.filename != MANIFEST}
        whole = seal == _seal(said) and len(heads) == len(sizes) + 1
        named = sizes == {name: int(file["bytes"]) for name, file in files.items()} and ROWS in files
        if not (whole and named and all(map(is_inside, files))):
            raise ValueError("edited")
    except (ValueError, TypeError, KeyError, AttributeError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise damaged(path) from error
    except (NotImplementedError, RuntimeError, OSError) as error:  # encrypted, or squeezed in another way
        raise damaged(path) from error
    return dict(said)


def is_inside(name: str) -> bool:
    """Whether a member's name leads to a plain place below the folder that it is unpacked into, on any system."""
    parts = name.split("/")
    return all(
        _PART.fullmatch(part) and not part.endswith((".", " ")) and not _DEVICES.fullmatch(part) for part in parts
    )


def damaged(path: Path) -> CaseError:
    """What is said of a file that was cut or edited."""
    return CaseError("was cut or edited, so that nothing of it is imported", where=str(path), todo=WHOLE)


def _seal(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()
