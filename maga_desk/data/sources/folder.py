"""Pictures in folders: ``train/<class>/*`` and ``test/<class>/*``, the layout of torchvision's ImageFolder."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from maga_desk.data.sources.decode import SUFFIXES, decode_rgb
from maga_desk.data.sources.source import LAID_OUT, PERHAPS, Contents, Listing, Recognition, Source, SourceRequest
from maga_desk.data.sources.stamps import Stamps, stamp
from maga_desk.domain.choices import SourceInfo
from maga_desk.domain.errors import DataError, name_some


def read(request: SourceRequest) -> Contents:
    """List the files.

    :raises DataError: the layout is wrong, or a class is empty or has test pictures alone.
    """
    root = Path(request.spec.path or "")
    train, test = _files(root / "train"), _files(root / "test")
    classes = train.classes
    unknown = sorted(set(test.classes) - set(classes))
    if unknown:
        raise DataError(f"test classes without training pictures: {name_some(unknown)}", where=str(root / "test"))
    return Contents(classes, _listing(root, train, classes), _listing(root, test, classes))


@dataclass(frozen=True)
class _Found:
    """Pictures below a folder: names, classes and stamps, one each."""

    classes: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[int, ...]
    stamps: Stamps


def _files(folder: Path) -> _Found:
    """Class names in order and all picture files below them, sorted. Looks at each file once; opens none."""
    if not folder.is_dir():
        raise DataError(
            "there is no such folder", where=str(folder), todo="expected train/<class>/* and test/<class>/*"
        )
    try:
        found = _scanned(folder)
    except OSError as error:
        where = str(error.filename or folder)
        raise DataError(f"cannot list the pictures: {error.strerror}", where=where) from error
    if not found.names:
        raise DataError("no pictures found", where=str(folder), todo="expected <class>/*.jpg or .png below it")
    filled = set(found.kinds)
    empty = [name for kind, name in enumerate(found.classes) if kind not in filled]
    if empty:
        raise DataError(f"no pictures of {name_some(empty)}", where=str(folder), todo="remove the empty folders")
    return found


def _scanned(folder: Path) -> _Found:
    taken = time.time_ns()
    with os.scandir(folder) as entries:
        classes = tuple(sorted(each.name for each in entries if each.is_dir() and not each.name.startswith(".")))
    names, files, kinds, stamps = list[str](), list[str](), list[int](), list[tuple[int, ...]]()
    for kind, name in enumerate(classes):
        with os.scandir(folder / name) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                if os.path.splitext(entry.name)[1].lower() in SUFFIXES and entry.is_file():
                    names.append(f"{folder.name}/{name}/{entry.name}")
                    files.append(entry.path)
                    kinds.append(kind)
                    stamps.append(stamp(entry.stat()))
    values = np.array(stamps, dtype=np.int64).reshape(len(files), 4)
    return _Found(classes, tuple(names), tuple(kinds), Stamps(files, values, taken))


def _listing(root: Path, found: _Found, classes: tuple[str, ...]) -> Listing:
    position = {name: i for i, name in enumerate(classes)}
    table = np.array([position[name] for name in found.classes], dtype=np.int64)

    def opened(name: str) -> Image.Image:
        return decode_rgb(os.path.join(root, name))

    return Listing(found.names, table[np.array(found.kinds)], opened, stamps=found.stamps)


def recognise(path: Path) -> Recognition | None:
    """Any folder may hold picture files."""
    if not path.is_dir():
        return None
    if (path / "train").is_dir() and (path / "test").is_dir():
        return Recognition(LAID_OUT, "it has the folders train and test")
    return Recognition(PERHAPS, "it is a folder")


SOURCE = Source(
    SourceInfo(
        name="folder",
        title="A folder",
        summary="Picture files in train/<class>/ and test/<class>/.",
        path="folder",
        path_help="a folder with train/<class> and test/<class>",
    ),
    read,
    recognise,
)
