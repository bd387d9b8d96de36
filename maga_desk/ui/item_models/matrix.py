"""The transition matrix as a Qt table: values, what was proposed, and which cells a person set."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from maga_desk.domain.transition import TransitionMatrix

Index = QModelIndex | QPersistentModelIndex
ValueRole = int(Qt.ItemDataRole.UserRole)
EditedRole = ValueRole + 1
DiagonalRole = ValueRole + 2
StrengthRole = ValueRole + 3

_NOTHING = QModelIndex()


def parse_share(text: str) -> float | None:
    """A share from what a person typed: ``0.31``, ``.31``, ``0,31`` or ``31 %``; ``None`` when it is none of these."""
    cleaned = text.strip().replace(",", ".")
    percent = cleaned.endswith("%")
    try:
        value = float(cleaned.removesuffix("%"))
    except ValueError:
        return None
    value = value / 100 if percent else value
    return value if 0 <= value <= 1 else None  # NaN fails both comparisons


def short_share(value: float) -> str:
    """At most three characters for a cell: ``.31``, ``1``; empty below half a percent."""
    if value >= 0.995:
        return "1"
    return f"{value:.2f}"[1:] if value >= 0.005 else ""


class TransitionModel(QAbstractTableModel):
    """Shows a :class:`TransitionMatrix`; never changes it.

    Signals: ``cell_edited(row, column, value)`` and ``refused(text)`` when a typed value cannot be used. The owner
    applies an edit to the matrix and hands the new one back through :meth:`set_matrix`.
    """

    cell_edited = Signal(str, str, float)
    refused = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._matrix: TransitionMatrix | None = None
        self._values: NDArray[np.float64] = np.zeros((0, 0))
        self._rows: tuple[int, ...] = ()
        self._edited: frozenset[tuple[int, int]] = frozenset()
        self._top = 1.0
        self._all_rows = False

    @property
    def matrix(self) -> TransitionMatrix | None:
        return self._matrix

    @property
    def all_rows(self) -> bool:
        return self._all_rows

    @property
    def top(self) -> float:
        """The largest value: what the darkest colour stands for."""
        return self._top

    def set_matrix(self, matrix: TransitionMatrix | None) -> None:
        """Show another matrix; with the same classes and rows, selection and scrolling stay."""
        same = self._same_shape(matrix)
        if not same:
            self.beginResetModel()
        self._matrix = matrix
        self._values = np.zeros((0, 0)) if matrix is None else matrix.values
        self._top = max(float(self._values.max(initial=0)), 1e-9)
        self._rows = self._wanted_rows()
        index = {name: i for i, name in enumerate(matrix.classes)} if matrix else {}
        self._edited = frozenset((index[e.row], index[e.column]) for e in (matrix.edits if matrix else ()))
        if not same:
            self.endResetModel()
        elif self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def set_all_rows(self, shown: bool) -> None:
        """Show every class's row, or only those that carry a proposal."""
        if shown != self._all_rows:
            self.beginResetModel()
            self._all_rows = shown
            self._rows = self._wanted_rows()
            self.endResetModel()

    def row_name(self, row: int) -> str:
        """The class of a shown row."""
        assert self._matrix is not None
        return self._matrix.classes[self._rows[row]]

    def describe(self, index: Index) -> str:
        """One line for a cell: ``cat → dog 0.31 (proposed by classifier)``."""
        if self._matrix is None or not index.isValid():
            return ""
        row, column = self._rows[index.row()], index.column()
        names, value = self._matrix.classes, self._values[row, column]
        if row == column:
            return f"{names[row]} itself: never a new label of its own class"
        if row not in self._matrix.rows_asked and not self._row_edited(row):
            return f"{names[row]}: not in the forget set, so nothing is proposed"
        text = f"{names[row]} → {names[column]} {value:.2f}"
        proposed = self._matrix.proposed[row, column]
        if (row, column) in self._edited:
            return f"{text} (set by hand; {self._matrix.source} proposed {proposed:.2f})"
        if self._row_edited(row):
            return f"{text} (rescaled after your edit; {self._matrix.source} proposed {proposed:.2f})"
        return f"{text} (proposed by {self._matrix.source})"

    def rowCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else self._values.shape[1]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], index.column()
        value = float(self._values[row, column])
        if role == Qt.ItemDataRole.DisplayRole:
            return "" if row == column else short_share(value)
        if role == Qt.ItemDataRole.EditRole:
            return f"{value:.3g}"
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.describe(index)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignCenter)
        ours = {
            ValueRole: value,
            EditedRole: (row, column) in self._edited,
            DiagonalRole: row == column,
            # the square root keeps the many small values of a hundred-class row apart from nothing
            StrengthRole: (value / self._top) ** 0.5,
        }
        return ours.get(role)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for an edit; the cell changes when the owner hands back the new matrix."""
        if role != Qt.ItemDataRole.EditRole or self._matrix is None or not index.isValid():
            return False
        row, column = self._rows[index.row()], index.column()
        share = parse_share(str(value))
        if share is None:
            self.refused.emit(f"'{value}' is not a share: type a number from 0 to 1, or a percentage")
            return False
        if f"{share:.3g}" == f"{self._values[row, column]:.3g}":
            return False  # opened and closed without a change
        self.cell_edited.emit(self._matrix.classes[row], self._matrix.classes[column], share)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self._rows[index.row()] != index.column():
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self._matrix is None or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        if orientation == Qt.Orientation.Horizontal:
            return self._matrix.classes[section]
        return self.row_name(section)

    def _same_shape(self, matrix: TransitionMatrix | None) -> bool:
        mine = self._matrix
        if matrix is None or mine is None or matrix.classes != mine.classes:
            return False
        return self._all_rows or self._rows == self._shown_rows(matrix)

    def _wanted_rows(self) -> tuple[int, ...]:
        if self._matrix is None:
            return ()
        return tuple(range(len(self._matrix.classes))) if self._all_rows else self._shown_rows(self._matrix)

    def _row_edited(self, row: int) -> bool:
        return any(edited == row for edited, _ in self._edited)

    @staticmethod
    def _shown_rows(matrix: TransitionMatrix) -> tuple[int, ...]:
        by_hand = {matrix.classes.index(edit.row) for edit in matrix.edits}
        return tuple(sorted(set(matrix.rows_asked) | by_hand))
