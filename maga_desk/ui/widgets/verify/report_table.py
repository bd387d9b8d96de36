"""The table of figures: every row with its explanation below its name, judged in colour and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QRect, QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QTableView,
    QWidget,
)

from maga_desk.domain.measures import MEASURES
from maga_desk.ui.item_models.report import (
    AFTER,
    BEFORE,
    DIFFERENCE,
    FIGURE,
    RETRAINED,
    SECOND,
    SECOND_VERDICT,
    VERDICT,
    ReportModel,
)
from maga_desk.ui.widgets.basic.takeaway import Takeaway
from maga_desk.ui.widgets.verify.two_lines import PADDING, TwoLineCells

WIDTHS = {BEFORE: 150, AFTER: 150, RETRAINED: 150, DIFFERENCE: 90, VERDICT: 96, SECOND: 150, SECOND_VERDICT: 96}
NARROW = {BEFORE: 118, AFTER: 118, RETRAINED: 118, DIFFERENCE: 82, VERDICT: 88, SECOND: 118, SECOND_VERDICT: 88}
FIGURE_LEAST, ROOM_FOR_WIDE = 220, 224
"""Pixels of the first column: the least, and those with which the others are wide."""


class ReportTable(QTableView):
    """Shows a :class:`ReportModel`, as high as its rows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Figures before and after, and of the model compared with")
        self._model = ReportModel(self)
        self._cells = TwoLineCells((FIGURE, AFTER, VERDICT, SECOND_VERDICT), self)
        self.setModel(self._model)
        self.setItemDelegate(self._cells)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setSectionResizeMode(FIGURE, QHeaderView.ResizeMode.Stretch)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.takeaway = Takeaway(self, "figures", self._model.rows)
        self._fit()
        self._model.modelReset.connect(self._fit)

    @property
    def report_model(self) -> ReportModel:
        return self._model

    def sizeHint(self) -> QSize:
        rows = sum(self.rowHeight(row) for row in range(self._model.rowCount()))
        return QSize(900, self.horizontalHeader().sizeHint().height() + rows + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(_needed(NARROW, self._columns(narrow=True)) + FIGURE_LEAST, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _columns(self, *, narrow: bool) -> list[int]:
        """The columns beside the first one. With a second guess the differences stand below the verdicts, and what was
        before has no room in a narrow table.
        """
        columns = range(FIGURE + 1, self._model.columnCount())
        if SECOND not in columns:
            return list(columns)
        return [column for column in columns if column != DIFFERENCE and not (narrow and column == BEFORE)]

    @Slot()
    def _fit(self) -> None:
        """Columns that fit; rows as high as name and explanation, which wraps where its column is narrow."""
        narrow = self.width() < _needed(NARROW, self._columns(narrow=False)) + FIGURE_LEAST
        shown = self._columns(narrow=narrow)
        wide = self.width() >= _needed(WIDTHS, shown) + ROOM_FOR_WIDE
        for column in range(FIGURE + 1, self._model.columnCount()):
            self.setColumnHidden(column, column not in shown)
            self.horizontalHeader().resizeSection(column, (WIDTHS if wide else NARROW)[column])
        metrics, room = self.fontMetrics(), QRect(0, 0, self.columnWidth(FIGURE) - 2 * PADDING, 10_000)
        for row, key in enumerate(self._model.shown_keys()):
            wrapped = metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), MEASURES[key].help)
            self.setRowHeight(row, metrics.height() + max(metrics.height(), wrapped.height()) + 8)
        self.updateGeometry()


def _needed(widths: Mapping[int, int], columns: Iterable[int]) -> int:
    """Pixels of columns."""
    return sum(widths[column] for column in columns)
