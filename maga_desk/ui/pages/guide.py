"""Guide: the transition matrix and the label that every forget picture is re-aligned to."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.events import Progress
from maga_desk.domain.guidance import GuidanceSpec
from maga_desk.domain.pictures import Split
from maga_desk.domain.proposal import Proposal
from maga_desk.ui import theme
from maga_desk.ui.widgets.flow_bars import FlowBars
from maga_desk.ui.widgets.guidance_bar import GuidanceBar
from maga_desk.ui.widgets.heat_map import HeatMap
from maga_desk.ui.widgets.label_table import LabelTable
from maga_desk.ui.widgets.page import Page
from maga_desk.ui.widgets.progress import ProgressLine

HOW_TO = "Point at a cell to read it; double click, Enter or a digit changes it."


class GuidePage(Page):
    """Shows a proposal and emits what a person wants changed.

    Signals: ``propose_requested(proposer, combine, gamma, temperature)``, ``cell_edited(row, column, value)``,
    ``row_reset(row)``, ``matrix_reset()``, ``labels_edited(positions, class_name)``, ``labels_reset(positions)``,
    ``undo_requested()`` and ``redo_requested()``. Positions are a ``list[int]`` into the proposal.
    """

    propose_requested = Signal(str, str, float, float)
    cell_edited = Signal(str, str, float)
    row_reset = Signal(str)
    matrix_reset = Signal()
    labels_edited = Signal(object, str)
    labels_reset = Signal(object)
    undo_requested = Signal()
    redo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Guide", parent)
        self._proposal: Proposal | None = None
        self._missing = False
        self._refusal = QTimer(self)  # while it runs, pointing elsewhere does not wipe out what was wrong
        self._refusal.setSingleShot(True)
        self._refusal.setInterval(4000)
        self.bar = GuidanceBar(self)
        self.progress = ProgressLine(self)
        self.heat_map = HeatMap(self)
        self.cell_text = QLabel(HOW_TO, self)
        self.cell_text.setWordWrap(True)
        self.all_rows = QCheckBox("All rows", self)
        self.all_rows.setToolTip("Also rows of classes that are not in the forget set")
        self.reset_row_button = QPushButton("Reset row", self)
        self.reset_all_button = QPushButton("Reset all", self)
        self.flow = FlowBars(self)
        self.flow_title = QLabel("Where the forget set goes", self)
        self.table = LabelTable(self)
        self.empty = QLabel("No labels are proposed yet. Choose how above, then press Propose labels.", self)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.splitter = self._lay_out()
        self._connect()
        self.set_undo(can_undo=False, can_redo=False)
        self.show_proposal(None, None)

    def show_missing(self, lines: list[str]) -> None:
        """What must be done elsewhere first; ``[]`` when labels can be proposed."""
        super().show_missing(lines)
        self._missing = bool(lines)
        self.bar.set_blocked(self._missing)
        self.empty.setVisible(self._proposal is None and not self._missing)

    def show_proposers(self, names: list[str]) -> None:
        """The proposers that can be chosen."""
        self.bar.show_proposers(names)

    def show_guidance(self, spec: GuidanceSpec) -> None:
        """Fill the inputs from the spec."""
        self.bar.show_guidance(spec)

    def show_proposal(self, proposal: Proposal | None, split: Split | None) -> None:
        """Show matrix, labels and flow; ``split`` holds the forget pictures in the proposal's order."""
        self._proposal = proposal
        self.heat_map.transition_model.set_matrix(proposal.matrix if proposal else None)
        self.table.set_proposal(proposal, split)
        self.flow.set_proposal(proposal)
        self.bar.set_combined(proposal.combine if proposal else None)
        self.splitter.setVisible(proposal is not None)
        self.empty.setVisible(proposal is None and not self._missing)
        self._enable_resets()
        self._describe("")

    def show_busy(self, progress: Progress | None) -> None:
        """Progress of a proposal that is being made; ``None`` when nothing is."""
        self.progress.show_progress(progress)
        self.bar.set_busy(progress is not None)

    def set_undo(self, can_undo: bool, can_redo: bool) -> None:
        self.bar.undo_button.setEnabled(can_undo)
        self.bar.redo_button.setEnabled(can_redo)

    def _lay_out(self) -> QSplitter:
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self._left(splitter))
        splitter.addWidget(self.table)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 1)
        splitter.setHandleWidth(16)
        splitter.setMinimumHeight(420)
        splitter.setSizes([500, 500])
        self.body.addWidget(self.bar)
        self.body.addWidget(self.progress)
        self.body.addWidget(splitter, 1)
        self.body.addWidget(self.empty, 1)
        return splitter

    def _left(self, parent: QWidget) -> QWidget:
        left = QWidget(parent)
        head = QHBoxLayout()
        title = QLabel("How alike the classes are", left)
        title.setObjectName("heading")
        head.addWidget(title)
        head.addStretch(1)
        for widget in (self.all_rows, self.reset_row_button, self.reset_all_button):
            head.addWidget(widget)
        self.flow_title.setObjectName("heading")
        scroll = QScrollArea(left)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(self.flow)
        scroll.setMinimumHeight(64)
        self.cell_text.setMinimumHeight(2 * self.cell_text.fontMetrics().height())  # else the page jumps while pointing
        self.cell_text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(left)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.heat_map, 3)
        layout.addWidget(self.cell_text)
        layout.addSpacing(8)
        layout.addWidget(self.flow_title)
        layout.addWidget(scroll, 1)
        return left

    def _connect(self) -> None:
        self.bar.propose_requested.connect(self.propose_requested)
        self.bar.undo_requested.connect(self.undo_requested)
        self.bar.redo_requested.connect(self.redo_requested)
        self.heat_map.cell_edited.connect(self.cell_edited)
        self.heat_map.row_reset_requested.connect(self.row_reset)
        self.heat_map.all_reset_requested.connect(self.matrix_reset)
        self.heat_map.described.connect(self._describe)
        self.heat_map.refused.connect(self._refuse)
        self.heat_map.selectionModel().currentChanged.connect(self._enable_resets)
        self.all_rows.toggled.connect(self._toggle_rows)
        self.reset_row_button.clicked.connect(self._reset_row)
        self.reset_all_button.clicked.connect(self.matrix_reset)
        self.table.labels_edited.connect(self.labels_edited)
        self.table.labels_reset.connect(self.labels_reset)
        for sequence, button in (
            (QKeySequence.StandardKey.Undo, self.bar.undo_button),
            (QKeySequence.StandardKey.Redo, self.bar.redo_button),
        ):
            shortcut = QShortcut(QKeySequence(sequence), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(button.click)
        theme.notifier().changed.connect(self._restyle)
        self._restyle()

    @Slot(str)
    def _describe(self, text: str) -> None:
        if self._refusal.isActive():
            return
        top = self.heat_map.transition_model.top
        self.cell_text.setText(text or f"No colour is 0, the strongest {top:.2f}. {HOW_TO}")
        self._restyle()

    @Slot(str)
    def _refuse(self, text: str) -> None:
        self.cell_text.setText(text)
        self.cell_text.setStyleSheet(f"color: {theme.colours().danger};")
        self._refusal.start()

    @Slot(bool)
    def _toggle_rows(self, shown: bool) -> None:
        self.heat_map.transition_model.set_all_rows(shown)
        self._enable_resets()

    @Slot()
    def _reset_row(self) -> None:
        row = self.heat_map.current_row()
        if row is not None:
            self.row_reset.emit(row)

    @Slot()
    def _enable_resets(self) -> None:
        edits = self._proposal.matrix.edits if self._proposal else ()
        row = self.heat_map.current_row() if self._proposal else None
        self.reset_all_button.setEnabled(bool(edits))
        self.reset_row_button.setEnabled(any(edit.row == row for edit in edits))
        self.all_rows.setEnabled(self._proposal is not None)

    @Slot()
    def _restyle(self) -> None:
        muted = theme.colours().text_muted
        for label in (self.cell_text, self.empty):
            label.setStyleSheet(f"color: {muted};")
