"""The forget basket: marked pictures with undo and redo."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Mask = NDArray[np.bool_]
_REMEMBERED = 200  # steps back; masks are kept as bits, so 50,000 pictures cost 6 kB a step


@dataclass(frozen=True)
class Basket:
    """Which of ``count`` pictures are marked. Immutable: every operation gives another basket that knows the past."""

    count: int
    _marked: bytes = b""
    _past: tuple[bytes, ...] = field(default=(), repr=False)
    _future: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def mask(self) -> Mask:
        """``(count,) bool``: true where marked."""
        if not self._marked:
            return np.zeros(self.count, dtype=bool)
        return np.unpackbits(np.frombuffer(self._marked, dtype=np.uint8), count=self.count).astype(bool)

    def add(self, positions: ArrayLike) -> Basket:
        """Mark pictures."""
        mask = self.mask
        mask[np.asarray(positions, dtype=np.int64)] = True
        return self.replace(mask)

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
        marked = np.packbits(mask).tobytes() if mask.any() else b""
        if marked == self._marked:
            return self
        return Basket(self.count, marked, (*self._past, self._marked)[-_REMEMBERED:])

    def undo(self) -> Basket:
        """As before the last change."""
        if not self._past:
            return self
        return Basket(self.count, self._past[-1], self._past[:-1], (*self._future, self._marked))

    def redo(self) -> Basket:
        """The undone change again."""
        if not self._future:
            return self
        return Basket(self.count, self._future[-1], (*self._past, self._marked), self._future[:-1])

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)
