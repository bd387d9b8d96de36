"""What was done in each run and what was found, a column for each; what differs is bold."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from maga_desk.domain.side_by_side import JudgedRun, rows_of
from maga_desk.ui.widgets.basic.labels import muted
from maga_desk.ui.widgets.basic.takeaway import Takeaway, take_button


class SideBySide(QWidget):
    """A column for each run; rows in which they differ are bold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = QTableWidget(self)
        self.table.setAccessibleName("Runs side by side")
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.horizontalHeader().setDefaultSectionSize(260)
        self.takeaway = Takeaway(self.table, "runs-side-by-side")
        head = QHBoxLayout()
        head.addWidget(muted("In brackets: the distance to the first run. What differs is bold.", self), 1)
        head.addWidget(take_button(self, lambda: self.takeaway, "the settings"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)

    def set_runs(self, runs: Sequence[JudgedRun]) -> None:
        """Show other runs."""
        rows = rows_of(runs) if runs else []
        self.table.setRowCount(len(rows))
        self.table.setColumnCount(len(runs))
        self.table.setHorizontalHeaderLabels([run.title for run in runs])
        self.table.setVerticalHeaderLabels([row.title for row in rows])
        for place, row in enumerate(rows):
            for column, text in enumerate(row.cells):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                font = QFont(self.table.font())
                font.setBold(row.differs)
                item.setFont(font)
                self.table.setItem(place, column, item)
