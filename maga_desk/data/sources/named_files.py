"""Picture files that a table names: found relative to it, as people write them."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from maga_desk.data.sources.decode import decode_rgb
from maga_desk.data.sources.kinds import suffixes
from maga_desk.data.sources.stamps import Stamps, stamp
from maga_desk.domain.accounting import Accounting, PassedOver
from maga_desk.domain.errors import DataError, name_some

_ENDS = ("", ".jpg", ".png", ".jpeg", ".JPG", ".JPEG", ".PNG", ".webp", ".bmp", ".tif", ".tiff", ".gif")
_MOST_FOLDERS = 60


class NamedFiles:
    """Finds files by what a table calls them: a path, a name in one of the folders beside it, or a name without end.

    :param base: the table's folder; the folders in it and the one above are looked at as well.
    """

    def __init__(self, base: Path) -> None:
        self.base = base
        self._taken = time.time_ns()
        self._ways: list[tuple[str, str]] | None = None
        self.paths: list[str] = []
        self._stamps: list[tuple[int, ...]] = []

    def find(self, value: str) -> str | None:
        """The path of a file that is there, which is then among :attr:`paths`; ``None``: there is none."""
        for place, (folder, end) in enumerate(self._all_ways()):
            path = os.path.join(folder, value + end)
            try:
                about = os.stat(path)
            except (OSError, ValueError):
                continue
            if stat.S_ISREG(about.st_mode):
                if place:
                    self._all_ways().insert(0, self._all_ways().pop(place))
                self.paths.append(path)
                self._stamps.append(stamp(about))
                return path
        return None

    def name(self, path: str) -> str:
        """How the program calls a file: its path below the table's folder."""
        relative = os.path.relpath(path, self.base)
        return (path if relative.startswith("..") else relative).replace(os.sep, "/")

    def stamps(self, *tables: Path) -> Stamps:
        """Of all files that were found, and of the tables."""
        also = Stamps.of(*tables)
        values = np.array(self._stamps, dtype=np.int64).reshape(-1, 4)
        return Stamps((*self.paths, *also.files), np.concatenate([values, also.values]), self._taken)

    def _all_ways(self) -> list[tuple[str, str]]:
        if self._ways is None:
            try:
                below = sorted(each for each in self.base.iterdir() if each.is_dir())[:_MOST_FOLDERS]
                below += [each for folder in below[:10] for each in sorted(folder.iterdir())[:10] if each.is_dir()]
            except OSError:
                below = []
            folders = [self.base, *below, self.base.parent]
            folders += [each for each in (self.base.parent / "images", self.base.parent / "train") if each.is_dir()]
            self._ways = [(str(folder), end) for end in _ENDS for folder in folders]
        return self._ways


def found_files(
    values: Sequence[str], files: NamedFiles, found: Accounting, where: str
) -> tuple[list[int], list[str], Accounting]:
    """The rows whose files are there with their paths, and what is said of the others.

    :raises DataError: none is there.
    """
    rows, paths, lost = list[int](), list[str](), list[str]()
    for row, value in enumerate(values):
        path = files.find(value) if value else None
        if path is None:
            if len(lost) > 200 and not rows:
                break
            lost.append(value or f"row {row + 1}")
        else:
            rows.append(row)
            paths.append(path)
    if not rows:
        if lost and lost[0].startswith(("http://", "https://", "s3://", "gs://")):
            raise DataError("its pictures are addresses on the web", where=where, todo="download them first")
        raise DataError(f"none of the pictures that it names is there: {name_some(lost, 3)}", where=where)
    if lost:
        found = replace(found, skipped=(*found.skipped, PassedOver("named, but not there", tuple(lost))))
    return rows, paths, found


def unnamed(folder: Path, paths: Sequence[str], found: Accounting) -> Accounting:
    """With the pictures in a given folder that are not named among those, as skipped."""
    if not folder.is_dir():
        return found
    known, left = {os.path.realpath(path) for path in paths}, list[str]()
    for here, folders, names in os.walk(folder):
        folders.sort()
        real = os.path.realpath(here)
        for name in sorted(names):
            if os.path.splitext(name)[1].lower() in suffixes():
                path = os.path.join(real, name)
                if path not in known and os.path.realpath(path) not in known:
                    left.append(os.path.relpath(os.path.join(here, name), folder).replace(os.sep, "/"))
    return replace(found, skipped=(*found.skipped, PassedOver("no table names them", tuple(left)))) if left else found


def once_each(
    paths: Sequence[str], labels: Sequence[object], found: Accounting, where: str
) -> tuple[list[int], Accounting]:
    """The places of the first naming of each file.

    :raises DataError: files with several labels.
    """
    first, twice, several = dict[str, int](), list[str](), dict[str, None]()
    for place, path in enumerate(paths):
        before = first.setdefault(path, place)
        if before != place:
            (several.setdefault(path) if labels[before] != labels[place] else twice.append(path))
    if several:
        some = name_some([os.path.basename(path) for path in several], 3)
        raise DataError(
            f"multi-label: {len(several):,} of {len(first):,} pictures have several labels ({some})",
            where=where,
            todo="one class a picture is needed",
        )
    if twice:
        found = replace(found, skipped=(*found.skipped, PassedOver("named twice", tuple(twice))))
    return list(first.values()), found


def opening(paths: Sequence[str]) -> Callable[[int], Image.Image]:
    """Opens the picture at a position."""

    def opened(position: int) -> Image.Image:
        return decode_rgb(paths[position])

    return opened
