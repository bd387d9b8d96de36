"""The table of runs beside original and retrained, sorted by a click, and below it what the chosen figure is."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Slot
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from maga_desk.domain.comparison_plain import sheet
from maga_desk.domain.comparison_table import ComparisonTable
from maga_desk.domain.measure import GROUP_TITLES, Group
from maga_desk.ui.item_models.run_table import TIME, RunTableModel, SortedRuns
from maga_desk.ui.widgets.basic.labels import muted
from maga_desk.ui.widgets.basic.segments import Segments
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway, take_button
from maga_desk.ui.widgets.verify.two_lines import TwoLineCells

GROUPS: tuple[Group, ...] = tuple(GROUP_TITLES)
SHORT: dict[Group, str] = {
    "accuracy": "Accuracy",
    "distance": "Distance",
    "membership": "Membership",
    "residue": "Inside",
    "returns": "Comes back",
}
COLUMN, NARROW, CHOOSE = 148, 84, "Choose a figure: what it is, what it should be and how it is judged stands here."


class RunTable(QWidget):
    """Figures of nets by groups; a click on a title sorts by it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = ComparisonTable((), ())
        self.groups = Segments([SHORT[group] for group in GROUPS], "Figures", self)
        self.model = RunTableModel(self)
        self.sorted = SortedRuns(self.model, self)
        self.view = QTableView(self)
        self.view.setAccessibleName("Runs beside the original and the retrained model")
        self.view.setModel(self.sorted)
        self._cells = TwoLineCells((), self)
        self.view.setItemDelegate(self._cells)
        self.view.setShowGrid(False)
        self.view.setTabKeyNavigation(False)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.horizontalHeader().setDefaultSectionSize(COLUMN)
        self.view.horizontalHeader().setHighlightSections(False)
        side = self.view.verticalHeader()
        side.setHighlightSections(False)
        side.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        side.setDefaultSectionSize(2 * self.fontMetrics().height() + 10)
        side.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.view.setColumnWidth(TIME, NARROW)
        self.view.setSortingEnabled(True)
        self.defined = muted(CHOOSE, self)
        self.defined.setMinimumHeight(4 * self.fontMetrics().height())
        self.defined.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.defined.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.takeaway = Takeaway(self.view, "runs-compared", self.rows)
        head = QHBoxLayout()
        head.addWidget(self.groups)
        head.addStretch(1)
        head.addWidget(take_button(self, lambda: self.takeaway, "the runs"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.defined)
        self.groups.chosen.connect(self._choose_group)
        self.view.selectionModel().currentChanged.connect(self._define)
        self._as_given()

    def set_table(self, table: ComparisonTable) -> None:
        """Show other runs, in the order that was chosen."""
        self._table = table
        self.model.set_table(table)
        self.defined.setText(CHOOSE)

    def rows(self) -> Rows:
        """Every figure of every net, shown or not."""
        return sheet(self._table)

    def _as_given(self) -> None:
        """In the order of the runs; no title has an arrow."""
        self.view.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.sorted.sort(-1)

    @Slot(int)
    def _choose_group(self, place: int) -> None:
        self.model.set_group(GROUPS[place])
        self._as_given()
        self.defined.setText(CHOOSE)

    @Slot(QModelIndex, QModelIndex)
    def _define(self, current: QModelIndex, _before: QModelIndex) -> None:
        text = current.data(Qt.ItemDataRole.ToolTipRole) if current.isValid() else None
        self.defined.setText(text or CHOOSE)
