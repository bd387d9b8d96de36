"""The list of what a checkpoint has forgotten: a picture a line, with a hash of its pixels.

The hash finds a picture again that was renamed or moved, and tells when another one has taken its name. Lists that
people or earlier versions wrote have names alone (:mod:`maga_desk.domain.lists.names` reads them).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from maga_desk.domain.lists.found import Found, match_entries
from maga_desk.domain.lists.names import Names, written_name
from maga_desk.domain.lists.reading import match
from maga_desk.domain.outside import json_of
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.pixels import Indices

_TITLE = "# Forgotten pictures: name, tab, hash of the picture at {} x {} pixels"
_TITLED = re.compile(_TITLE.format(r"(\d+)", r"(\d+)"))


@dataclass(frozen=True)
class ForgottenList:
    """A list with hashes.

    :param size: height and width of the pictures that were hashed: the model's.
    :param entries: names, and hashes as hexadecimal text.
    """

    size: tuple[int, int]
    entries: tuple[tuple[str, str], ...]

    def fits(self, images: ImageSet) -> bool:
        """Whether hashes can be compared: pictures of another size have others."""
        return self.size == images.size


def write_forgotten(images: ImageSet, positions: Indices) -> str:
    """The list's text.

    :param positions: ``(n,) int64`` of the training pictures.
    """
    rows = zip(positions, images.marks_of(positions), strict=True)
    lines = (f"{written_name(images.train.names[i])}\t{mark.hex()}" for i, mark in rows)
    return "\n".join([_TITLE.format(*images.size), *lines, ""])


def read_forgotten(text: str) -> ForgottenList | None:
    """A text that :func:`write_forgotten` wrote; ``None`` for any other."""
    first, *lines = text.split("\n")
    titled = _TITLED.fullmatch(first.rstrip("\r"))
    if titled is None:
        return None
    return ForgottenList((int(titled[1]), int(titled[2])), tuple(_rows(lines)))


def listed_names(text: str) -> list[str]:
    """The names of a list, with hashes or without, as the list has them."""
    own = read_forgotten(text)
    return text.splitlines() if own is None else [name for name, _ in own.entries]


def _rows(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, mark = line.rstrip("\r").partition("\t")
        if name:
            try:
                yield (str(json_of(name)) if name.startswith('"') else name), mark.strip()
            except ValueError:
                yield name, mark.strip()


@dataclass(frozen=True)
class Known:
    """What of a list is here.

    :param found: the pictures, and the entries that none of them stands for.
    :param moved: how many lie under another name than the list has.
    :param changed: how many names of the list belong to another picture now; these count as forgotten, too.
    """

    found: Found
    moved: int = 0
    changed: int = 0

    def notes(self) -> list[str]:
        """What a person should know."""
        said = []
        if self.moved:
            if self.moved == 1:
                said.append("1 forgotten picture lies under another name now, and was found by its pixels.")
            else:
                said.append(
                    f"{self.moved:,} forgotten pictures lie under other names now, and were found by their pixels."
                )
        if self.changed:
            names = (
                "the name of 1 forgotten picture" if self.changed == 1 else f"{self.changed:,} names of forgotten ones"
            )
            said.append(f"Another picture lies under {names} now; both count as forgotten.")
        return said


def known(text: str, images: ImageSet, root: str | None, *, where: str, pixels: bool) -> Known:
    """The training pictures that a list stands for.

    :param pixels: look at these as well; without, an entry that only they can find is not missing yet.
    :raises ForgetError: the list names nothing.
    """
    names, own = Names(images.train.names, root), read_forgotten(text)
    if own is None:
        return Known(match(text, names, where=where))
    found = match_entries([name for name, _ in own.entries], names)
    if not pixels:
        return Known(replace(found, missing=(), ambiguous={}))
    if not own.fits(images):
        return Known(found)
    return _by_pixels(own, found, names, images)


def _by_pixels(own: ForgottenList, found: Found, names: Names, images: ImageSet) -> Known:
    """Compare hashes; the whole set is hashed only where one of them tells something."""
    places = [names.find(name) for name, _ in own.entries]
    single = [(place[0], mark) for place, (_, mark) in zip(places, own.entries, strict=True) if len(place) == 1]
    marks = images.marks_of(np.array([place for place, _ in single], dtype=np.int64))
    changed = [mark for (_, mark), now in zip(single, marks, strict=True) if now.hex() != mark]
    lost = {name: mark for place, (name, mark) in zip(places, own.entries, strict=True) if len(place) != 1}
    if not changed and not lost:
        return Known(found)
    everywhere: dict[str, list[int]] = {}
    for place, mark in enumerate(images.marks_of(np.arange(len(images.train)))):
        everywhere.setdefault(mark.hex(), []).append(place)
    elsewhere = [place for mark in (*changed, *lost.values()) for place in everywhere.get(mark, ())]
    back = {name.strip() for name, mark in lost.items() if mark in everywhere}
    return Known(
        replace(
            found,
            indices=np.union1d(found.indices, np.array(elsewhere, dtype=np.int64)),
            missing=tuple(name for name in found.missing if name not in back),
            ambiguous={name: fits for name, fits in found.ambiguous.items() if name not in back},
        ),
        moved=len(set(elsewhere) - set(found.indices.tolist())),
        changed=len(changed),
    )
