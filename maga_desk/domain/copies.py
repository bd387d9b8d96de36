"""Pictures that show the same, and which of them stay when others go.

Exact copies are twins: the very same pixels (:mod:`maga_desk.domain.twins`). Near copies show the same in another
size, cut, mirrored, darker or recompressed; they have to be looked for, and whether two pictures are copies is a
person's word in the end. Forgetting one of two is no forgetting.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.errors import name_some
from maga_desk.domain.specs.forget import CopyDecision
from maga_desk.domain.tables import csv_text
from maga_desk.domain.twins import WAY_OUT, Twin, Twins, TwinsLeft

if TYPE_CHECKING:
    from maga_desk.domain.pictures import ImageSet

Indices = NDArray[np.int64]

NEAR = "near"
"""The column of queries that says which pictures have a near copy."""
SAME = "the very same pixels"
HOWS = ("", "mirrored", "cut", "mirrored and cut")
"""How one picture of a near pair differs, beyond its size, light and compression."""
NOT_LOOKED = "Near copies were not looked for."
NEAR_WAY_OUT = '[forget] near_copies = "forget"'
_SHOWN = 3
_UNSEEN = "figures on unseen pictures take that for unseen."
_HEADER = ("picture", "split", "class", "copy_of", "alike", "how", "decided", "reason")


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


class CopyPair(NamedTuple):
    """A picture that goes, and one like it that is still there afterwards.

    :param percent: how alike they are; where others stand between the two, the weakest link of the chain.
    :param how: :data:`SAME`, one of :data:`HOWS`.
    :param decision: what a person decided over the two.
    """

    gone: Twin
    other: Twin
    percent: float
    how: str
    decision: CopyDecision | None = None

    @property
    def exact(self) -> bool:
        return self.how == SAME

    @property
    def is_open(self) -> bool:
        """Whether the other is trained on and nobody decided over it."""
        return self.other.train and self.decision is None

    @property
    def is_left(self) -> bool:
        """Whether the other stays as a copy, by a person's word."""
        return self.decision is not None and not self.decision.no_copy


@dataclass(frozen=True)
class CopiesLeft:
    """What of a forget set stays in sight.

    :param twins: exact copies, whatever was decided over them.
    :param pairs: of every picture that stays or is not trained on and is like one that goes, the nearest that goes;
        exact copies first, then the most alike. Pictures that a person calls no copies are among them.
    :param looked: whether near copies were looked for.
    """

    twins: TwinsLeft = field(default_factory=TwinsLeft)
    pairs: tuple[CopyPair, ...] = ()
    looked: bool = False

    @property
    def asked(self) -> tuple[CopyPair, ...]:
        """Pairs over which somebody should decide."""
        return tuple(pair for pair in self.pairs if pair.is_open)

    @property
    def left(self) -> tuple[CopyPair, ...]:
        """Pairs whose other picture stays by a person's word."""
        return tuple(pair for pair in self.pairs if pair.is_left)

    @property
    def tested(self) -> tuple[CopyPair, ...]:
        """Pairs with a test or held-out picture, without those that are no copies."""
        return tuple(pair for pair in self.pairs if not pair.other.train and not _no_copy(pair))

    def positions(self, *, exact: bool = True, near: bool = True) -> Indices:
        """``(n,) int64`` training pictures that would have to go as well, ascending; not what was decided over."""
        found = [pair.other.position for pair in self.asked if (exact if pair.exact else near)]
        return np.unique(np.array(found, dtype=np.int64))

    def counts(self) -> dict[str, int]:
        """How many pictures that go have a twin that stays (``stay``) and one among the test pictures (``test``);
        where near copies were looked for, how many of those stay (``near_stay``) and are tested on (``near_test``); and
        how many copies stay by a person's word (``left``), where there are any. For records.
        """
        near = [pair for pair in self.pairs if not pair.exact and not _no_copy(pair)]
        trained = sum(pair.other.train for pair in near)
        found = {"near_stay": trained, "near_test": len(near) - trained} if self.looked else {}
        return {**self.twins.counts(), **found, **({"left": len(self.left)} if self.left else {})}

    def short(self) -> str:
        """In a line or two for the window, without names."""
        exact, near = ([pair for pair in self.asked if pair.exact == same] for same in (True, False))
        said = []
        if exact or near:
            parts = [*_counted(exact, "exact"), *_counted(near, "near")]
            verb = "stays" if len(exact) + len(near) == 1 else "stay"
            said.append(f"{' and '.join(parts)} of what is marked {verb}: the model goes on learning them.")
        if self.left:
            said.append(f"{len(self.left):,} {'stays' if len(self.left) == 1 else 'stay'} by your decision.")
        if self.tested:
            count = len(self.tested)
            said.append(f"{count:,} {'is' if count == 1 else 'are'} among the test pictures.")
        return " ".join([*said, *([] if self.looked else [NOT_LOOKED])])

    def warnings(self, way_out: str = WAY_OUT, what: str = "to forget", near_way_out: str = "") -> tuple[str, ...]:
        """What a person must know before the run, a sentence or two each. That nobody looked is no part of it.

        :param way_out: how exact copies that stay go as well, and ``near_way_out`` how near ones; left out where empty.
        :param what: what becomes of the pictures that go.
        """
        said = list(self.twins.warnings(way_out, what))
        near = [pair for pair in self.asked if not pair.exact]
        if near:
            todo = f" They go as well by {near_way_out}." if near_way_out else ""
            count = "1 picture that stays is a near copy" if len(near) == 1 else (
                f"{len(near):,} pictures that stay are near copies")  # fmt: skip
            said.append(f"{count} of pictures {what} ({_named(near)}): forgetting one of two is no forgetting.{todo}")
        tested = [pair for pair in self.tested if not pair.exact]
        if tested:
            count = "1 test picture is a near copy" if len(tested) == 1 else (
                f"{len(tested):,} test pictures are near copies")  # fmt: skip
            said.append(f"{count} of pictures {what} ({_named(tested)}): {_UNSEEN}")
        return (*said, *self.said_of_left())

    def said_of_left(self) -> tuple[str, ...]:
        """The copies that stay by a person's word, a sentence a reason."""
        reasons: dict[str, list[CopyPair]] = {}
        for pair in self.left:
            assert pair.decision is not None
            reasons.setdefault(" ".join(pair.decision.reason.split()), []).append(pair)
        return tuple(
            f"{'1 copy stays' if len(pairs) == 1 else f'{len(pairs):,} copies stay'} by decision ({_named(pairs)}): "
            f"{reason or 'no reason is given'}"
            for reason, pairs in reasons.items()
        )

    def decided(self) -> tuple[dict[str, Any], ...]:
        """The decisions that were taken, as plain data: picture, copy_of, alike, exact, no_copy, reason."""
        return tuple(
            {
                "picture": pair.other.name,
                "copy_of": pair.gone.name,
                "alike": round(pair.percent, 1),
                "exact": pair.exact,
                "no_copy": pair.decision.no_copy,
                "reason": pair.decision.reason,
            }
            for pair in self.pairs
            if pair.decision is not None
        )

    def table(self, classes: Sequence[str]) -> str:
        """``copies.csv``: every pair, and what was decided over it; empty where there is none."""
        rows = [
            [
                pair.other.name,
                "train" if pair.other.train else "test",
                classes[pair.other.label],
                pair.gone.name,
                f"{pair.percent:.1f}",
                pair.how,
                _verdict(pair),
                pair.decision.reason if pair.decision else "",
            ]
            for pair in self.pairs
        ]
        return csv_text([_HEADER, *rows]) if rows else ""


@dataclass(frozen=True)
class CopyGroup:
    """Pictures that show the same, all splits.

    :param exact: whether all have the very same pixels.
    :param percent: the weakest link of those that hold the group together.
    """

    members: tuple[Twin, ...]
    exact: bool
    percent: float

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
    """

    images: ImageSet
    near: NearCopies | None = None

    @property
    def twins(self) -> Twins:
        return self.images.twins

    def left_by(self, gone: Iterable[int] | Indices, decisions: Sequence[CopyDecision] = ()) -> CopiesLeft:
        """What stays in sight of training pictures that go.

        :param gone: ``(n,)`` their positions; those forgotten before count as well.
        :param decisions: what a person decided (``[[forget.left]]``); those over other pictures do not matter.
        """
        going = np.unique(np.fromiter(map(int, gone), dtype=np.int64))
        taken = {decision.pair: decision for decision in decisions}
        pairs = [
            CopyPair(
                self.twin(source), self.twin(place), percent, how,
                taken.get(frozenset((self.name(source), self.name(place)))),
            )
            for place, source, percent, how in self._reached(going)
        ]  # fmt: skip
        pairs.sort(key=lambda pair: (not pair.exact, -pair.percent, not pair.other.train, pair.other.position))
        return CopiesLeft(self.twins.left_by(going), tuple(map(_settled, pairs)), self.near is not None)

    @cached_property
    def groups(self) -> tuple[CopyGroup, ...]:
        """Pictures that hang together by copies, exact groups first; each as it lies, training pictures first."""
        found, seen = list[CopyGroup](), set[int]()
        for start in sorted(self._links):
            if start in seen:
                continue
            inside, percents, near = {start}, list[float](), False
            ahead = [start]
            while ahead:
                place = ahead.pop()
                for other, percent, how in self._links[place]:
                    near |= how != SAME
                    percents.append(percent)
                    if other not in inside:
                        inside.add(other)
                        ahead.append(other)
            seen |= inside
            found.append(CopyGroup(tuple(map(self.twin, sorted(inside))), not near, min(percents)))
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

    @property
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
    def _starts(self) -> dict[str, int]:
        """Where the pictures that are not trained on begin, by name."""
        train = len(self.images.train)
        later = (name for split in self._splits[1:] for name in split.names)
        return {name: train + number for number, name in enumerate(later)}

    def _place(self, twin: Twin, others: Mapping[str, int]) -> int:
        return twin.position if twin.train else others[twin.name]

    def _reached(self, going: Indices) -> list[tuple[int, int, float, str]]:
        """What hangs together with pictures that go: place, the one that goes, the weakest link between, how.

        The strongest chain is taken, of several the shortest: links are followed in the order of their strength.
        """
        gone, best = set(going.tolist()), dict[int, tuple[int, float, str]]()
        ahead: list[tuple[float, int, int, int, str]] = []  # weakness, length, place, the one that goes, how

        def follow(place: int, source: int, percent: float, length: int, how: str) -> None:
            for other, link, kind in self._links.get(place, ()):
                if other not in gone and other not in best:
                    weakest = min(percent, link)
                    heapq.heappush(ahead, (-weakest, length, other, source, _joined(how, kind)))

        for place in gone & self._links.keys():
            follow(place, place, 100.0, 1, SAME)
        while ahead:
            weakness, length, place, source, how = heapq.heappop(ahead)
            if place not in best:
                best[place] = source, -weakness, how
                follow(place, source, -weakness, length + 1, how)
        return [(place, source, percent, how) for place, (source, percent, how) in best.items()]


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
    return pair._replace(decision=None) if pair.exact and _no_copy(pair) else pair


def _no_copy(pair: CopyPair) -> bool:
    return pair.decision is not None and pair.decision.no_copy


def _verdict(pair: CopyPair) -> str:
    return "" if pair.decision is None else "no copy" if pair.decision.no_copy else "stays"


def _counted(pairs: Sequence[CopyPair], what: str) -> list[str]:
    return [f"{len(pairs):,} {what} {'copy' if len(pairs) == 1 else 'copies'}"] if pairs else []


def _named(pairs: Sequence[CopyPair]) -> str:
    return name_some([f"{pair.gone.name} is like {pair.other.name}" for pair in pairs], _SHOWN)


def decided(
    before: Sequence[CopyDecision], taken: Sequence[CopyDecision], dropped: Iterable[frozenset[str]] = ()
) -> tuple[CopyDecision, ...]:
    """Decisions with later ones in the place of earlier ones over the same two pictures.

    :param dropped: pairs over which nothing is decided any longer.
    """
    found = {each.pair: each for each in before}
    for pair in dropped:
        found.pop(pair, None)
    found |= {each.pair: each for each in taken}
    return tuple(found.values())
