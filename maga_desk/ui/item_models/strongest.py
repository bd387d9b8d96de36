"""The strongest classes of every row, best first: how a matrix of a hundred or a thousand classes is read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Slot

from maga_desk.ui.item_models.matrix import ColumnNameRole, DiagonalRole, Index, TransitionModel, ValueRole

SHOWN = 10

_NOTHING = QModelIndex()


class StrongestModel(QAbstractTableModel):
    """Rows of a :class:`TransitionModel`; column r holds the class of rank r + 1. Everything else is the source's."""

    def __init__(self, source: TransitionModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._order: NDArray[np.int64] = np.zeros((0, 0), dtype=np.int64)
        source.modelAboutToBeReset.connect(self._begin)
        source.modelReset.connect(self._reset)
        source.dataChanged.connect(self._reorder)
        source.headerDataChanged.connect(self._renamed)
        self._order = self._ranked()

    @property
    def source(self) -> TransitionModel:
        return self._source

    def source_index(self, index: Index) -> QModelIndex:
        """The same cell in the source."""
        if not index.isValid():
            return QModelIndex()
        return self._source.index(index.row(), int(self._order[index.row(), index.column()]))

    def rowCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else self._order.shape[0]

    def columnCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else self._order.shape[1]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        cell = self.source_index(index)
        if role == Qt.ItemDataRole.DisplayRole:
            if cell.data(DiagonalRole):
                return ""
            return f"{cell.data(ColumnNameRole)}\n{self._number(float(cell.data(ValueRole)))}"
        return self._source.data(cell, role)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        return self._source.setData(self.source_index(index), value, role)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return self._source.flags(self.source_index(index))

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return self._source.headerData(section, orientation, role)
        if role == Qt.ItemDataRole.DisplayRole:
            return str(section + 1)
        return "Rank of the class in its row" if role == Qt.ItemDataRole.ToolTipRole else None

    def _number(self, value: float) -> str:
        digits = 2 if self._source.top >= 0.1 else 3  # a thousand classes share a row
        if self._source.layer == "difference":
            return f"{value:+.{digits}f}".replace("-", "−")
        return f"{value:.{digits}f}"

    def _ranked(self) -> NDArray[np.int64]:
        """``(rows, k) int64``: the classes of each row, the strongest first, its own class last."""
        strength = np.abs(self._source.shown_values)
        rows, count = strength.shape
        if rows == 0:
            return np.zeros((0, 0), dtype=np.int64)
        strength[np.arange(rows), [self._source.class_of_row(row) for row in range(rows)]] = -1
        order: NDArray[np.int64] = np.argsort(-strength, axis=1, kind="stable")[:, : min(SHOWN, count - 1)]
        return order

    @Slot(Qt.Orientation, int, int)
    def _renamed(self, orientation: Qt.Orientation, first: int, last: int) -> None:
        if orientation == Qt.Orientation.Vertical:
            self.headerDataChanged.emit(orientation, first, last)

    @Slot()
    def _begin(self) -> None:
        self.beginResetModel()

    @Slot()
    def _reset(self) -> None:
        self._order = self._ranked()
        self.endResetModel()

    @Slot()
    def _reorder(self) -> None:
        """Follow changed values; selected cells stay with their classes."""
        order = self._ranked()
        if order.shape != self._order.shape:
            self.beginResetModel()
            self._order = order
            self.endResetModel()
            return
        self.layoutAboutToBeChanged.emit()
        kept = self.persistentIndexList()
        places = [(index.row(), index.column(), int(self._order[index.row(), index.column()])) for index in kept]
        self._order = order
        moved = []
        for row, column, number in places:
            found = np.flatnonzero(order[row] == number)
            moved.append(self.index(row, int(found[0]) if len(found) else column))
        self.changePersistentIndexList(kept, moved)
        self.layoutChanged.emit()
