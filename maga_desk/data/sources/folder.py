"""Pictures in folders: ``train/<class>/*`` and ``test/<class>/*``, the layout of torchvision's ImageFolder."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from maga_desk.data.sources.decode import SUFFIXES, decode, decode_rgb, shorter_side
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import DataError, name_some
from maga_desk.domain.pictures import ImageSet, PictureIndex, SplitName
from maga_desk.domain.pixels import InMemory

Report = Callable[[int, int], None]
_CHUNK = 512
_LARGEST_DEFAULT_SIDE = 224


def read_folder(
    root: Path,
    *,
    size: int | None = None,
    train_limit: int | None = None,
    subset_seed: int = 0,
    control: RunControl | None = None,
    report: Report = lambda done, total: None,
) -> ImageSet:
    """Decode a folder of pictures once.

    :param size: side in pixels of the square pictures; default: the first picture's shorter side, at most 224.
    :param train_limit: keep a random subset of this many training pictures, drawn with ``subset_seed``.
    :param report: called with (done, total) now and then.
    :raises DataError: the layout is wrong, there is one class only, or no picture can be read.
    """
    root = Path(root)
    classes, train_files = _listing(root / "train")
    test_classes, test_files = _listing(root / "test")
    strangers = sorted(set(test_classes) - set(classes))
    if strangers:
        raise DataError(f"test classes without training pictures: {name_some(strangers)}", where=str(root / "test"))
    if len(classes) < 2:
        raise DataError(f"only one class ({classes[0]})", where=str(root / "train"), todo="two or more are needed")
    train_files = _subset(train_files, train_limit, subset_seed)
    side = size or _default_side(train_files)
    control = control or RunControl()
    total = len(train_files) + len(test_files)
    train, lost_train = _decode_all(
        root, "train", train_files, classes, side, control, lambda done: report(done, total)
    )
    test, lost_test = _decode_all(
        root, "test", test_files, classes, side, control, lambda done: report(len(train_files) + done, total)
    )
    skipped = (*lost_train, *lost_test)
    if not len(train) or not len(test):
        raise DataError("none of the pictures can be read", where=str(root))
    emptied = [name for i, name in enumerate(classes) if not (train.labels == i).any()]
    if emptied and train_limit is None:
        raise DataError(f"no readable training picture of {name_some(emptied)}", where=str(root / "train"))
    return ImageSet(train, test, classes, classes, skipped=skipped)


def _listing(folder: Path) -> tuple[tuple[str, ...], list[Path]]:
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


def _subset(files: list[Path], limit: int | None, seed: int) -> list[Path]:
    if limit is None or limit >= len(files):
        return files
    chosen = np.random.default_rng(seed).choice(len(files), size=limit, replace=False)
    return [files[i] for i in np.sort(chosen)]


def _default_side(files: Sequence[Path]) -> int:
    for path in files[:64]:
        try:
            return max(8, min(_LARGEST_DEFAULT_SIDE, shorter_side(path)))
        except DataError:
            continue
    raise DataError("none of the first 64 pictures can be read", where=str(files[0].parent))


def _decode_all(
    root: Path,
    split: SplitName,
    files: list[Path],
    classes: tuple[str, ...],
    side: int,
    control: RunControl,
    report: Callable[[int], None],
) -> tuple[PictureIndex, list[str]]:
    index = {name: i for i, name in enumerate(classes)}
    images = np.empty((len(files), 3, side, side), dtype=np.uint8)
    readable = np.ones(len(files), dtype=bool)

    def fill(position: int) -> None:
        try:
            images[position] = decode(files[position], (side, side))
        except DataError:
            readable[position] = False

    with ThreadPoolExecutor(max_workers=min(8, (os.cpu_count() or 2) + 1)) as pool:
        for start in range(0, len(files), _CHUNK):
            control.checkpoint()
            stop = min(start + _CHUNK, len(files))
            list(pool.map(fill, range(start, stop)))
            report(stop)
    names = [path.relative_to(root).as_posix() for path in files]
    labels = np.array([index[path.parent.name] for path in files], dtype=np.int64)
    kept = np.flatnonzero(readable)
    if len(kept) < len(files):
        images, labels = images[kept], labels[kept]
    found = PictureIndex(
        InMemory(images),
        labels,
        labels,
        tuple(names[i] for i in kept),
        split,
        opener=lambda name: decode_rgb(root / name),
    )
    return found, [names[i] for i in np.flatnonzero(~readable)]
