"""A few training pictures with how alike each is, as thumbnails with a percentage."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt

from maga_desk.domain.pictures import ImageSet
from maga_desk.ui.item_models.thumbnails import Thumbnails
from maga_desk.ui.tips import tip

_SIDE = 56
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class NearPicturesModel(QAbstractListModel):
    """Rows in the order in which they are given."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._images: ImageSet | None = None
        self._thumbnails: Thumbnails | None = None
        self._positions: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._percent: NDArray[np.float64] = np.empty(0)
        self.icon_size, self.cell = QSize(_SIDE, _SIDE), QSize(_SIDE + 12, _SIDE + 26)

    def set_images(self, images: ImageSet | None, ratio: float = 1.0) -> None:
        """Other pictures; no rows."""
        self.beginResetModel()
        self._images = images
        self._thumbnails = Thumbnails(images.train, side=_SIDE, ratio=ratio, room=64) if images else None
        self._positions, self._percent = np.empty(0, dtype=np.int64), np.empty(0)
        self.endResetModel()

    def set_rows(self, positions: NDArray[np.int64], percent: NDArray[np.float64]) -> None:
        """:param percent: how alike each is, ``(n,)``, 0 to 100."""
        self.beginResetModel()
        self._positions, self._percent = positions, percent
        self.endResetModel()

    def position(self, row: int) -> int:
        return int(self._positions[row])

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._positions)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._images is None or self._thumbnails is None:
            return None
        position = int(self._positions[index.row()])
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{self._percent[index.row()]:.0f} %"
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnails.pixmap(position)
        if role == Qt.ItemDataRole.SizeHintRole:
            return self.cell
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            train = self._images.train
            label = self._images.classes[train.labels[position]]
            return tip(f"{train.names[position]}\n{label}, {self._percent[index.row()]:.1f} % alike")
        return None
