"""The training pictures as a list model: filtered, lazily drawn, with marks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QItemSelectionRange,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from maga_desk.domain.pictures import ImageSet
from maga_desk.ui.item_models.thumbnails import Thumbnails
from maga_desk.ui.tips import tip

MARKED = Qt.ItemDataRole.UserRole + 1
POSITION = Qt.ItemDataRole.UserRole + 2
SIDE = 64

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class PicturesModel(QAbstractListModel):
    """Rows are positions among the training pictures that pass the filter.

    Roles: decoration (a pixmap, made when it is painted), tool tip (name and label), ``MARKED`` (bool) and
    ``POSITION`` (int).
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._images: ImageSet | None = None
        self._rows: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._mask: NDArray[np.bool_] = np.empty(0, dtype=bool)
        self.thumbnails: Thumbnails | None = None

    def set_images(self, images: ImageSet | None, ratio: float = 1.0) -> None:
        """Other pictures, all shown, none marked."""
        self.beginResetModel()
        self._images = images
        count = len(images.train) if images else 0
        self._rows, self._mask = np.arange(count), np.zeros(count, dtype=bool)
        self.thumbnails = Thumbnails(images.train, side=SIDE, ratio=ratio, room=2000) if images else None
        self.endResetModel()

    def set_rows(self, rows: NDArray[np.int64]) -> None:
        """Show these positions, in this order."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def set_mask(self, mask: NDArray[np.bool_]) -> None:
        """Which pictures are marked, ``(N,) bool``."""
        self._mask = mask
        if len(self._rows):
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1), [MARKED])

    @property
    def rows(self) -> NDArray[np.int64]:
        """Positions of the pictures that are shown."""
        return self._rows

    def positions(self, selection: QItemSelection) -> NDArray[np.int64]:
        """Positions of the rows in a view's selection, which comes as a few ranges even where it is everything."""
        ranges = [self._rows[part.top() : part.bottom() + 1] for part in selection.toList()]
        return np.concatenate(ranges) if ranges else self._rows[:0]

    def selection(self, mask: NDArray[np.bool_]) -> QItemSelection:
        """The shown pictures of a ``(N,) bool`` mask as a view selects them."""
        inside = np.concatenate([[False], mask[self._rows], [False]])
        edges = np.flatnonzero(inside[1:] != inside[:-1])
        selection = QItemSelection()
        for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            selection.append(QItemSelectionRange(self.index(first), self.index(end - 1)))
        return selection

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._images is None or self.thumbnails is None:
            return None
        position = int(self._rows[index.row()])
        if role == Qt.ItemDataRole.DecorationRole:
            return self.thumbnails.pixmap(position)
        if role == MARKED:
            return bool(self._mask[position])
        if role == POSITION:
            return position
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._describe(position)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self._describe(position))
        return None

    def _describe(self, position: int) -> str:
        assert self._images is not None
        train = self._images.train
        kind, label = self._images.kinds[train.kinds[position]], self._images.classes[train.labels[position]]
        what = kind if kind == label else f"{kind}, of the class {label}"
        more = "".join(f"\n{name}: {values[position]}" for name, values in train.columns.items())
        return f"{train.names[position]}\n{what}{', marked to be forgotten' if self._mask[position] else ''}{more}"
