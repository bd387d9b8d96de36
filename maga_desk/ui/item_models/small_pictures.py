"""A few training pictures as small thumbnails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt

from maga_desk.domain.pictures import ImageSet
from maga_desk.ui.item_models.thumbnails import Thumbnails
from maga_desk.ui.tips import tip

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class SmallPicturesModel(QAbstractListModel):
    """Rows in the order in which they are given.

    :param side: of a picture, in points.
    """

    def __init__(self, side: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.side = side
        self._images: ImageSet | None = None
        self._thumbnails: Thumbnails | None = None
        self._positions: tuple[int, ...] = ()

    def set_images(self, images: ImageSet | None, ratio: float = 1.0) -> None:
        """Other pictures; no rows."""
        self.beginResetModel()
        self._images, self._positions = images, ()
        self._thumbnails = Thumbnails(images.train, side=self.side, ratio=ratio, room=256) if images else None
        self.endResetModel()

    def show(self, positions: Sequence[int]) -> None:
        """These, in this order."""
        if tuple(positions) != self._positions:
            self.beginResetModel()
            self._positions = tuple(positions)
            self.endResetModel()

    def position(self, row: int) -> int:
        """Which training picture stands in a row."""
        return self._positions[row]

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._positions)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._images is None or self._thumbnails is None:
            return None
        position = self._positions[index.row()]
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnails.pixmap(position)
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(self.side + 4, self.side + 4)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            train = self._images.train
            said = f"{train.names[position]}\n{self._images.classes[train.labels[position]]}"
            return tip(said) if role == Qt.ItemDataRole.ToolTipRole else said
        return None
