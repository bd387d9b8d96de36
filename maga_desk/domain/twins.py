"""The same picture twice: under two classes, in two splits, or on both sides of a forget set.

Two pictures are twins where the classifier sees the very same pixels. A net keeps learning a forgotten picture whose
twin stays, and figures on unseen pictures take a test picture for unseen whose twin was trained on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.errors import name_some
from maga_desk.domain.positions import positions_of, which_of
from maga_desk.domain.tables import csv_text

Indices = NDArray[np.int64]

_SAMPLED = 12_288  # bytes of a picture that are looked at first, so that large pictures cost no more than small ones
_WORD, _KEY = 8, 1999  # bytes of a word; the seed of the numbers that are added to words
_SHOWN = 3
WAY_OUT = "--with-twins, or [forget] with_twins = true"


class SeenSplit(Protocol):
    """Pictures of one split, as :class:`~maga_desk.domain.pictures.PictureIndex` has them."""

    @property
    def labels(self) -> Indices: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def samples(self) -> NDArray[np.uint64]: ...
    def picture(self, position: int, /) -> NDArray[np.uint8]: ...


@dataclass(frozen=True)
class Twin:
    """One of several pictures with the same pixels.

    :param position: in its split.
    :param train: whether that is the training split.
    """

    name: str
    label: int
    position: int
    train: bool


Group = tuple[Twin, ...]
Pair = tuple[Group, Group]
"""Pictures that go, and others with the same pixels."""


@dataclass(frozen=True)
class TwinsLeft:
    """What of a forget set stays in sight.

    :param stay: pictures that go, with their twins that stay in training.
    :param test: pictures that go, with their twins among test or held-out pictures.
    """

    stay: tuple[Pair, ...] = ()
    test: tuple[Pair, ...] = ()

    @property
    def positions(self) -> Indices:
        """``(n,) int64`` the training pictures that would have to go as well, ascending."""
        return np.unique(np.array([twin.position for _, twins in self.stay for twin in twins], dtype=np.int64))

    def counts(self) -> dict[str, int]:
        """How many pictures that go have a twin that stays, and one among the test pictures; for records."""
        return {key: _gone(pairs) for key, pairs in (("stay", self.stay), ("test", self.test))}

    def short(self) -> str:
        """In a line for the window: what :meth:`warnings` says, without names."""
        said = []
        if self.stay:
            count = _gone(self.stay)
            subject, them = ("picture is", "it") if count == 1 else ("pictures are", "them")
            said.append(
                f"{count:,} marked {subject} there again among those that stay: the model goes on learning {them}."
            )
        if self.test:
            count = _gone(self.test)
            said.append(f"{count:,} {'is' if count == 1 else 'are'} among the test pictures too.")
        return " ".join(said)

    def warnings(self, way_out: str = WAY_OUT, what: str = "to forget") -> tuple[str, ...]:
        """What a person must know before the run, a sentence or two each.

        :param way_out: how the twins that stay go as well; left out where it is empty.
        :param what: what becomes of the pictures that go.
        """
        said = []
        if self.stay:
            todo = f" The twins go as well by {way_out}." if way_out else ""
            said.append(
                f"{_of_those_that_go(self.stay, what)} the very same pixels as a picture that stays "
                f"({_named(self.stay)}): the model goes on learning {'it' if _gone(self.stay) == 1 else 'them'}.{todo}"
            )
        if self.test:
            said.append(
                f"{_of_those_that_go(self.test, what)} the very same pixels as a test picture ({_named(self.test)}): "
                "figures on unseen pictures take that for unseen."
            )
        return tuple(said)


@dataclass(frozen=True, eq=False)
class Twins:
    """All groups of pictures with the same pixels; of training pictures first, then of the others."""

    groups: tuple[Group, ...] = ()

    @cached_property
    def relabelled(self) -> tuple[Group, ...]:
        """Groups whose pictures have several classes."""
        return tuple(group for group in self.groups if len({each.label for each in group}) > 1)

    @cached_property
    def across(self) -> tuple[Group, ...]:
        """Groups with training pictures and others."""
        return tuple(group for group in self.groups if len({each.train for each in group}) > 1)

    def left_by(self, gone: Indices, away: Indices | None = None) -> TwinsLeft:
        """What stays in sight of training pictures that go, ``(n,) int64``. Only groups with one of them are walked.

        :param away: ``(m,) int64`` all that do not stay, where these are more.
        """
        places, of = self._trained
        there = which_of(places, positions_of(gone))
        going = set(places[there].tolist())
        absent = going if away is None else set(places[which_of(places, positions_of(away))].tolist())
        stay, test = list[Pair](), list[Pair]()
        for group in map(self.groups.__getitem__, np.unique(of[there]).tolist()):
            leaving = tuple([each for each in group if each.train and each.position in going])
            staying = tuple([each for each in group if each.train and each.position not in absent])
            unseen = tuple([each for each in group if not each.train])
            stay += [(leaving, staying)] if leaving and staying else []
            test += [(leaving, unseen)] if leaving and unseen else []
        return TwinsLeft(tuple(stay), tuple(test))

    @cached_property
    def _trained(self) -> tuple[Indices, Indices]:
        """Training pictures that are in groups, and the group of each."""
        found = [(each.position, number) for number, group in enumerate(self.groups) for each in group if each.train]
        places, of = np.array(found, dtype=np.int64).reshape(-1, 2).T
        return places, of

    def notes(self) -> tuple[str, ...]:
        """What a person should know of the pictures, whatever is forgotten."""
        said = []
        if self.relabelled:
            count = sum(map(len, self.relabelled))
            said.append(f"{count:,} pictures are under several classes with the very same pixels: "
                        f"{_listed(self.relabelled)}.")  # fmt: skip
        if self.across:
            count = sum(each.train for group in self.across for each in group)
            shown = _listed([_ends(group) for group in self.across])
            said.append(
                f"{count:,} training {'picture is' if count == 1 else 'pictures are'} among the test pictures as well, "
                f"with the very same pixels: {shown}. Figures on test pictures take them for unseen."
            )
        return tuple(said)

    def rows(self, classes: Sequence[str], gone: Indices) -> list[list[object]]:
        """Every picture of a group that has several classes or splits, or both goes and stays.

        :param gone: ``(n,) int64`` training pictures that go.
        :returns: rows of group, picture, class and ``forgotten``, ``stays`` or ``test``.
        """
        going, found = {int(position) for position in gone}, list[list[object]]()
        for number, group in enumerate(self.groups, 1):
            parts = [("forgotten" if each.position in going else "stays") if each.train else "test" for each in group]
            if len(set(parts)) > 1 or len({each.label for each in group}) > 1:
                found += [
                    [number, each.name, classes[each.label], part] for each, part in zip(group, parts, strict=True)
                ]
        return found

    def table(self, classes: Sequence[str], gone: Indices) -> str:
        """:meth:`rows` as CSV; empty where there are none."""
        rows = self.rows(classes, gone)
        return csv_text([["group", "picture", "class", "part"], *rows]) if rows else ""


def find_twins(train: SeenSplit, others: Iterable[SeenSplit]) -> Twins:
    """Pictures that agree in a sample are compared whole.

    :param others: of further splits.
    """
    splits = [train, *others]
    samples = np.concatenate([split.samples for split in splits])
    ends = np.cumsum([len(split.samples) for split in splits])
    groups: dict[bytes, list[Twin]] = {}
    for number in _repeated(samples).tolist():
        place = int(np.searchsorted(ends, number, side="right"))
        split, position = splits[place], number - (int(ends[place - 1]) if place else 0)
        mark = hashlib.sha256(split.picture(position).tobytes()).digest()
        twin = Twin(split.names[position], int(split.labels[position]), position, place == 0)
        groups.setdefault(mark, []).append(twin)
    return Twins(tuple(tuple(group) for group in groups.values() if len(group) > 1))


def _repeated(samples: NDArray[np.uint64]) -> Indices:
    """Where samples stand that stand elsewhere too, ascending."""
    order = np.argsort(samples, kind="stable")
    alike = samples[order[1:]] == samples[order[:-1]]
    found = np.zeros(len(samples), dtype=bool)
    found[order[1:][alike]] = found[order[:-1][alike]] = True
    return np.flatnonzero(found)


def samples_of(chunk: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """A number for each picture ``(n, 3, H, W) uint8``: of all of it, or of large ones of evenly spaced lines.

    The sum of products of NH (Black et al., UMAC, 1999): of pairs that differ, one in some thousand million is alike.
    """
    step = -(-int(np.prod(chunk.shape[1:])) // _SAMPLED)
    rows = np.ascontiguousarray(chunk[:, :, ::step]).reshape(len(chunk), -1)
    if rows.shape[1] % _WORD:
        rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % _WORD)))
    words = rows.view("<u8")
    keyed = words + np.random.default_rng(_KEY).integers(0, 2**64, words.shape[1], dtype=np.uint64)
    high = keyed >> np.uint64(32)
    keyed &= np.uint64(0xFFFFFFFF)
    found: NDArray[np.uint64] = np.einsum("ij,ij->i", keyed, high)
    return found


def _gone(pairs: Sequence[Pair]) -> int:
    return sum(len(leaving) for leaving, _ in pairs)


def _of_those_that_go(pairs: Sequence[Pair], what: str) -> str:
    count = _gone(pairs)
    return f"1 picture {what} has" if count == 1 else f"{count:,} pictures {what} have"


def _named(pairs: Sequence[Pair]) -> str:
    return name_some([f"{leaving[0].name} is {twins[0].name}" for leaving, twins in pairs], _SHOWN)


def _ends(group: Group) -> Group:
    """A training picture, and one of another split: training pictures come first in a group."""
    return group[0], group[-1]


def _listed(groups: Sequence[Group]) -> str:
    return name_some([" is ".join(each.name for each in group[:2]) for group in groups], _SHOWN)
