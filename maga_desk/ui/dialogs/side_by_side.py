"""JudgedRun runs of a session side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDialog, QHBoxLayout, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from maga_desk.domain.side_by_side import JudgedRun, rows_of
from maga_desk.ui.widgets.basic.labels import muted
from maga_desk.ui.widgets.basic.takeaway import Takeaway, take_button


class SideBySideDialog(QDialog):
    """A column for each run, the newest first; rows in which they differ are bold."""

    def __init__(self, runs: Sequence[JudgedRun], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Runs side by side")
        rows = rows_of(runs)
        self.table = QTableWidget(len(rows), len(runs), self)
        self.table.setAccessibleName("Runs side by side")
        self.table.setHorizontalHeaderLabels([run.title for run in runs])
        self.table.setVerticalHeaderLabels([row.title for row in rows])
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.horizontalHeader().setDefaultSectionSize(260)
        for place, row in enumerate(rows):
            for column, text in enumerate(row.cells):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                font = QFont(self.table.font())
                font.setBold(row.differs)
                item.setFont(font)
                self.table.setItem(place, column, item)
        self.takeaway = Takeaway(self.table, "runs-side-by-side")
        head = QHBoxLayout()
        head.addWidget(muted("In brackets: the distance to the first run. What differs is bold.", self), 1)
        head.addWidget(take_button(self, lambda: self.takeaway, "the runs"), 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)
        self.resize(960, 640)
