"""The forget basket: marked pictures, what was decided over their copies, and every step back and forth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maga_desk.domain.copies_left import decided, decided_in_words
from maga_desk.domain.marking import BY_HAND, Action, Deed, How, Step, packed, unpacked
from maga_desk.domain.specs.forget import CopyDecision

Mask = NDArray[np.bool_]
_COPIES = How("copies", "what was marked")


@dataclass(frozen=True)
class Basket:
    """Which of ``count`` pictures are marked. Immutable: every operation gives another basket that knows the past.

    Each operation takes ``by``: by what the pictures were asked for, for the history.

    :param not_found: names that were asked for and are no pictures; they come and go with the marks they came with.
    :param history: the steps from an empty basket to this one, the first one first.
    :param ahead: the steps that were undone, in the order in which :meth:`redo` makes them again.
    """

    count: int
    _marked: bytes = b""
    not_found: tuple[str, ...] = ()
    history: tuple[Step, ...] = field(default=(), repr=False)
    ahead: tuple[Step, ...] = field(default=(), repr=False)
    _decided: tuple[tuple[CopyDecision, ...], ...] = field(default=((),), repr=False)  # at first and after each step

    @property
    def left(self) -> tuple[CopyDecision, ...]:
        """What was decided over copies of what is or was marked; it comes and goes with its step."""
        return self._decided[len(self.history)]

    @property
    def mask(self) -> Mask:
        """``(count,) bool``: true where marked."""
        if not self._marked:
            return np.zeros(self.count, dtype=bool)
        return np.unpackbits(np.frombuffer(self._marked, dtype=np.uint8), count=self.count).astype(bool)

    def add(self, positions: ArrayLike, not_found: Iterable[str] = (), *, by: How = BY_HAND) -> Basket:
        """Mark pictures.

        :param not_found: names that were asked for as well and are no pictures.
        """
        given = self._given(positions)
        return self._changed("add", self.mask | given, by, given, tuple(not_found))

    def remove(self, positions: ArrayLike, *, by: How = BY_HAND) -> Basket:
        """Unmark pictures."""
        given = self._given(positions)
        return self._changed("remove", self.mask & ~given, by, given)

    def keep(self, positions: ArrayLike, *, by: How = BY_HAND) -> Basket:
        """Of what is marked, leave only these marked."""
        given = self._given(positions)
        return self._changed("keep", self.mask & given, by, given)

    def invert(self, among: ArrayLike | None = None, *, by: How = BY_HAND) -> Basket:
        """Mark what is not marked, and unmark what is.

        :param among: only these change; by default all.
        """
        flipped = np.ones(self.count, dtype=bool) if among is None else self._given(among)
        return self._changed("invert", self.mask ^ flipped, by, flipped)

    def clear(self, *, by: How = BY_HAND) -> Basket:
        """Unmark all."""
        return self._changed("clear", np.zeros(self.count, dtype=bool), by, self.mask)

    def done(self, action: Action, positions: ArrayLike, not_found: Iterable[str] = (), *, by: How) -> Basket:
        """A step as a spec has it. It is remembered even where it changes nothing: somebody asked for it.

        :param positions: what it is about; of ``invert`` what may change.
        """
        given, marked = self._given(positions), self.mask
        after = {"add": marked | given, "remove": marked & ~given, "keep": marked & given, "invert": marked ^ given}
        mask = after.get(action, np.zeros_like(marked))
        return self._changed(action, mask, by, given, tuple(not_found), always=True)

    def decide(
        self,
        taken: Sequence[CopyDecision],
        dropped: Iterable[frozenset[str]] = (),
        positions: ArrayLike = (),
        *,
        by: How = _COPIES,
    ) -> Basket:
        """Decide over copies, in one step with those that are marked too.

        :param dropped: pairs of names over which nothing is decided any longer.
        :param positions: copies to be marked.
        """
        given, left = self._given(positions), decided(self.left, taken, dropped)
        lost = {each.pair for each in self.left} - {each.pair for each in left}
        new, mask = [each for each in left if each not in self.left], self.mask | given
        if (mask != self.mask).any():  # a spec keeps this sentence, whatever becomes of the decisions: no reasons in it
            words = decided_in_words(new, len(lost), reasoned=False)
            return self._changed("add", mask, by, given, left=left, also=words)
        words = decided_in_words(new, len(lost))
        return self if left == self.left else self._changed("leave", mask, replace(by, words=words), given, left=left)

    def undo(self) -> Basket:
        """As before the last change."""
        return self.at(len(self.history) - 1)

    def redo(self) -> Basket:
        """The undone change again."""
        return self.at(len(self.history) + 1)

    def at(self, place: int) -> Basket:
        """As after so many of all steps, done and undone: 0 is empty. The others stay, behind or ahead."""
        steps, now = (*self.history, *self.ahead), len(self.history)
        place = min(max(place, 0), len(steps))
        if place == now:
            return self
        mask = self.mask
        for step in steps[min(place, now) : max(place, now)]:
            mask ^= unpacked(step.flipped, self.count)
        lost = steps[place].lost_before if place < now else _lost_after(steps[place - 1])
        return Basket(self.count, _bits(mask), lost, steps[:place], steps[place:], self._decided)

    def marks_as(self, other: Basket) -> bool:
        """Whether the same pictures are marked, and the same names were not found."""
        return self._marked == other._marked and self.not_found == other.not_found

    @property
    def can_undo(self) -> bool:
        return bool(self.history)

    @property
    def can_redo(self) -> bool:
        return bool(self.ahead)

    def _given(self, positions: ArrayLike) -> Mask:
        given = np.zeros(self.count, dtype=bool)
        given[np.asarray(positions, dtype=np.int64)] = True
        return given

    def _changed(
        self,
        action: Deed,
        mask: Mask,
        by: How,
        given: Mask,
        not_found: tuple[str, ...] = (),
        *,
        left: tuple[CopyDecision, ...] | None = None,
        also: str = "",
        always: bool = False,
    ) -> Basket:
        """Nothing is remembered where nothing changes, unless ``always``.

        :param left: what is decided over copies after it; where nothing is left marked, nothing is.
        :param also: what else was done in the same step.
        """
        flipped = self.mask ^ mask
        step = Step(
            action,
            by,
            given=int(given.sum()),
            changed=int(flipped.sum()),
            marked=int(mask.sum()),
            not_found=tuple(dict.fromkeys(not_found)),
            flipped=packed(flipped) if flipped.any() else b"",
            lost_before=self.not_found,
        )
        if also:
            step = replace(step, by=replace(by, words=f"{step.sentence()}; {also[0].lower()}{also[1:]}"))
        lost, left = _lost_after(step), self.left if left is None else left
        if not (always or step.changed) and lost == self.not_found and left == self.left:
            return self
        after = (*self._decided[: len(self.history) + 1], left if step.marked else ())
        return Basket(self.count, _bits(mask), lost, (*self.history, step), (), after)


def _lost_after(step: Step) -> tuple[str, ...]:
    """Names that were not found, once a step was made: where nothing is left marked, nothing is asked for."""
    return tuple(dict.fromkeys((*step.lost_before, *step.not_found))) if step.marked else ()


def _bits(mask: Mask) -> bytes:
    return np.packbits(mask).tobytes() if mask.any() else b""
