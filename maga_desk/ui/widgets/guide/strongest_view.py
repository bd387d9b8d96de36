"""The strongest classes of every row as a table of names and values."""

from __future__ import annotations

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from maga_desk.ui.item_models.matrix import TransitionModel
from maga_desk.ui.item_models.strongest import StrongestModel
from maga_desk.ui.widgets.guide.matrix_view import MatrixView

CELL_HEIGHT = 38
NARROWEST, WIDEST = 90, 132
LOWEST = 120


class StrongestView(MatrixView):
    """One row for every asked class, its likest classes from left to right; signals are those of the base."""

    def __init__(self, source: TransitionModel, parent: QWidget | None = None) -> None:
        self._ranked = StrongestModel(source)
        super().__init__(source, self._ranked, parent, named=True, smallest=24)
        self._ranked.setParent(self)
        self.setAccessibleName("Strongest classes")
        self.setAccessibleDescription("The likest classes of every row, best first. Enter edits the current cell.")
        self.verticalHeader().setDefaultSectionSize(CELL_HEIGHT)
        self._ranked.modelReset.connect(self._fit)
        self._fit()

    @property
    def ranked(self) -> StrongestModel:
        return self._ranked

    def sizeHint(self) -> QSize:
        return QSize(360, self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(240, min(self._full_height(), LOWEST))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def _full_height(self) -> int:
        bar = self.horizontalScrollBar().sizeHint().height()
        return self.horizontalHeader().sizeHint().height() + CELL_HEIGHT * self._ranked.rowCount() + bar + 4

    @Slot()
    def _fit(self) -> None:
        columns = max(1, self._ranked.columnCount())
        room = self.width() - self.verticalHeader().sizeHint().width() - 4
        self.horizontalHeader().setDefaultSectionSize(min(max(room // columns, NARROWEST), WIDEST))
        self.setMaximumHeight(max(self._full_height(), 60))
        self.updateGeometry()
