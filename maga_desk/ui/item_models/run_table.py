"""Runs beside the original and the retrained model as a Qt table, one group of figures at a time."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from maga_desk.domain.comparison_table import ComparisonTable, NetFigure, RunGroup, TableRow
from maga_desk.domain.durations import exact
from maga_desk.domain.measure import Group, Measure
from maga_desk.domain.measures import in_group
from maga_desk.domain.verdicts import GRADE_WORDS
from maga_desk.ui.item_models.report import GRADE_TEXT, GradeRole, HelpRole, grade_help

Index = QModelIndex | QPersistentModelIndex
TIME = 0
_FACTS = ("Time",)
SortRole = HelpRole + 1
_NOTHING = QModelIndex()
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class RunTableModel(QAbstractTableModel):
    """Rows are nets, named at the side; columns are the time and the measures of a group.

    The second line of a cell has interval, count and verdict.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[RunGroup, TableRow]] = []
        self._group: Group = "accuracy"
        self._named = False

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Those that have a column."""
        return in_group(self._group)

    def set_table(self, table: ComparisonTable) -> None:
        self.beginResetModel()
        self._rows = [(group, row) for group in table.groups for row in group.rows]
        self._named = len(table.groups) > 1
        self.endResetModel()

    def set_group(self, group: Group) -> None:
        self.beginResetModel()
        self._group = group
        self.endResetModel()

    def row_at(self, row: int) -> TableRow:
        """The net of a row."""
        return self._rows[row][1]

    def rowCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else len(_FACTS) + len(self.measures)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()][1]
        cell = self._cell(row, index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(row, cell)
        if role == HelpRole:
            return _below(row, cell)
        if role == SortRole:
            return _sorted_by(row, cell)
        if role == GradeRole:
            return cell.grade if cell is not None and row.kind == "run" else "unknown"
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(row, cell)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT
        if role == Qt.ItemDataRole.AccessibleTextRole:
            title, below = self.headerData(index.column(), Qt.Orientation.Horizontal), _below(row, cell)
            return f"{self.name(index.row())}, {title}: {_text(row, cell)}{f', {below}' if below else ''}"
        return None

    def name(self, row: int) -> str:
        """What a row is called; with its group where there are several."""
        group, net = self._rows[row]
        return f"{group.letter}  {net.label}" if self._named else net.label

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return self._at_the_side(section, role)
        measure = None if section < len(_FACTS) else self.measures[section - len(_FACTS)]
        if role == Qt.ItemDataRole.DisplayRole:
            return _FACTS[section] if measure is None else measure.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{measure.defined()} A click sorts." if measure is not None else "A click sorts."
        return _RIGHT if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _at_the_side(self, section: int, role: int) -> Any:
        """Names of the nets."""
        group, row = self._rows[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.name(section)
        if role != Qt.ItemDataRole.ToolTipRole:
            return None
        if row.run is None:
            return f"{row.title}\nForgotten: {group.forgotten}"
        return "\n".join(
            part for part in (row.title, row.run.session, f"{row.run.settings}; seed {row.run.spec.seed}") if part
        )

    def _cell(self, row: TableRow, column: int) -> NetFigure | None:
        return None if column < len(_FACTS) else row.cells[self.measures[column - len(_FACTS)].key]


class SortedRuns(QSortFilterProxyModel):
    """The same in the order of a column; what is missing stays last, whichever way."""

    def __init__(self, model: RunTableModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setSourceModel(model)
        self.setSortRole(SortRole)

    def lessThan(self, left: Index, right: Index) -> bool:
        one, other = left.data(SortRole), right.data(SortRole)
        if isinstance(one, float) and isinstance(other, float) and math.isnan(one) != math.isnan(other):
            return math.isnan(other) == (self.sortOrder() == Qt.SortOrder.AscendingOrder)
        return bool(one < other)


def _text(row: TableRow, cell: NetFigure | None) -> str:
    if cell is not None:
        return cell.text
    return "not known" if row.seconds is None else exact(row.seconds)


def _below(row: TableRow, cell: NetFigure | None) -> str:
    """The muted line below a cell's text: interval, count, and the verdict's sign."""
    if cell is None:
        return ""
    judged = row.kind == "run" and cell.grade != "unknown"
    return f"{cell.certainty}  {GRADE_TEXT[cell.grade].partition(' ')[0] if judged else ''}".strip()


def _sorted_by(row: TableRow, cell: NetFigure | None) -> float:
    """What a cell is sorted by; not a number where it is missing."""
    value = row.seconds if cell is None else cell.figure.value if cell.figure is not None else None
    return math.nan if value is None else float(value)


def _tip(row: TableRow, cell: NetFigure | None) -> str:
    """What a figure is, why it is missing, and how it is judged."""
    if cell is None:
        return f"{row.title}: what it took to make."
    defined = cell.measure.defined()
    if cell.figure is None:
        return f"{defined}\n{cell.missing[:1].upper()}{cell.missing[1:]}: {cell.why}."
    if row.kind != "run" or cell.difference is None:
        return defined
    difference = cell.measure.text(cell.difference, signed=True)
    return (
        f"{defined}\nDifference {difference}, {GRADE_WORDS.get(cell.grade, 'not judged')}. {grade_help(cell.measure)}"
    )
