"""Guide: the transition matrix and the label that every forget picture is re-aligned to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from maga_desk.domain.choices import ProposerInfo
from maga_desk.domain.events import Compared
from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.proposal import Proposal
from maga_desk.ui.item_models.guidance_draft import GuidanceDraft
from maga_desk.ui.item_models.why import Origin
from maga_desk.ui.job_view import PROPOSE
from maga_desk.ui.widgets.basic.empty_state import EmptyState
from maga_desk.ui.widgets.basic.job_line import JobLine
from maga_desk.ui.widgets.basic.page import Lack, Page
from maga_desk.ui.widgets.guide.guidance_bar import GuidanceBar
from maga_desk.ui.widgets.guide.label_table import LabelTable
from maga_desk.ui.widgets.guide.matrix_panel import MatrixPanel
from maga_desk.ui.widgets.guide.why_panel import WhyPanel


class GuidePage(Page):
    """Shows a proposal. What a person wants changed is told by its parts, each with signals of its own:

    ``bar`` (propose), ``matrix.model`` (cells and rows), ``matrix.compare`` (another source beside it),
    ``table`` (labels) and ``progress`` (pause, resume, cancel). What is set up and not applied yet is in ``draft``.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._proposal: Proposal | None = None
        self._going: set[str] = set()
        self.draft = GuidanceDraft(self)
        self.bar = GuidanceBar(self.draft, self)
        self.progress = JobLine(self)
        self.matrix = MatrixPanel(self)
        self.heat_map = self.matrix.heat_map
        self.cell_text = self.matrix.cell_text
        self.table = LabelTable(self)
        self.why = WhyPanel(self)
        self.empty = EmptyState("No labels are proposed yet. Choose how above, then press Propose labels.", self)
        self.action_buttons = {"undo": self.bar.undo_button, "redo": self.bar.redo_button}
        self.splitter = self._lay_out()
        self._connect()
        self.show_proposal(None, None)

    def show_missing(self, lacks: Sequence[Lack]) -> None:
        """What must be done elsewhere first; ``[]`` when labels can be proposed."""
        super().show_missing(lacks)
        self.bar.set_blocked(bool(lacks))

    def show_proposers(self, known: Mapping[str, ProposerInfo]) -> None:
        """The proposers that can be chosen."""
        self.bar.show_proposers(known)
        self.matrix.show_proposers(known)

    def show_proposal(
        self, proposal: Proposal | None, pictures: PictureIndex | None, origin: Origin | None = None
    ) -> None:
        """Show matrix, labels, reasons and flow; ``pictures`` holds the forget pictures in the proposal's order."""
        origin = origin or Origin()
        self._proposal = proposal
        self.matrix.set_proposal(proposal)
        self.table.set_proposal(proposal, pictures, origin)
        self.why.set_proposal(proposal, pictures, origin)
        self._explain()
        self.bar.set_combined(proposal.combine if proposal else None)
        self.splitter.setVisible(proposal is not None)
        self.empty.setVisible(proposal is None)

    def show_compared(self, compared: Compared | None) -> None:
        """Another source's matrix beside the proposal's."""
        self.matrix.set_compared(compared.matrix if compared else None)

    def set_busy(self, busy: bool, what: str = PROPOSE) -> None:
        """Whether a proposal or a comparison is being made."""
        self._going = self._going | {what} if busy else self._going - {what}
        self.bar.set_busy(PROPOSE in self._going)
        self.matrix.compare.box.setEnabled(not self._going)
        if not self._going:
            self.matrix.compare.show_agreement(self.matrix.model)

    def _lay_out(self) -> QSplitter:
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.setChildrenCollapsible(False)
        right = _Column(splitter)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.table, 1)
        column.addWidget(self.why)
        splitter.addWidget(self.matrix)
        splitter.addWidget(right)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 1)
        splitter.setHandleWidth(16)
        splitter.setMinimumHeight(420)
        splitter.setSizes([470, 570])
        self.body.addWidget(self.bar)
        self.body.addWidget(self.progress)
        self.body.addWidget(splitter, 1)
        self.body.addWidget(self.empty, 1)
        self.body.addStretch(0)
        return splitter

    def _connect(self) -> None:
        self.table.current_changed.connect(self._explain)

    @Slot()
    def _explain(self) -> None:
        position = self.table.current_position
        margin = self.table.label_model.margin_in_words(position) if position is not None else ""
        self.why.show_picture(position, margin)


class _Column(QWidget):
    """Wants no more height than it needs: the page would scroll for what parts would merely like."""

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.minimumSizeHint().height())
