"""How the marks came about, as rows: the empty basket first, then every step, those that were undone included."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont

from maga_desk.domain.basket import Basket
from maga_desk.ui import theme
from maga_desk.ui.tips import tip

BEGINNING = "Nothing marked"
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class HistoryModel(QAbstractListModel):
    """Row n is how it was after n steps. The present one is bold, those that were undone are pale."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._basket = Basket(0)

    def show_basket(self, basket: Basket) -> None:
        """Another state, or another history."""
        self.beginResetModel()
        self._basket = basket
        self.endResetModel()

    @property
    def present(self) -> int:
        """The row that is in force."""
        return len(self._basket.history)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        basket = self._basket
        return 0 if parent.isValid() or not basket.count else 1 + len(basket.history) + len(basket.ahead)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = index.row()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._sentence(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self._sentence(row))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self._sentence(row)}, {self._standing(row)}"
        if role == Qt.ItemDataRole.FontRole and row == self.present:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.ForegroundRole and row > self.present:
            return QColor(theme.colours().text_muted)
        return None

    def _sentence(self, row: int) -> str:
        if row == 0:
            return BEGINNING
        steps, done = self._basket.history, len(self._basket.history)
        return (steps[row - 1] if row <= done else self._basket.ahead[row - done - 1]).sentence()

    def _standing(self, row: int) -> str:
        return "now" if row == self.present else "undone" if row > self.present else "done"
