"""Pictures in folders: ``train/<class>/*`` and ``test/<class>/*``, the layout of torchvision's ImageFolder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from maga_desk.data.sources.decode import SUFFIXES, decode_rgb
from maga_desk.data.sources.source import Contents, Listing, Source, SourceRequest
from maga_desk.domain.choices import SourceInfo
from maga_desk.domain.errors import DataError, name_some


def read(request: SourceRequest) -> Contents:
    """List the files.

    :raises DataError: the layout is wrong, or a class is empty or has test pictures alone.
    """
    root = Path(request.spec.path or "")
    classes, train = _files(root / "train")
    test_classes, test = _files(root / "test")
    unknown = sorted(set(test_classes) - set(classes))
    if unknown:
        raise DataError(f"test classes without training pictures: {name_some(unknown)}", where=str(root / "test"))
    return Contents(classes, _listing(root, train, classes), _listing(root, test, classes))


def _files(folder: Path) -> tuple[tuple[str, ...], list[Path]]:
    """Class names in order and all picture files below them, sorted."""
    if not folder.is_dir():
        raise DataError(
            "there is no such folder", where=str(folder), todo="expected train/<class>/* and test/<class>/*"
        )
    names = tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")))
    files = [
        Path(entry.path)
        for name in names
        for entry in sorted(os.scandir(folder / name), key=lambda e: e.name)
        if entry.is_file() and Path(entry.name).suffix.lower() in SUFFIXES
    ]
    filled = {path.parent.name for path in files}
    if not files:
        raise DataError("no pictures found", where=str(folder), todo="expected <class>/*.jpg or .png below it")
    empty = [name for name in names if name not in filled]
    if empty:
        raise DataError(f"no pictures of {name_some(empty)}", where=str(folder), todo="remove the empty folders")
    return names, files


def _listing(root: Path, files: Sequence[Path], classes: tuple[str, ...]) -> Listing:
    position = {name: i for i, name in enumerate(classes)}

    def opened(name: str) -> Image.Image:
        return decode_rgb(root / name)

    return Listing(
        tuple(path.relative_to(root).as_posix() for path in files),
        np.array([position[path.parent.name] for path in files], dtype=np.int64),
        opened,
    )


SOURCE = Source(
    SourceInfo(
        name="folder",
        title="A folder",
        summary="Picture files in train/<class>/ and test/<class>/.",
        path="folder",
        path_help="a folder with train/<class> and test/<class>",
    ),
    read,
)
