"""The forget basket: marked pictures with undo and redo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

_State = tuple[bytes, tuple[str, ...]]
Mask = NDArray[np.bool_]
_REMEMBERED = 200  # steps back; masks are kept as bits, so 50,000 pictures cost 6 kB a step


@dataclass(frozen=True)
class Basket:
    """Which of ``count`` pictures are marked. Immutable: every operation gives another basket that knows the past.

    :param not_found: names that were asked for and are no pictures; they come and go with the marks they came with.
    """

    count: int
    _marked: bytes = b""
    not_found: tuple[str, ...] = ()
    _past: tuple[_State, ...] = field(default=(), repr=False)
    _future: tuple[_State, ...] = field(default=(), repr=False)

    @property
    def mask(self) -> Mask:
        """``(count,) bool``: true where marked."""
        if not self._marked:
            return np.zeros(self.count, dtype=bool)
        return np.unpackbits(np.frombuffer(self._marked, dtype=np.uint8), count=self.count).astype(bool)

    def add(self, positions: ArrayLike, not_found: Iterable[str] = ()) -> Basket:
        """Mark pictures.

        :param not_found: names that were asked for as well and are no pictures.
        """
        mask = self.mask
        mask[np.asarray(positions, dtype=np.int64)] = True
        return self._changed(mask, tuple(dict.fromkeys((*self.not_found, *not_found))))

    def remove(self, positions: ArrayLike) -> Basket:
        """Unmark pictures."""
        mask = self.mask
        mask[np.asarray(positions, dtype=np.int64)] = False
        return self.replace(mask)

    def clear(self) -> Basket:
        """Unmark all."""
        return self.replace(np.zeros(self.count, dtype=bool))

    def replace(self, mask: Mask) -> Basket:
        """Mark exactly these; nothing is remembered when that changes nothing."""
        return self._changed(mask, self.not_found)

    def undo(self) -> Basket:
        """As before the last change."""
        if not self._past:
            return self
        return Basket(self.count, *self._past[-1], self._past[:-1], (*self._future, self._state))

    def redo(self) -> Basket:
        """The undone change again."""
        if not self._future:
            return self
        return Basket(self.count, *self._future[-1], (*self._past, self._state), self._future[:-1])

    @property
    def _state(self) -> _State:
        return self._marked, self.not_found

    def _changed(self, mask: Mask, not_found: tuple[str, ...]) -> Basket:
        state: _State = (np.packbits(mask).tobytes(), not_found) if mask.any() else (b"", ())
        if state == self._state:
            return self
        return Basket(self.count, *state, (*self._past, self._state)[-_REMEMBERED:])

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)
