"""How many pictures of each class are meant, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from maga_desk.domain.class_counts import ClassCount

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_TITLES = ("Class", "Pictures", "Of", "Share of class", "Share of data")


class ClassTableModel(QAbstractTableModel):
    """The class with the most pictures first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[ClassCount] = ()
        self._total = 0

    def show(self, counts: Sequence[ClassCount], total: int) -> None:
        """:param total: how many pictures there are in all."""
        self.beginResetModel()
        self._rows, self._total = counts, total
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _TITLES[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        each, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            of_all = share_text(100 * each.chosen / self._total if self._total else 0.0)
            return (each.name, f"{each.chosen:,}", f"{each.pictures:,}", share_text(each.share), of_all)[column]
        if role == Qt.ItemDataRole.TextAlignmentRole and column:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


def share_text(percent: float) -> str:
    """Never 100 where something is left, nor 0 where something is meant."""
    if 99.95 <= percent < 100:
        return "> 99.9 %"
    if 0 < percent < 0.05:
        return "< 0.1 %"
    return f"{percent:.0f} %" if percent in (0, 100) else f"{percent:.1f} %"
