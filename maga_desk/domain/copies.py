"""Pictures that show the same, and which of them stay when others go.

Exact copies are twins: the very same pixels (:mod:`maga_desk.domain.twins`). Near copies show the same in another
size, cut, mirrored, darker or recompressed; they have to be looked for, and whether two pictures are copies is a
person's word in the end.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.copies_left import SAME, CopiesLeft, CopyPair
from maga_desk.domain.errors import ForgetError, name_some
from maga_desk.domain.finding.query import columns_of, parse
from maga_desk.domain.lists.names import Names
from maga_desk.domain.positions import positions_of, which_of
from maga_desk.domain.specs.forget import CopyDecision, ForgetSpec
from maga_desk.domain.twins import Twin, Twins

if TYPE_CHECKING:
    from maga_desk.domain.pictures import ImageSet

Indices = NDArray[np.int64]

NEAR = "near"
"""The column of queries that says which pictures have a near copy."""
HOWS = ("", "mirrored", "cut", "mirrored and cut")
"""How one picture of a near pair differs, beyond its size, light and compression."""


@dataclass(frozen=True, eq=False)
class NearCopies:
    """What a search found, over all splits: training pictures first, then test, then held-out ones.

    :param first: ``(n,) int64`` places in that order; ``second`` likewise, each pair once.
    :param percent: ``(n,) float64`` how alike, up to 100.
    :param how: ``(n,) int64`` into :data:`HOWS`.
    """

    first: Indices
    second: Indices
    percent: NDArray[np.float64]
    how: Indices

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True)
class CopyGroup:
    """Pictures that show the same, all splits.

    :param links: what holds them together: which two members, how alike in percent, and how they differ.
    """

    members: tuple[Twin, ...]
    links: tuple[tuple[int, int, float, str], ...]

    @property
    def exact(self) -> bool:
        """Whether all have the very same pixels."""
        return all(how == SAME for *_, how in self.links)

    @property
    def percent(self) -> float:
        """The weakest link."""
        return min(percent for _, _, percent, _ in self.links)

    @property
    def relabelled(self) -> bool:
        """Whether they have several classes."""
        return len({each.label for each in self.members}) > 1

    @property
    def across(self) -> bool:
        """Whether training pictures and others are among them."""
        return len({each.train for each in self.members}) > 1


@dataclass(frozen=True, eq=False)
class Copies:
    """All that is known of copies in a set of pictures.

    Pure: :meth:`left_by` can be asked at any time, on any thread, for any marks; whoever counts or writes what copies
    stay asks it. Its cost goes with the number of pairs, not of pictures.

    :param near: ``None``: nobody looked.
    :param exact: exact copies, where something else than the classifier's pixels tells them.
    """

    images: ImageSet
    near: NearCopies | None = None
    exact: Twins | None = None

    @property
    def twins(self) -> Twins:
        """Exact copies."""
        return self.images.twins if self.exact is None else self.exact

    def left_by(
        self,
        gone: Iterable[int] | Indices,
        decisions: Sequence[CopyDecision] = (),
        before: Iterable[int] | Indices = (),
        later: Iterable[int] | Indices = (),
    ) -> CopiesLeft:
        """What stays in sight of training pictures that go.

        :param gone: ``(n,)`` their positions.
        :param decisions: what a person decided (``[[forget.left]]``); those over other pictures do not matter. One that
            stays by a person's word stays whichever of its copies goes; nothing hangs together by a pair of no copies.
        :param before: ``(m,)`` those of earlier requests: what stays in sight of them alone is told apart.
        :param later: ``(k,)`` those that go by later parts of the request: they do not stay.
        """
        going, earlier, after = positions_of(gone), positions_of(before), positions_of(later)
        earlier = earlier[~which_of(earlier, going)] if len(earlier) else earlier
        away = np.concatenate((going, earlier, after)) if len(earlier) + len(after) else going
        words = _Words(decisions, self._names_of(decisions, away))
        now = self._left_by(going, away, words)
        if not len(earlier):
            return now
        then = self._left_by(earlier, away, words)
        return replace(now, before=then.without({pair.other for pair in now.pairs if not pair.is_no_copy}))

    def _left_by(self, going: Indices, away: Indices, words: _Words) -> CopiesLeft:
        tied, seen = self._tied, self._seen
        pairs = list[CopyPair]()
        for place, source, percent, how in self._reached(
            tied[which_of(tied, going)], tied[which_of(tied, away)], words
        ):
            one, other = seen[source], seen[place]
            pairs.append(CopyPair(one, other, percent, how, words.over(other.name, one.name)))
        pairs.sort(key=lambda pair: (not pair.exact, -pair.percent, not pair.other.train, pair.other.position))
        return CopiesLeft(self.twins.left_by(going, away), tuple(map(_settled, pairs)), self.near is not None)

    @cached_property
    def groups(self) -> tuple[CopyGroup, ...]:
        """Pictures that hang together by copies, exact groups first; each as it lies, training pictures first."""
        found, seen = list[CopyGroup](), set[int]()
        for start in sorted(self._links):
            if start in seen:
                continue
            inside, ahead = {start}, [start]
            while ahead:
                for other, _, _ in self._links[ahead.pop()]:
                    if other not in inside:
                        inside.add(other)
                        ahead.append(other)
            seen |= inside
            numbers = {place: number for number, place in enumerate(sorted(inside))}
            links = [
                (number, numbers[other], percent, how)
                for place, number in numbers.items()
                for other, percent, how in self._links[place]
                if place < other
            ]
            found.append(CopyGroup(tuple(map(self.twin, numbers)), tuple(links)))
        return tuple(sorted(found, key=lambda group: (not group.exact, -group.percent)))

    @cached_property
    def near_mask(self) -> NDArray[np.bool_]:
        """``(N,) bool``: training pictures that have a near copy, in any split."""
        mask = np.zeros(len(self.images.train), dtype=bool)
        if self.near is not None:
            for places in (self.near.first, self.near.second):
                mask[places[places < len(mask)]] = True
        for group in self.twins.groups:  # what is near one of them is near all
            inside = [twin.position for twin in group if twin.train]
            if mask[inside].any():
                mask[inside] = True
        return mask

    def twin(self, place: int) -> Twin:
        """The picture at a place among all splits."""
        for number, split in enumerate(self._splits):
            if place < len(split):
                return Twin(split.names[place], int(split.labels[place]), place, number == 0)
            place -= len(split)
        raise IndexError("no picture has this place")

    def name(self, place: int) -> str:
        """Its name."""
        return self.twin(place).name

    @cached_property
    def _splits(self) -> list[Any]:
        return splits_of(self.images)

    @cached_property
    def _links(self) -> Mapping[int, list[tuple[int, float, str]]]:
        """Of each picture, the others that it is a copy of: place, percent, how."""
        links: dict[int, list[tuple[int, float, str]]] = {}

        def tie(one: int, other: int, percent: float, how: str) -> None:
            links.setdefault(one, []).append((other, percent, how))
            links.setdefault(other, []).append((one, percent, how))

        starts = self._starts
        for group in self.twins.groups:  # a star: all of a group are one step or two from each other
            places = [self._place(twin, starts) for twin in group]
            for place in places[1:]:
                tie(places[0], place, 100.0, SAME)
        if self.near is not None:
            near = self.near
            for one, other, percent, how in zip(
                near.first.tolist(), near.second.tolist(), near.percent.tolist(), near.how.tolist(), strict=True
            ):
                tie(one, other, percent, HOWS[how])
        return links

    @cached_property
    def _tied(self) -> Indices:
        """Places of pictures that are copies, ascending: nothing follows from any other."""
        return np.array(sorted(self._links), dtype=np.int64)

    @cached_property
    def _seen(self) -> Mapping[int, Twin]:
        """The pictures that are copies, by their places."""
        return {place: self.twin(place) for place in self._links}

    def _names_of(self, decisions: Sequence[CopyDecision], going: Indices) -> set[str]:
        """Of the pictures that decisions are over, the names of those that go."""
        if not decisions:
            return set()
        asked = {each.copy_of for each in decisions}
        places = [place for place, name in enumerate(self.images.train.names) if name in asked]
        found = np.array(places, dtype=np.int64)
        return {self.images.train.names[place] for place in found[which_of(found, going)].tolist()}

    @cached_property
    def _starts(self) -> dict[str, int]:
        """Where the pictures that are not trained on begin, by name."""
        train = len(self.images.train)
        later = (name for split in self._splits[1:] for name in split.names)
        return {name: train + number for number, name in enumerate(later)}

    def _place(self, twin: Twin, others: Mapping[str, int]) -> int:
        return twin.position if twin.train else others[twin.name]

    def _reached(self, going: Indices, away: Indices, words: _Words) -> list[tuple[int, int, float, str]]:
        """What hangs together with pictures that go: place, the one that goes, the weakest link between, how.

        Nothing that is ``away``, but chains lead through it. The strongest chain is taken, of several the shortest:
        links are followed in the order of their strength.

        :param going: places of the pictures that go and are copies, ascending; ``away`` likewise.
        """
        gone, best = set(going.tolist()), dict[int, tuple[int, float, str]]()
        refused: dict[int, tuple[int, float, str]] = {}
        ahead: list[tuple[float, int, int, int, str]] = []  # weakness, length, place, the one that goes, how

        def follow(place: int, source: int, percent: float, length: int, how: str) -> None:
            for other, link, kind in self._links.get(place, ()):
                if other in gone or other in best:
                    continue
                if kind != SAME and words.refuse(self, place, other):
                    if place in gone:
                        refused.setdefault(other, (place, link, kind))
                    continue
                heapq.heappush(ahead, (-min(percent, link), length, other, source, _joined(how, kind)))

        for place in going.tolist():
            follow(place, place, 100.0, 1, SAME)
        while ahead:
            weakness, length, place, source, how = heapq.heappop(ahead)
            if place not in best:
                best[place] = source, -weakness, how
                follow(place, source, -weakness, length + 1, how)
        absent = set(away.tolist())
        return [(place, *found) for place, found in {**refused, **best}.items() if place not in absent]


class _Words:
    """What a person decided, for pictures that go.

    :param gone: their names.
    """

    def __init__(self, decisions: Sequence[CopyDecision], gone: set[str]) -> None:
        self._taken = {each.pair: each for each in decisions}
        self._refused = {each.pair for each in decisions if each.no_copy}
        self._stays = {each.picture: each for each in decisions if not each.no_copy and each.copy_of in gone}

    def over(self, other: str, gone: str) -> CopyDecision | None:
        """The decision over a picture that stays and one that goes."""
        if not self._taken:
            return None
        return self._taken.get(frozenset((other, gone))) or self._stays.get(other)

    def refuse(self, copies: Copies, one: int, other: int) -> bool:
        """Whether two pictures, by their places, are no copies."""
        return bool(self._refused) and frozenset((copies.name(one), copies.name(other))) in self._refused


def asks_for_near(forget: ForgetSpec) -> bool:
    """Whether a request cannot be answered without near copies.

    :raises QueryError: its query cannot be read.
    """
    return forget.near_copies != "no" or any(NEAR in columns_of(parse(query)) for query in forget.queries)


def named_decisions(
    decisions: Sequence[CopyDecision], images: ImageSet, root: str | None = None, *, allow_missing: bool = False
) -> tuple[CopyDecision, ...]:
    """Decisions with the pictures' names in full, however a person wrote them.

    :param root: the picture folder: paths below it are names too.
    :param allow_missing: one over a picture that is not there stays as it is: it matters no more.
    :raises ForgetError: a name is no picture, or fits several.
    """
    if not decisions:
        return ()
    names = Names([name for split in splits_of(images) for name in split.names], root)

    def full(written: str) -> str:
        found = names.find(written) or names.find_in_any_case(written)
        if len(found) == 1:
            return names.name(found[0])
        if not found and allow_missing:
            return written
        what = f"is no picture here: {written}"
        if found:
            what = f"{written} fits {len(found):,} pictures: {name_some([names.name(place) for place in found], 3)}"
        raise ForgetError(what, where="[[forget.left]]", todo="names look like train/cat/0001.jpg")

    return tuple(
        each.model_copy(update={"picture": full(each.picture), "copy_of": full(each.copy_of)}) for each in decisions
    )


def splits_of(images: ImageSet) -> list[Any]:
    """The splits that copies are looked for in: the order in which places count."""
    return [each for each in (images.train, images.test, images.held_out) if each is not None]


def _joined(one: str, other: str) -> str:
    """How the two ends of a chain differ, as far as each link says it."""
    if other == SAME:
        return one
    if one == SAME:
        return other
    mirrored = one.startswith("mirrored") != other.startswith("mirrored")
    cut = "cut" in one or "cut" in other
    return HOWS[mirrored + 2 * cut]


def _settled(pair: CopyPair) -> CopyPair:
    """The very same pixels are a copy, whatever was decided."""
    return pair._replace(decision=None) if pair.exact and pair.is_no_copy else pair
