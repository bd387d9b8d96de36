"""Which class is taken for which, as a table that colours its cells."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from maga_desk.domain.closer.answers import Net
from maga_desk.domain.closer.confusion import Confusion
from maga_desk.ui.tips import tip

Layer = Literal["original", "unlearned", "retrained", "change", "beyond"]
StrengthRole = int(Qt.ItemDataRole.UserRole) + 1
"""-1 to 1: how strongly a cell is coloured."""
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_NO_ROWS: NDArray[np.int64] = np.empty(0, dtype=np.int64)
AGAINST: dict[Layer, Net] = {"change": "original", "beyond": "retrained"}
"""The net from which a layer of changes shows the difference; the others show what each net says."""
FULL_CHANGE = 50.0
"""Points of change that colour a cell fully."""


class ConfusionModel(QAbstractTableModel):
    """Rows are true classes, columns what they are named; of many classes only the forgotten and those that differ."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._confusion: Confusion | None = None
        self._classes: tuple[str, ...] = ()
        self._values: NDArray[np.float64] = np.zeros((0, 0))
        self._layer: Layer = "unlearned"
        self.rows, self.columns = _NO_ROWS, _NO_ROWS

    def show_confusion(self, confusion: Confusion | None, classes: tuple[str, ...], layer: Layer) -> None:
        """:param layer: a net's own shares, or the change from the original, or beyond the retrained net's."""
        self.beginResetModel()
        self._confusion, self._classes, self._layer = confusion, classes, layer
        if confusion is None:
            self.rows, self.columns, self._values = _NO_ROWS, _NO_ROWS, np.zeros((0, 0))
        else:
            against = AGAINST.get(layer)
            self.rows, self.columns = confusion.rows(against), confusion.columns(against)
            whole = {
                "change": lambda: confusion.change("original"),
                "beyond": lambda: confusion.change("retrained"),
            }.get(layer, lambda: confusion.shares(self.net))()
            self._values = whole[np.ix_(self.rows, self.columns)]
        self.endResetModel()

    @property
    def net(self) -> Net:
        """The net whose pictures a cell leads to."""
        if self._layer == "original" or self._layer == "retrained":  # noqa: PLR1714  a set would lose the type
            return self._layer
        return "unlearned"

    @property
    def is_change(self) -> bool:
        return self._layer in ("change", "beyond")

    def cell(self, index: Index) -> tuple[int, int]:
        """The true class, and the one that is named."""
        return int(self.rows[index.row()]), int(self.columns[index.column()])

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        numbers = self.columns if orientation == Qt.Orientation.Horizontal else self.rows
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole) and section < len(numbers):
            name = self._classes[numbers[section]]
            return name if role == Qt.ItemDataRole.DisplayRole else tip(name)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._confusion is None:
            return None
        value = float(self._values[index.row(), index.column()])
        if role == Qt.ItemDataRole.DisplayRole:
            if round(value) == 0:
                return ""
            return f"{value:+.0f}".replace("-", "−") if self.is_change else f"{value:.0f}"
        if role == StrengthRole:
            return value / (FULL_CHANGE if self.is_change else 100.0)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return tip(self.describe(index))
        return None

    def describe(self, index: Index) -> str:
        """``998 pictures of cat: named dog by the original 120, unlearned 500``."""
        if self._confusion is None:
            return ""
        true, named = self.cell(index)
        counts = ", ".join(f"{name} {int(table[true, named]):,}" for name, table in self._confusion.counts.items())
        total = int(self._confusion.totals[true])
        return f"{total:,} pictures of {self._classes[true]}; named {self._classes[named]} by: {counts}"
