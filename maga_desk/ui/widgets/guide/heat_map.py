"""The transition matrix as a heat map that can be read and edited, with ten classes or a hundred."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from maga_desk.ui.item_models.matrix import TransitionModel
from maga_desk.ui.widgets.guide.matrix_view import MatrixView

SMALLEST_CELL, LARGEST_CELL = 20, 44
LOWEST_ROW = 20
"""Rows become lower than wide, down to this, before they scroll."""
LOWEST = 120


class HeatMap(MatrixView):
    """A square cell for every pair of classes; signals are those of :class:`MatrixView`."""

    def __init__(self, parent: QWidget | None = None, source: TransitionModel | None = None) -> None:
        model = source or TransitionModel()
        super().__init__(model, model, parent, named=False, smallest=SMALLEST_CELL)
        if source is None:
            model.setParent(self)
        self.setAccessibleName("Transition matrix")
        self.setAccessibleDescription("How alike every class is to the class of its row. Enter edits the current cell.")
        model.modelReset.connect(self._fit)
        model.headerDataChanged.connect(self._fit)

    def cell_side(self) -> int:
        """Pixels of a cell's side: as large as the width allows, within bounds."""
        columns = max(1, self._model.columnCount())
        room = self.width() - self.verticalHeader().sizeHint().width() - 4
        always = self.verticalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOn
        if always or self._head_height() + self._model.rowCount() * LOWEST_ROW > self.height():
            room -= self.verticalScrollBar().sizeHint().width()
        return min(max(room // columns, SMALLEST_CELL), LARGEST_CELL)

    def row_height(self) -> int:
        """Pixels of a row: a cell's side, or less where that shows all rows."""
        side, rows = self.cell_side(), max(1, self._model.rowCount())
        room = self.height() - self._head_height() - self._bar_height()
        return min(side, max(room // rows, min(side, LOWEST_ROW)))

    def full_height(self) -> int:
        """High enough for all rows."""
        return self._head_height() + self.cell_side() * self._model.rowCount() + self._bar_height()

    def sizeHint(self) -> QSize:
        return QSize(360, self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(240, min(self.full_height(), LOWEST))

    def find_class(self, number: int) -> bool:
        """Make a class's row current, or its column where it has no row, and bring it into view."""
        if super().find_class(number):
            return True
        if self._model.rowCount() == 0:
            return False
        row = max(0, self.currentIndex().row())
        self.setCurrentIndex(self.model().index(row, number))
        self.scrollTo(self.currentIndex(), self.ScrollHint.PositionAtCenter)
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize() != event.size():
            self._fit()

    def set_twin(self, other: HeatMap | None) -> None:
        """Keep cells and scrolling in line with another map of the same classes, or no longer."""
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(policy.ScrollBarAsNeeded if other is None else policy.ScrollBarAlwaysOn)
        self._fit()
        if other is not None:
            self.horizontalScrollBar().setValue(other.horizontalScrollBar().value())
            self.verticalScrollBar().setValue(other.verticalScrollBar().value())

    def _head_height(self) -> int:
        head = self.horizontalHeader()
        return (0 if head.isHidden() else head.sizeHint().height()) + 4

    def _bar_height(self) -> int:
        """Of the scroll bar below, where there is one."""
        wide = self.verticalHeader().sizeHint().width() + self.cell_side() * self._model.columnCount() > self.width()
        return self.horizontalScrollBar().sizeHint().height() if wide else 0

    @Slot()
    def _fit(self) -> None:
        side = self.cell_side()
        self.horizontalHeader().setDefaultSectionSize(side)
        self.verticalHeader().setDefaultSectionSize(self.row_height())
        self.setMaximumHeight(max(self.full_height(), 60))  # one row must not take a page
        self.updateGeometry()
