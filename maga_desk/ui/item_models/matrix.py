"""The transition matrix as a Qt table: values, another source beside it, and what a person set or locked."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from maga_desk.domain.errors import UserError
from maga_desk.domain.transition import TransitionMatrix, rank_correlation
from maga_desk.ui.tips import tip

Index = QModelIndex | QPersistentModelIndex
Layer = Literal["proposal", "other", "difference"]
ValueRole = int(Qt.ItemDataRole.UserRole)
EditedRole = ValueRole + 1
DiagonalRole = ValueRole + 2
StrengthRole = ValueRole + 3
LockedRole = ValueRole + 4
RowNameRole = ValueRole + 5
ColumnNameRole = ValueRole + 6

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


def short_difference(value: float) -> str:
    """A signed share for a cell: ``+.12``, ``−1``; empty where both are alike."""
    text = short_share(abs(value))
    return f"{'+' if value > 0 else '−'}{text}" if text else ""


class TransitionModel(QAbstractTableModel):
    """Shows a :class:`TransitionMatrix`, another one, or what sets the first apart; never changes them.

    Signals, what a person wants changed in whichever view: ``cell_edited(row, column, value)``,
    ``cell_locked(row, column, locked)``, ``row_locked(row, locked)``, ``cell_reset(row, column)``, ``row_reset(row)``,
    ``all_reset()``, and ``refused(text)`` when that cannot be. The owner applies a change to the matrix and hands the
    new one back through :meth:`set_matrix`.
    """

    cell_edited = Signal(str, str, float)
    cell_locked = Signal(str, str, bool)
    row_locked = Signal(str, bool)
    cell_reset = Signal(str, str)
    row_reset = Signal(str)
    all_reset = Signal()
    refused = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._matrix: TransitionMatrix | None = None
        self._other: TransitionMatrix | None = None
        self._layer: Layer = "proposal"
        self._mine: NDArray[np.float64] = np.zeros((0, 0))
        self._theirs: NDArray[np.float64] = np.zeros((0, 0))
        self._values: NDArray[np.float64] = np.zeros((0, 0))  # of the layer that is shown
        self._rows: tuple[int, ...] = ()
        self._asked: frozenset[int] = frozenset()
        self._edited: frozenset[tuple[int, int]] = frozenset()
        self._locked: frozenset[tuple[int, int]] = frozenset()
        self._touched: frozenset[int] = frozenset()
        self._agreement: dict[str, float] = {}
        self._top = 1.0
        self._all_rows = False

    @property
    def matrix(self) -> TransitionMatrix | None:
        return self._matrix

    @property
    def other(self) -> TransitionMatrix | None:
        """What the proposal is compared with."""
        return self._other

    @property
    def layer(self) -> Layer:
        return self._layer

    @property
    def agreement(self) -> dict[str, float]:
        """Rank correlation of every row that both matrices carry, NaN where one has no order."""
        return self._agreement

    @property
    def all_rows(self) -> bool:
        return self._all_rows

    @property
    def top(self) -> float:
        """The largest value, whatever its sign: what the darkest colour stands for."""
        return self._top

    @property
    def shown_values(self) -> NDArray[np.float64]:
        """``(rows, K) float64``: the shown rows of the layer."""
        return self._values[list(self._rows)] if self._rows else np.zeros((0, self.columnCount()))

    def set_matrix(self, matrix: TransitionMatrix | None) -> None:
        """Show another matrix; with the same classes and rows, selection and scrolling stay."""
        if matrix is None or (self._other is not None and matrix.classes != self._other.classes):
            self._other, self._layer = None, "proposal"
        same = self._same_shape(matrix)
        if not same:
            self.beginResetModel()
        self._matrix = matrix
        self._mine = np.zeros((0, 0)) if matrix is None else matrix.values
        self._asked = frozenset(matrix.rows_asked if matrix else ())
        index = {name: i for i, name in enumerate(matrix.classes)} if matrix else {}
        edits = matrix.edits if matrix else ()
        self._edited = frozenset((index[e.row], index[e.column]) for e in edits)
        self._locked = frozenset((index[e.row], index[e.column]) for e in edits if e.locked)
        self._touched = frozenset(row for row, _ in self._edited)
        self._rows = self._wanted_rows()
        self._agree()
        self._look()
        if not same:
            self.endResetModel()
        else:
            self._all_changed()

    def set_other(self, other: TransitionMatrix | None) -> None:
        """What to compare with; without it only the proposal can be shown."""
        fits = other is not None and self._matrix is not None and other.classes == self._matrix.classes
        self._other = other if fits else None
        if self._other is None:
            self._layer = "proposal"
        self._agree()
        self._look()
        self._all_changed()

    def set_layer(self, layer: Layer) -> None:
        """Show the proposal, the other source, or the proposal minus the other."""
        self._layer = layer if self._other is not None else "proposal"
        self._look()
        self._all_changed()

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

    def class_of_row(self, row: int) -> int:
        """The number of the class of a shown row."""
        return self._rows[row]

    def row_of_class(self, number: int) -> int | None:
        """Where a class's row is shown, if it is."""
        return self._rows.index(number) if number in self._rows else None

    def describe(self, index: Index) -> str:
        """One line for a cell: ``cat → dog 0.31 (proposed by classifier)``."""
        if self._matrix is None or not index.isValid():
            return ""
        row, column = self._rows[index.row()], index.column()
        names, value = self._matrix.classes, float(self._values[row, column])
        pair = f"{names[row]} → {names[column]}"
        if row == column:
            return f"{names[row]} itself: never a new label of its own class"
        if row not in self._asked and row not in self._touched:
            return f"{names[row]}: not in the forget set, so nothing is proposed"
        if self._layer != "proposal" and self._other is not None:
            return self._describe_other(pair, row, column)
        text, proposed = f"{pair} {value:.2f}", self._matrix.proposed[row, column]
        if (row, column) in self._locked:
            return f"{text} (locked; {self._matrix.source} proposed {proposed:.2f})"
        if (row, column) in self._edited:
            return f"{text} (set by hand; {self._matrix.source} proposed {proposed:.2f})"
        if row in self._touched and abs(value - proposed) > 1e-9:
            return f"{text} (rescaled after your edit; {self._matrix.source} proposed {proposed:.2f})"
        return f"{text} (proposed by {self._matrix.source})"

    def rowCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else self._values.shape[1]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._matrix is None:
            return None
        row, column = self._rows[index.row()], index.column()
        value = float(self._values[row, column])
        if role == Qt.ItemDataRole.DisplayRole:
            short = short_difference if self._layer == "difference" else short_share
            return "" if row == column else short(value)
        if role == Qt.ItemDataRole.EditRole:
            return f"{value:.3g}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.describe(index)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self.describe(index))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignCenter)
        ours = {
            ValueRole: value,
            EditedRole: self._layer == "proposal" and (row, column) in self._edited,
            LockedRole: self._layer == "proposal" and (row, column) in self._locked,
            DiagonalRole: row == column,
            # the square root keeps the many small values of a hundred-class row apart from nothing
            StrengthRole: math.copysign((abs(value) / self._top) ** 0.5, value),
            RowNameRole: self._matrix.classes[row],
            ColumnNameRole: self._matrix.classes[column],
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
        names = self._matrix.classes
        try:
            self._matrix.with_edit(names[row], names[column], share)
        except UserError as error:
            self.refused.emit(str(error))
            return False
        self.cell_edited.emit(names[row], names[column], share)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self._rows[index.row()] != index.column() and self._layer == "proposal":
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self._matrix is None or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        as_shown = tip if role == Qt.ItemDataRole.ToolTipRole else str
        if orientation == Qt.Orientation.Horizontal:
            return as_shown(self._matrix.classes[section])
        name = self.row_name(section)
        agreement = self._agreement.get(name) if self._layer != "proposal" else None
        if agreement is None:
            return as_shown(name)
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{name} {agreement:.2f}" if self._layer == "difference" and not math.isnan(agreement) else name
        return tip(f"{name}: {agreement_in_words(agreement)}")

    def _describe_other(self, pair: str, row: int, column: int) -> str:
        assert self._other is not None and self._matrix is not None
        mine, theirs = self._mine[row, column], self._theirs[row, column]
        if self._layer == "other":
            return f"{pair} {theirs:.2f} by {self._other.source} (the proposal: {mine:.2f})"
        agreement = self._agreement.get(self._matrix.classes[row], math.nan)
        text = f"{pair} {mine - theirs:+.2f}: proposal {mine:.2f}, {self._other.source} {theirs:.2f}"
        return f"{text}; {agreement_in_words(agreement)} in this row"

    def _agree(self) -> None:
        """Set the proposal against the other source."""
        self._theirs = self._mine if self._other is None else self._other.values
        self._agreement = {}
        if self._other is not None and self._matrix is not None:
            self._agreement = rank_correlation(self._matrix, self._other)

    def _look(self) -> None:
        """Bring what is shown in line with the layer."""
        self._values = {"proposal": self._mine, "other": self._theirs}.get(self._layer, self._mine - self._theirs)
        self._top = max(float(np.abs(self._values).max(initial=0)), 1e-9)

    def _all_changed(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))
            self.headerDataChanged.emit(Qt.Orientation.Vertical, 0, self.rowCount() - 1)

    def _same_shape(self, matrix: TransitionMatrix | None) -> bool:
        mine = self._matrix
        if matrix is None or mine is None or matrix.classes != mine.classes:
            return False
        return self._all_rows or self._rows == self._shown_rows(matrix)

    def _wanted_rows(self) -> tuple[int, ...]:
        if self._matrix is None:
            return ()
        return tuple(range(len(self._matrix.classes))) if self._all_rows else self._shown_rows(self._matrix)

    @staticmethod
    def _shown_rows(matrix: TransitionMatrix) -> tuple[int, ...]:
        by_hand = {matrix.classes.index(edit.row) for edit in matrix.edits}
        return tuple(sorted(set(matrix.rows_asked) | by_hand))


def agreement_in_words(agreement: float) -> str:
    """``rank agreement 0.83``; a row whose values are all alike has no order to agree with."""
    return f"rank agreement {agreement:.2f}" if not math.isnan(agreement) else "no order to compare"
