"""Any number of judged runs beside the original and the retrained model."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, cast

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.comparison_table import ComparisonTable, RunGroup
from maga_desk.domain.side_by_side import JudgedRun
from maga_desk.ui import theme
from maga_desk.ui.plots.class_changes import ClassChanges
from maga_desk.ui.widgets.basic.deferred import Deferred
from maga_desk.ui.widgets.basic.empty_state import EmptyState
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.flow import named
from maga_desk.ui.widgets.basic.labels import TextLabel, muted
from maga_desk.ui.widgets.basic.scroll import frameless_scroll
from maga_desk.ui.widgets.basic.segments import Segments
from maga_desk.ui.widgets.basic.takeaway import take_button
from maga_desk.ui.widgets.verify.run_choice import ChoosableRun, RunChoice
from maga_desk.ui.widgets.verify.run_table import RunTable
from maga_desk.ui.widgets.verify.side_by_side import SideBySide

VIEWS = ("Figures", "Trade-off", "Classes", "Settings")
CLASSES = (
    "Change of the test accuracy of every class beside the original, in points: of what was forgotten in orange, of "
    "what stays in blue, and as an outline that of the retrained model."
)
NONE = "Tick runs at the left. They may be of any session."


class CompareRunsDialog(QDialog):
    """The list of runs at the left; figures, trade-off, classes and settings of the ticked ones at the right.

    Signal: ``runs_chosen(list[int])``, their numbers.
    """

    runs_chosen = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Compare runs")
        self._table = ComparisonTable((), ())
        self.choice = RunChoice(self)
        self.views = Segments(VIEWS, "View", self)
        self.group = ChoiceBox(self)
        self.group.setAccessibleName("Group of runs")
        self._group_part = named("Group", self.group)
        self.notes = TextLabel(self)
        self.notes.setWordWrap(True)
        self.notes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        theme.set_tone(self.notes, "warning")
        self.figures, self.settings = RunTable(self), SideBySide(self)
        self.trade = Deferred(_make_trade, self)
        self.classes = ClassChanges(self)
        self.empty = EmptyState(NONE, self)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self._lay_out()
        self.resize(1180, 720)
        self.choice.chosen.connect(self.runs_chosen)
        self.views.chosen.connect(self._show_view)
        self.group.activated.connect(self._show_group)
        self.trade.built.connect(self._show_group)
        self.buttons.rejected.connect(self.reject)
        self.show_table(self._table)

    def set_runs(self, runs: Sequence[ChoosableRun], ticked: Collection[int]) -> None:
        """What there is to choose from."""
        self.choice.set_runs(runs, ticked)

    def show_table(self, table: ComparisonTable, faults: Sequence[str] = ()) -> None:
        """Show the chosen runs.

        :param faults: of those that could not be read, a sentence each.
        """
        self._table = table
        chosen = self.group.currentText()
        self.group.clear()
        for group in table.groups:
            self.group.addItem(f"{group.letter}: {group.forgotten}")
        self.group.setCurrentIndex(max(0, self.group.findText(chosen)) if table.groups else -1)
        notes = [*faults, *table.notes]
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        self.figures.set_table(table)
        self.empty.setVisible(not table.groups)
        self._stack.setVisible(bool(table.groups))
        self._show_group()

    @property
    def shown_group(self) -> RunGroup | None:
        """The group that trade-off, classes and settings are of."""
        place = self.group.currentIndex()
        return self._table.groups[place] if 0 <= place < len(self._table.groups) else None

    def _lay_out(self) -> None:
        self._stack = QStackedWidget(self)
        classes = QWidget(self._stack)
        column = QVBoxLayout(classes)
        column.setContentsMargins(0, 0, 0, 0)
        head = QHBoxLayout()
        head.addWidget(muted(CLASSES, classes), 1)
        head.addWidget(take_button(classes, lambda: self.classes.takeaway, "the classes"))
        column.addLayout(head)
        column.addWidget(frameless_scroll(self.classes, classes), 1)
        for view in (self.figures, self.trade, classes, self.settings):
            self._stack.addWidget(view)
        above = QHBoxLayout()
        above.addWidget(self.views)
        above.addStretch(1)
        above.addWidget(self._group_part)
        right = QWidget(self)
        inside = QVBoxLayout(right)
        inside.setContentsMargins(8, 0, 0, 0)
        inside.addLayout(above)
        inside.addWidget(self.notes)
        inside.addWidget(self._stack, 1)
        inside.addWidget(self.empty, 1)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.setChildrenCollapsible(False)
        split.addWidget(self.choice)
        split.addWidget(right)
        split.setStretchFactor(1, 1)
        split.setSizes([260, 900])
        layout = QVBoxLayout(self)
        layout.addWidget(split, 1)
        layout.addWidget(self.buttons)

    @Slot(int)
    def _show_view(self, place: int) -> None:
        self._stack.setCurrentIndex(place)
        self._show_group()

    @Slot()
    def _show_group(self) -> None:
        """All but the table is of one group: what may not be compared is never shown together."""
        of_group = VIEWS[self.views.current] != "Figures"
        self._group_part.setVisible(of_group and len(self._table.groups) > 1)
        group = self.shown_group
        self.classes.set_group(group)
        runs = [row.run for row in group.rows if row.run is not None] if group is not None else []
        self.settings.set_runs([JudgedRun(run.title, run.spec, run.report) for run in runs])
        panel = cast(Any, self.trade.content)
        if panel is not None:
            panel.set_group(self.shown_group)


def _make_trade(parent: QWidget) -> QWidget:
    from maga_desk.ui.plots.trade_panel import TradePanel  # imports pyqtgraph, so not before it is shown

    return TradePanel(parent)
