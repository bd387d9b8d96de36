"""Copies in a set of pictures, without a model: the pictures are compared as their source has them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.control import RunControl
from maga_desk.domain.copies import Copies, CopyGroup, splits_of
from maga_desk.domain.errors import DataError
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.files import sha256_of
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import Bytes
from maga_desk.domain.room import PICTURES
from maga_desk.domain.tables import csv_text
from maga_desk.domain.twins import Twin, Twins

_AT_ONCE = 64
_HEADER = ("group", "kind", "picture", "split", "class", "alike", "how", "same_file")


@dataclass(frozen=True, eq=False)
class Duplicates:
    """What was found in a set of pictures.

    :param groups: exact ones first, then near ones, the most alike first.
    :param same_file: of each group, whether all its files are the same to the byte.
    :param unread: names of pictures that cannot be read, or are gone.
    """

    images: ImageSet
    groups: tuple[CopyGroup, ...]
    same_file: tuple[bool, ...]
    unread: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As plain data, for machines."""
        across = [group for group in self.groups if group.across]
        return {
            "pictures": sum(map(len, splits_of(self.images))),
            "unread": list(self.unread),
            "exact_groups": sum(group.exact for group in self.groups),
            "near_groups": sum(not group.exact for group in self.groups),
            "classes_differ": sum(group.relabelled for group in self.groups),
            "train_and_test": sum(each.train for group in across for each in group.members),
            "groups": [self._group(number) for number in range(len(self.groups))],
        }

    def lines(self, most: int) -> list[str]:
        """For people: counts, then the groups, of each kind at most ``most``."""
        told = self.as_dict()
        said = [f"{told['pictures']:,} pictures compared"]
        if self.unread:
            said[0] += f", {len(self.unread):,} cannot be read: {', '.join(self.unread[:3])}"
        for exact, what in ((True, "with the very same pixels"), (False, "of near copies")):
            groups = [(number, each) for number, each in enumerate(self.groups) if each.exact == exact]
            count = "1 group" if len(groups) == 1 else f"{len(groups):,} groups"
            said.append(f"{count} {what}, {sum(len(group.members) for _, group in groups):,} pictures")
            said += [f"  {self._line(number)}" for number, _ in groups[:most]]
            if len(groups) > most:
                said.append(f"  … and {len(groups) - most:,} more: --save FILE or --json names all")
        if told["train_and_test"]:
            count = told["train_and_test"]
            are = "1 training picture is" if count == 1 else f"{count:,} training pictures are"
            said.append(f"{are} among the test pictures too: figures on test pictures take them for unseen.")
        return said

    def table(self) -> str:
        """Every picture of every group as CSV; ``alike`` and ``how`` are those of its strongest link."""
        rows = []
        for number, group in enumerate(self.groups):
            for place, member in enumerate(group.members):
                percent, how = max((link[2], link[3]) for link in group.links if place in link[:2])
                kind, split = "exact" if group.exact else "near", "train" if member.train else "test"
                same = "yes" if self.same_file[number] else "no"
                rows.append([number + 1, kind, member.name, split, self._class(member), f"{percent:.1f}", how, same])
        return csv_text([_HEADER, *rows])

    def _class(self, member: Twin) -> str:
        return self.images.classes[member.label]

    def _group(self, number: int) -> dict[str, Any]:
        group = self.groups[number]
        names = [each.name for each in group.members]
        return {
            "kind": "exact" if group.exact else "near",
            "alike": round(group.percent, 1),
            "same_file": self.same_file[number],
            "classes_differ": group.relabelled,
            "train_and_test": group.across,
            "pictures": [
                {"name": each.name, "class": self._class(each), "split": "train" if each.train else "test"}
                for each in group.members
            ],
            "links": [
                {"one": names[one], "other": names[other], "alike": round(percent, 1), "how": how}
                for one, other, percent, how in group.links
            ],
        }

    def _line(self, number: int) -> str:
        group = self.groups[number]
        hows = sorted({how for *_, how in group.links if how} if not group.exact else set())
        parts = ["the same file"] if self.same_file[number] else []
        parts += [] if group.exact else [f"{group.percent:.0f} % alike", *hows]
        parts += ["different classes"] if group.relabelled else []
        parts += ["in train and test"] if group.across else []
        named = " = ".join(each.name for each in group.members[:4])
        more = f" and {len(group.members) - 4:,} more" if len(group.members) > 4 else ""
        return f"{named}{more}" + (f" ({'; '.join(parts)})" if parts else "")


def finding_duplicates(images: ImageSet, control: RunControl) -> Generator[Event, None, Duplicates]:
    """Compare all pictures of all splits, each decoded once at its own size.

    :param images: listed; nothing need be decoded.
    :raises Cancelled: in between.
    """
    from maga_desk.data.near_copies.searching import near_among
    from maga_desk.data.near_copies.thumbs import SIDE

    splits = splits_of(images)
    total = sum(map(len, splits))
    thumbs, marks = np.empty((total, 3, SIDE, SIDE), dtype=np.uint8), list[bytes]()
    for split in splits:
        for start in range(0, len(split), _AT_ONCE):
            control.checkpoint()
            places = range(start, min(start + _AT_ONCE, len(split)))
            for mark, thumb in _seen(split, places):
                if thumb is not None:
                    thumbs[len(marks)] = thumb
                marks.append(mark)
            yield Progress("Reading the pictures", len(marks), total)
    known = Copies(images)
    exact = [[known.twin(place) for place in group] for group in _same(marks)]
    once = {mark: place for place, mark in reversed(list(enumerate(marks))) if mark}
    near = yield from near_among(thumbs, np.array(sorted(once.values()), dtype=np.int64), control)
    groups = Copies(images, near, Twins(tuple(map(tuple, exact)))).groups
    unread = tuple(known.name(place) for place, mark in enumerate(marks) if not mark)
    return Duplicates(images, groups, tuple(_one_file(images, group) for group in groups), unread)


def _seen(split: PictureIndex, places: range) -> Sequence[tuple[bytes, NDArray[np.uint8] | None]]:
    """Of each picture a hash of its pixels and a small version; an empty hash where it cannot be read."""
    from maga_desk.data.near_copies.thumbs import small

    opener = split.opener
    if opener is None:
        pictures = split.pixels(np.array(places))
        return list(zip([_mark(each) for each in pictures], small(pictures), strict=True))

    def seen(place: int) -> tuple[bytes, NDArray[np.uint8] | None]:
        try:
            with PICTURES.turn():
                pixels = np.asarray(opener(split.names[place]).convert("RGB")).transpose(2, 0, 1)
                return _mark(pixels), small(pixels[None])[0]
        except DataError:
            return b"", None

    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 2)) as pool:
        return list(pool.map(seen, places))


def _mark(pixels: Bytes) -> bytes:
    return hashlib.sha256(repr(pixels.shape).encode() + np.ascontiguousarray(pixels).tobytes()).digest()


def _same(marks: Sequence[bytes]) -> list[list[int]]:
    groups: dict[bytes, list[int]] = {}
    for place, mark in enumerate(marks):
        if mark:
            groups.setdefault(mark, []).append(place)
    return [places for places in groups.values() if len(places) > 1]


def _one_file(images: ImageSet, group: CopyGroup) -> bool:
    """Whether all of an exact group are files of their own, the same to the byte."""
    if not group.exact:
        return False
    hashes = set[str]()
    for each in group.members:
        split = images.train if each.train else images.test
        path = split.file_of(each.name) if split.file_of is not None else ""
        try:
            hashes.add(sha256_of(path) if path else each.name)
        except OSError:
            return False
    return len(hashes) == 1
