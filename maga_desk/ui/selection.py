"""Which training pictures are selected: kept by position, whatever a view shows of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QObject, Signal

from maga_desk.domain.marking import BY_HAND, How

_NOTHING: NDArray[np.int64] = np.empty(0, dtype=np.int64)


class PictureSelection(QObject):
    """A set of positions among N pictures. Signal: ``changed()``.

    ``by`` says how they came to be selected, for the history of the marks; by hand where it came about in several ways.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mask = np.zeros(0, dtype=bool)
        self._count = 0
        self.by = BY_HAND

    def __len__(self) -> int:
        return self._count

    @property
    def mask(self) -> NDArray[np.bool_]:
        """``(N,) bool``: true where selected. A copy."""
        return self._mask.copy()

    def positions(self) -> NDArray[np.int64]:
        """``(n,) int64``, ascending."""
        return np.flatnonzero(self._mask)

    def holds(self, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """``(n,) bool``: which of these are selected. What is not among the N is not."""
        found = positions < len(self._mask)
        found[found] = self._mask[positions[found]]
        return found

    def keep(self, positions: NDArray[np.int64]) -> None:
        """Unselect all others than these."""
        if self._count:
            stays = np.zeros_like(self._mask)
            stays[positions] = True
            self._take(self._mask & stays, self.by)

    def reset(self, count: int) -> None:
        """Other pictures, none selected."""
        self.clear()  # told while a view still shows the earlier ones
        self._mask = np.zeros(count, dtype=bool)

    def clear(self) -> None:
        self._take(np.zeros_like(self._mask), BY_HAND)

    def replace(self, positions: ArrayLike, by: How = BY_HAND) -> None:
        """Select exactly these."""
        mask = np.zeros_like(self._mask)
        mask[np.asarray(positions, dtype=np.int64)] = True
        self._take(mask, by)

    def change(
        self, added: NDArray[np.int64] = _NOTHING, removed: NDArray[np.int64] = _NOTHING, by: How = BY_HAND
    ) -> None:
        """Select and unselect these; all others stay as they are."""
        mask = self._mask.copy()
        mask[removed] = False
        mask[added] = True
        self._take(mask, by if by == self.by or not self._count else BY_HAND)

    def _take(self, mask: NDArray[np.bool_], by: How) -> None:
        if not np.array_equal(mask, self._mask):
            self._mask, self._count = mask, int(np.count_nonzero(mask))
            self.by = by if self._count else BY_HAND
            self.changed.emit()
