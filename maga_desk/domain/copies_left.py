"""Which copies stay when pictures go, and what a person decided over them. Forgetting one of two is no forgetting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.errors import name_some
from maga_desk.domain.specs.forget import LONGEST_REASON, CopyDecision
from maga_desk.domain.tables import csv_text
from maga_desk.domain.twins import WAY_OUT, Twin, TwinsLeft

Indices = NDArray[np.int64]

SAME = "the very same pixels"
NOT_LOOKED = "Near copies were not looked for."
NEAR_WAY_OUT = '[forget] near_copies = "forget"'
_SHOWN = 3
_STAYS, _NO_COPY = "stays", "no copy"  # as copies.csv has it
_UNSEEN = "figures on unseen pictures take that for unseen."
_HEADER = ("picture", "split", "class", "copy_of", "alike", "how", "decided", "reason", "forgotten")


class CopyPair(NamedTuple):
    """A picture that goes, and one like it that is still there afterwards.

    :param percent: how alike they are; where others stand between the two, the weakest link of the chain.
    :param how: :data:`SAME`, one of :data:`~maga_desk.domain.copies.HOWS`.
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
    def is_no_copy(self) -> bool:
        """Whether a person says that they only look alike."""
        return self.decision is not None and self.decision.no_copy

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
    :param before: what stays in sight of pictures that were forgotten before, and of none that goes now. It is no part
        of what is counted, or would have to go as well.
    """

    twins: TwinsLeft = field(default_factory=TwinsLeft)
    pairs: tuple[CopyPair, ...] = ()
    looked: bool = False
    before: CopiesLeft | None = None

    @property
    def all_pairs(self) -> tuple[CopyPair, ...]:
        """Those of pictures that were forgotten before as well."""
        return self.pairs + (self.before.pairs if self.before is not None else ())

    def without(self, others: Set[Twin]) -> CopiesLeft:
        """The same without some of the pictures that stay or are tested on."""
        stay, test = (
            tuple((gone, rest) for gone, twins in side if (rest := tuple(each for each in twins if each not in others)))
            for side in (self.twins.stay, self.twins.test)
        )
        pairs = tuple(pair for pair in self.pairs if pair.other not in others)
        return replace(self, twins=TwinsLeft(stay, test), pairs=pairs)

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
        return tuple(pair for pair in self.pairs if not pair.other.train and not pair.is_no_copy)

    def positions(self, *, exact: bool = True, near: bool = True) -> Indices:
        """``(n,) int64`` training pictures that would have to go as well, ascending; not what was decided over."""
        found = [pair.other.position for pair in self.asked if (exact if pair.exact else near)]
        return np.unique(np.array(found, dtype=np.int64))

    def counts(self) -> dict[str, int]:
        """How many pictures that go have a twin that stays (``stay``) and one among the test pictures (``test``);
        where near copies were looked for, how many of those stay (``near_stay``) and are tested on (``near_test``); and
        how many copies stay by a person's word (``left``), where there are any. For records.
        """
        near = [pair for pair in self.pairs if not pair.exact and not pair.is_no_copy]
        trained = sum(pair.other.train for pair in near)
        found = {"near_stay": trained, "near_test": len(near) - trained} if self.looked else {}
        return {**self.twins.counts(), **found, **({"left": len(self.left)} if self.left else {})}

    def short(self) -> str:
        """In a line or two for the window, without names."""
        exact, near = ([pair for pair in self.asked if pair.exact == same] for same in (True, False))
        said = []
        if exact or near:
            parts = [*_counted(exact, "exact"), *_counted(near, "near")]
            verb, them = ("stays", "it") if len(exact) + len(near) == 1 else ("stay", "them")
            said.append(f"{' and '.join(parts)} of what is marked {verb}: the model goes on learning {them}.")
        if self.left:
            said.append(f"{len(self.left):,} {'stays' if len(self.left) == 1 else 'stay'} by your decision.")
        if self.tested:
            count = len(self.tested)
            said.append(f"{count:,} {'is' if count == 1 else 'are'} among the test pictures.")
        if self.before is not None and (count := len(self.before.asked)):
            copies, stay = ("copy", "stays") if count == 1 else ("copies", "stay")
            said.append(f"{count:,} {copies} of what was forgotten before {stay}.")
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
        before = self.before.warnings("", "forgotten before") if self.before is not None else ()
        return (*said, *self.said_of_left(), *before)

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

    def all_decided(self) -> tuple[dict[str, Any], ...]:
        """Those over copies of what was forgotten before as well."""
        return self.decided() + (self.before.decided() if self.before is not None else ())

    def table(self, classes: Sequence[str]) -> str:
        """``copies.csv``: every pair, and what was decided over it; empty where there is none.

        Those of pictures that were forgotten before come last: decisions over them are kept from request to request.
        """
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
                "now" if number < len(self.pairs) else "before",
            ]
            for number, pair in enumerate(self.all_pairs)
        ]
        return csv_text([_HEADER, *rows]) if rows else ""


def decisions_in(rows: Iterable[Mapping[str, str]]) -> tuple[CopyDecision, ...]:
    """What was decided, by the rows of a ``copies.csv``."""
    return tuple(
        CopyDecision(
            picture=row["picture"],
            copy_of=row["copy_of"],
            reason=(row.get("reason") or "")[:LONGEST_REASON],
            no_copy=row["decided"] == _NO_COPY,
        )
        for row in rows
        if row.get("decided") in (_STAYS, _NO_COPY) and row.get("picture") and row.get("copy_of")
    )


def _verdict(pair: CopyPair) -> str:
    return "" if pair.decision is None else _NO_COPY if pair.decision.no_copy else _STAYS


def _counted(pairs: Sequence[CopyPair], what: str) -> list[str]:
    return [f"{len(pairs):,} {what} {'copy' if len(pairs) == 1 else 'copies'}"] if pairs else []


def _named(pairs: Sequence[CopyPair]) -> str:
    return name_some([f"{pair.gone.name} is like {pair.other.name}" for pair in pairs], _SHOWN)


def decided_in_words(taken: Sequence[CopyDecision], dropped: int = 0, *, reasoned: bool = True) -> str:
    """What was decided at once: ``Left 10 copies: another customer's``.

    :param dropped: over how many pairs nothing is decided any longer.
    :param reasoned: the reason is said where all have the same.
    """
    left, refused = ([each for each in taken if each.no_copy == no_copy] for no_copy in (False, True))
    reasons = {" ".join(each.reason.split()) for each in left}
    why = f": {reasons.pop()}" if reasoned and len(reasons) == 1 and any(reasons) else ""
    said = [f"left {'1 copy' if len(left) == 1 else f'{len(left):,} copies'}{why}"] if left else []
    said += [f"called {'1 picture no copy' if len(refused) == 1 else f'{len(refused):,} pictures no copies'}"] * bool(
        refused
    )
    said += [f"took back {'1 decision' if dropped == 1 else f'{dropped:,} decisions'} over copies"] * bool(dropped)
    words = "; ".join(said)
    return words[:1].upper() + words[1:]


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
