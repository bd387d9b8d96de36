"""The forget basket: marked pictures, how they came to be marked, and every step back and forth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maga_desk.domain.marking import BY_HAND, Action, How, Step, packed, unpacked

Mask = NDArray[np.bool_]


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
        return Basket(self.count, _bits(mask), lost, steps[:place], steps[place:])

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

    def _changed(self, action: Action, mask: Mask, by: How, given: Mask, not_found: tuple[str, ...] = ()) -> Basket:
        """Nothing is remembered where nothing changes."""
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
        lost = _lost_after(step)
        if not step.changed and lost == self.not_found:
            return self
        return Basket(self.count, _bits(mask), lost, (*self.history, step))


def _lost_after(step: Step) -> tuple[str, ...]:
    """Names that were not found, once a step was made: where nothing is left marked, nothing is asked for."""
    return tuple(dict.fromkeys((*step.lost_before, *step.not_found))) if step.marked else ()


def _bits(mask: Mask) -> bytes:
    return np.packbits(mask).tobytes() if mask.any() else b""
