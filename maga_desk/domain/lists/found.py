"""What a list was found to stand for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.errors import name_some
from maga_desk.domain.lists.names import Names, is_plain

Result = TypeVar("Result")

_SHOWN = 3
FIRST = 24
"""Positions to be shown."""
_AT_ONCE = 20_000  # entries


@dataclass(frozen=True)
class Found:
    """What a list names.

    :param indices: ``(n,) int64`` positions of the pictures, ascending, without repeats.
    :param missing: entries that no picture is called by.
    :param ambiguous: entries that fit several pictures, with these; none of them is among ``indices``.
    :param repeated: pictures that the list names more than once.
    :param column: what column of a table the names were taken from, in words; empty where it is no table.
    :param counted: of a list of numbers, hashes or ids, how it was read, in words.
    :param loosely: entries that name a picture only where capitals make no difference.
    :param several: entries that stand for more than one picture, all of which are meant.
    :param first: the first positions in the order of the list, to be shown.
    :param head: what was taken for the title of its column without being known as one; empty where nothing was. It
        may be an entry, and so a person's name: notes do not tell it.
    :param flags: how many entries were left out because the list says no of them, in words.
    """

    indices: NDArray[np.int64]
    missing: tuple[str, ...] = ()
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    repeated: tuple[str, ...] = ()
    column: str = ""
    counted: str = ""
    loosely: int = 0
    several: int = 0
    first: tuple[int, ...] = ()
    head: str = ""
    flags: str = ""

    @property
    def not_found(self) -> tuple[str, ...]:
        """All entries that stand for no one picture."""
        return (*self.missing, *self.ambiguous)

    def faults(self, where: str = "the training pictures") -> str:
        """What is wrong with the entries that were not found, in one line."""
        total = len(self.indices) + len(self.not_found)
        said = []
        if self.missing:
            some = name_some([_shown(name) for name in self.missing], _SHOWN)
            said.append(f"{len(self.missing)} of {total} names are not among {where}: {some}")
        if self.ambiguous:
            fitting = {name: name_some([_shown(each) for each in fits], 2) for name, fits in self.ambiguous.items()}
            some = name_some([f"{_shown(name)} ({fits})" for name, fits in fitting.items()], _SHOWN)
            said.append(f"{len(self.ambiguous)} of {total} names fit several pictures: {some}")
        return "; ".join(said)

    def lines(self) -> list[str]:
        """The entries that were not found, each with the pictures that it fits where those are several."""
        fits = [f"{_shown(name)}  (fits {name_some(list(map(_shown, p)), 4)})" for name, p in self.ambiguous.items()]
        return [*map(_shown, self.missing), *fits]

    def notes(self) -> tuple[str, ...]:
        """What a person should know of a list that could be read."""
        said = [self.counted] if self.counted else []
        if self.column:
            said.append(f"Names were taken from {self.column}.")
        if self.head:
            said.append("The first line of the table was taken for its titles, and for no entry.")
        if self.flags:
            said.append(self.flags)
        if self.loosely:
            fits = "1 name fits a picture" if self.loosely == 1 else f"{self.loosely:,} names fit pictures"
            said.append(f"{fits} only where capitals make no difference.")
        if self.repeated:
            count, some = len(self.repeated), name_some([_shown(name) for name in self.repeated], _SHOWN)
            said.append(f"{count} {'picture is' if count == 1 else 'pictures are'} named more than once: {some}.")
        return tuple(said)


Look = Callable[[str], Sequence[int]]
"""Positions of the pictures that an entry may stand for."""


def matching(
    entries: Sequence[str],
    names: Names,
    look: Look,
    loosely: Look | None = None,
    *,
    all_of: bool = False,
    column: str = "",
) -> Generator[int, None, Found]:
    """The pictures that these entries stand for; yields how many entries were looked up, now and then.

    :param look: looks up an entry; ``loosely`` those that it does not find.
    :param all_of: an entry that fits several pictures means all of them.
    """
    times: dict[int, int] = {}
    missing: dict[str, None] = {}
    ambiguous: dict[str, tuple[str, ...]] = {}
    loose, several = 0, 0
    for number, (entry, count) in enumerate(Counter(entries).items()):
        if number % _AT_ONCE == 0:
            yield number
        found = look(entry)
        if not found and loosely is not None and (found := loosely(entry)):
            loose += len(found) == 1
        if len(found) == 1 or (found and all_of):
            several += len(found) > 1
            for position in found:
                times[position] = times.get(position, 0) + count
        elif found:
            ambiguous[entry.strip()] = tuple(names.name(i) for i in found)
        else:
            missing[entry.strip()] = None
    return Found(
        np.array(sorted(times), dtype=np.int64),
        tuple(missing),
        ambiguous,
        tuple(names.name(i) for i in sorted(times) if times[i] > 1),
        column,
        loosely=loose,
        several=several,
        first=tuple(islice(times, FIRST)),
    )


def match_entries(entries: Sequence[str], names: Names, *, column: str = "") -> Found:
    """The pictures that these entries name."""
    return finished(matching(entries, names, names.find, names.find_in_any_case, column=column))


def finished(steps: Generator[Any, None, Result]) -> Result:
    """What a generator returns, all at once."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        result: Result = end.value
        return result


def _shown(name: str) -> str:
    return name if is_plain(name) else json.dumps(name.strip(), ensure_ascii=False)
