"""Which training pictures are selected: kept by position, whatever a view shows of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QObject, Signal

_NOTHING: NDArray[np.int64] = np.empty(0, dtype=np.int64)


class PictureSelection(QObject):
    """A set of positions among N pictures. Signal: ``changed()``."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mask = np.zeros(0, dtype=bool)
        self._count = 0

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
            self._take(self._mask & stays)

    def reset(self, count: int) -> None:
        """Other pictures, none selected."""
        self.clear()  # told while a view still shows the earlier ones
        self._mask = np.zeros(count, dtype=bool)

    def clear(self) -> None:
        self._take(np.zeros_like(self._mask))

    def replace(self, positions: ArrayLike) -> None:
        """Select exactly these."""
        mask = np.zeros_like(self._mask)
        mask[np.asarray(positions, dtype=np.int64)] = True
        self._take(mask)

    def change(self, added: NDArray[np.int64] = _NOTHING, removed: NDArray[np.int64] = _NOTHING) -> None:
        """Select and unselect these; all others stay as they are."""
        mask = self._mask.copy()
        mask[removed] = False
        mask[added] = True
        self._take(mask)

    def _take(self, mask: NDArray[np.bool_]) -> None:
        if not np.array_equal(mask, self._mask):
            self._mask, self._count = mask, int(np.count_nonzero(mask))
            self.changed.emit()
