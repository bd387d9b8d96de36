"""The left side of the Guide page: the matrix as a grid or by its strongest, another source beside it, and the flow."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.choices import ProposerInfo, title_of
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.ui import theme
from maga_desk.ui.item_models.costs import cost_in_words
from maga_desk.ui.widgets.basic.labels import TextLabel, heading
from maga_desk.ui.widgets.basic.scroll import frameless_scroll
from maga_desk.ui.widgets.basic.segments import Segments
from maga_desk.ui.widgets.basic.takeaway import take_button
from maga_desk.ui.widgets.guide.compare_bar import CompareBar
from maga_desk.ui.widgets.guide.flow_bars import FlowBars
from maga_desk.ui.widgets.guide.heat_map import HeatMap
from maga_desk.ui.widgets.guide.matrix_view import KEYS, MatrixView
from maga_desk.ui.widgets.guide.strongest_view import StrongestView

GRID, STRONGEST = 0, 1
STRONGEST_FROM = 61
"""With as many classes as this, the list of the strongest comes first."""
FIND_FROM = 15
HOW_TO = f"Point at a cell to read it; {KEYS}."


class MatrixPanel(QWidget):
    """Shows a proposal's matrix. What a person wants changed in it is told by ``model``, whatever view it is done in;
    ``compare`` tells what is wanted beside it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._matrix: TransitionMatrix | None = None
        self._costs: list[str] = []
        self._proposers: Mapping[str, ProposerInfo] = {}
        self._refusal = QTimer(self)  # while it runs, pointing elsewhere does not wipe out what was wrong
        self._refusal.setSingleShot(True)
        self._refusal.setInterval(4000)
        self.heat_map = HeatMap(self)
        self.model = self.heat_map.transition_model
        self.strongest = StrongestView(self.model, self)
        self.beside = HeatMap(self)
        self.beside.setAccessibleName("The other source's matrix")
        self.beside.horizontalHeader().hide()  # its columns stand under those of the proposal
        self.beside.hide()
        self.beside_title = TextLabel(self)
        self.beside_title.hide()
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.heat_map)
        self.stack.addWidget(self.strongest)
        self.views = Segments(("Grid", "Strongest"), "View", self)
        self.views.buttons[STRONGEST].setToolTip("The ten likest classes of every row")
        self.find_box = QLineEdit(self)
        self.find_box.setPlaceholderText("Find a class")
        self.find_box.setAccessibleName("Find a class")
        self.find_box.setClearButtonEnabled(True)
        self.find_box.setMaximumWidth(130)
        self.compare = CompareBar(self)
        self.cell_text = TextLabel(HOW_TO, self)
        self.cell_text.setWordWrap(True)
        self.all_rows = QCheckBox("All rows", self)
        self.all_rows.setToolTip("Also rows of classes that are not in the forget set")
        self.lock_row_button = QPushButton("Lock row", self)
        self.reset_row_button = QPushButton("Reset row", self)
        self.reset_all_button = QPushButton("Reset all", self)
        self.flow = FlowBars(self)
        self.cost = TextLabel(self)
        self.cost.setObjectName("muted")
        self.cost.setWordWrap(True)
        self.cost.setTextFormat(Qt.TextFormat.PlainText)
        self.cost.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._lay_out()
        theme.set_tone(self.cell_text, "muted")
        self._connect()

    def set_proposal(self, proposal: Proposal | None) -> None:
        """Show a proposal's matrix, and where its labels go."""
        before, self._matrix = self._matrix, proposal.matrix if proposal else None
        self.model.set_matrix(self._matrix)
        self.flow.set_proposal(proposal)
        self._costs = [cost_in_words(opinion) for opinion in proposal.opinions] if proposal else []
        if self._matrix is not None and (before is None or before.classes != self._matrix.classes):
            count = len(self._matrix.classes)
            self._show_view(STRONGEST if count >= STRONGEST_FROM else GRID)
            self.find_box.setVisible(count >= FIND_FROM)
        self._show_layer()
        self._describe("")

    def show_proposers(self, known: Mapping[str, ProposerInfo]) -> None:
        """Those that can be compared with."""
        self._proposers = known
        self.compare.show_sources(info for info in known.values() if not info.mixes)

    def set_compared(self, other: TransitionMatrix | None) -> None:
        """Another source's matrix; a new one is shown at once as a difference."""
        fresh = other is not None and other is not self.model.other
        self.model.set_other(other)
        if fresh and self.model.other is not None:
            self.compare.show_difference()
        self._show_layer()

    @property
    def view(self) -> MatrixView:
        """The view in force."""
        return self.strongest if self.stack.currentIndex() == STRONGEST else self.heat_map

    def _lay_out(self) -> None:
        title = heading("How alike the classes are", self)
        head, under = QHBoxLayout(), QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self.find_box)
        head.addWidget(self.views)
        head.addWidget(take_button(self, lambda: self.view.takeaway, "the matrix"))
        for button in (self.lock_row_button, self.reset_row_button, self.reset_all_button):
            button.setObjectName("compact")
        under.addWidget(self.all_rows)
        under.addStretch(1)
        for button in (self.lock_row_button, self.reset_row_button, self.reset_all_button):
            under.addWidget(button)
        flow_title = heading("Where the forget set goes", self)
        scroll = frameless_scroll(self.flow, self)
        scroll.setMinimumHeight(64)
        self._cost_title = heading("What asking cost", self)
        flow_button = take_button(self, lambda: self.flow.takeaway, "the bars")
        self._flow_parts = (flow_title, flow_button, scroll)
        self.cell_text.setMinimumHeight(2 * self.cell_text.fontMetrics().height())  # else the page jumps while pointing
        self.cell_text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.compare)
        layout.addWidget(self.stack, 5)
        layout.addWidget(self.beside_title)
        layout.addWidget(self.beside, 5)
        layout.addLayout(under)
        layout.addWidget(self.cell_text)
        flow_head = QHBoxLayout()
        flow_head.addWidget(flow_title)
        flow_head.addStretch(1)
        flow_head.addWidget(flow_button)
        layout.addLayout(flow_head)
        layout.addWidget(scroll, 2)
        layout.addWidget(self._cost_title)
        layout.addWidget(self.cost)
        layout.addStretch(0)

    def sizeHint(self) -> QSize:
        """No more than is needed: the page hands out what is left."""
        return QSize(500, self.minimumSizeHint().height())

    def _connect(self) -> None:
        for view in (self.heat_map, self.strongest):
            view.selectionModel().currentChanged.connect(self._enable)
        for each in (self.heat_map, self.strongest, self.beside):
            each.described.connect(self._describe)
        for one, other in ((self.heat_map, self.beside), (self.beside, self.heat_map)):
            one.horizontalScrollBar().valueChanged.connect(other.horizontalScrollBar().setValue)
            one.verticalScrollBar().valueChanged.connect(other.verticalScrollBar().setValue)
        self.model.refused.connect(self.refuse)
        self.all_rows.toggled.connect(self._toggle_rows)
        self.lock_row_button.clicked.connect(self._lock_row)
        self.reset_row_button.clicked.connect(self._reset_row)
        self.reset_all_button.clicked.connect(self._reset_all)
        self.views.chosen.connect(self._show_view)
        self.find_box.textEdited.connect(self._find)
        self.find_box.returnPressed.connect(self._find)
        self.compare.layer_chosen.connect(self._show_layer)

    @Slot(int)
    def _show_view(self, number: int) -> None:
        self.views.set_current(number)
        self.stack.setCurrentIndex(number)
        self.stack.setMaximumHeight(self.view.maximumHeight())
        self._enable()

    @Slot()
    def _show_layer(self) -> None:
        """Bring the views in line with what is chosen beside the proposal."""
        self.model.set_layer(self.compare.layer)
        both = self.model.other is not None and self.compare.both
        if both:
            twin = self.beside.transition_model
            twin.set_matrix(self._matrix)
            twin.set_all_rows(self.all_rows.isChecked())
            twin.set_other(self.model.other)
            twin.set_layer("other")
            self.beside_title.setText(f"{title_of(twin.other.source, self._proposers) if twin.other else ''}:")
            self._show_view(GRID)
        self.beside.setVisible(both)
        self.beside_title.setVisible(both)
        self.heat_map.set_twin(self.beside if both else None)
        self.beside.set_twin(self.heat_map if both else None)
        for part in self._flow_parts:
            part.setVisible(not both)
        self.cost.setText("\n".join(self._costs))
        for part in (self._cost_title, self.cost):
            part.setVisible(bool(self._costs) and not both)
        self.views.buttons[STRONGEST].setEnabled(not both)
        self.compare.show_agreement(self.model)
        self.stack.setMaximumHeight(self.view.maximumHeight())
        self._enable()

    @Slot()
    def _find(self) -> None:
        wanted = self.find_box.text().strip().casefold()
        names = [name.casefold() for name in self._matrix.classes] if self._matrix else []
        if not wanted:
            return
        order = sorted(range(len(names)), key=lambda i: (not names[i].startswith(wanted), i))
        found = next((i for i in order if wanted in names[i]), None)
        if found is None:
            self.refuse(f"No class is called '{self.find_box.text().strip()}'")
        elif not self.view.find_class(found) and self._matrix is not None:
            self.refuse(f"{self._matrix.classes[found]} has no row here; tick All rows to see it")

    @Slot(str)
    def _describe(self, text: str) -> None:
        if self._refusal.isActive():
            return
        if not text and self.model.layer == "difference":
            text = "Orange: the other source gives more; blue: the proposal does. Numbers are proposal minus other."
        self.cell_text.setText(text or f"No colour is 0, the strongest {self.model.top:.2f}. {HOW_TO}")
        theme.set_tone(self.cell_text, "muted")

    @Slot(str)
    def refuse(self, text: str) -> None:
        """Say for a while what could not be done."""
        self.cell_text.setText(text)
        theme.set_tone(self.cell_text, "danger")
        self._refusal.start()

    @Slot(bool)
    def _toggle_rows(self, shown: bool) -> None:
        self.model.set_all_rows(shown)
        self.beside.transition_model.set_all_rows(shown)
        self.stack.setMaximumHeight(self.view.maximumHeight())
        self._enable()

    @Slot()
    def _lock_row(self) -> None:
        row = self.view.current_row()
        if row is not None:
            self.model.row_locked.emit(row, not self.view.row_is_locked())

    @Slot()
    def _reset_row(self) -> None:
        row = self.view.current_row()
        if row is not None:
            self.model.row_reset.emit(row)

    @Slot()
    def _reset_all(self) -> None:
        self.model.all_reset.emit()

    @Slot()
    def _enable(self) -> None:
        edits = self._matrix.edits if self._matrix else ()
        row = self.view.current_row() if self._matrix else None
        proposal = self.model.layer == "proposal"
        self.reset_all_button.setEnabled(bool(edits))
        self.reset_row_button.setEnabled(any(edit.row == row for edit in edits))
        self.lock_row_button.setEnabled(row is not None and proposal)
        self.lock_row_button.setText("Unlock row" if self.view.row_is_locked() else "Lock row")
        self.all_rows.setEnabled(self._matrix is not None)
