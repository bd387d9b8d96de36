"""Why the current picture gets its label."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.proposal import Proposal
from maga_desk.ui.item_models.thumbnails import to_pixmap
from maga_desk.ui.item_models.why import (
    ASKED,
    NAME,
    SHOWN,
    CandidateModel,
    Origin,
    alone,
    answers_in_words,
    candidates,
    provenance,
    source_in_words,
)
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.widgets.basic.takeaway import Takeaway, take_button

SIDE, ROW = 96, 22
NOTHING = "Select a picture above to see why it gets its label."


class WhyPanel(QFrame):
    """The picture, its labels, the likeliest candidates with what speaks for them, question and answer, provenance."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._proposal: Proposal | None = None
        self._pictures: PictureIndex | None = None
        self._origin = Origin()
        self._position: int | None = None
        self._margin = ""
        self.model = CandidateModel(self)
        self.picture, self.summary, self.answer, self.provenance = (TextLabel(self) for _ in range(4))
        self.picture.setFixedSize(SIDE, SIDE)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for label in (self.summary, self.answer, self.provenance):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.provenance.setObjectName("muted")
        lines = self.answer.fontMetrics().lineSpacing()
        self.answer.setMinimumHeight(2 * lines)
        self.answer.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.view = self._make_view()
        middle = QHBoxLayout()
        middle.setSpacing(10)
        middle.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        middle.addWidget(self.view, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(5)
        head = QHBoxLayout()
        head.addWidget(self.summary, 1)
        self.take_button = take_button(self, lambda: self.takeaway, "the candidates")
        head.addWidget(self.take_button, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(head)
        layout.addLayout(middle)
        layout.addWidget(self.answer)
        layout.addWidget(self.provenance)
        self.view.selectionModel().currentChanged.connect(self._show_answer)
        self.show_picture(None)

    def set_proposal(self, proposal: Proposal | None, pictures: PictureIndex | None, origin: Origin) -> None:
        """The proposal that pictures are shown of; follow it up with :meth:`show_picture`."""
        self._proposal, self._pictures, self._origin = proposal, pictures, origin
        self.show_picture(None)

    def show_picture(self, position: int | None, margin: str = "") -> None:
        """Explain the label of the picture at this place in the proposal, or of none.

        :param margin: how clear-cut it is, in words.
        """
        self._position, self._margin = position, margin
        proposal = self._proposal
        known = proposal is not None and position is not None
        for widget in (self.picture, self.view, self.answer, self.provenance, self.take_button):
            widget.setVisible(known)
        if proposal is None or position is None:
            self.summary.setText(NOTHING)
            self.model.show_candidates([], -1)
            return
        label = int(alone(proposal, position).labels[0])
        self.summary.setText(self._summary(proposal, position, label))
        if self._pictures is not None:
            self.picture.setPixmap(to_pixmap(self._pictures.picture(position), SIDE, self.devicePixelRatioF()))
        shares = bool(proposal.opinions) and self._origin.gives_shares(proposal.opinions[0])
        rows = candidates(proposal, position, self._origin)
        self.model.show_candidates(rows, label, share=shares)
        place = next((i for i, candidate in enumerate(rows) if candidate.number == label), 0)
        self.view.setColumnHidden(ASKED, len(proposal.opinions) != 1)  # several answers stand below, each its own
        self.view.setCurrentIndex(self.model.index(place, NAME))
        self.provenance.setText(provenance(proposal, position, self._origin))
        self._show_answer()

    def sizeHint(self) -> QSize:
        return QSize(420, super().sizeHint().height())

    def _make_view(self) -> QTableView:
        view = QTableView(self)
        view.setModel(self.model)
        view.setAccessibleName("Candidates for the new label")
        self.takeaway = Takeaway(view, "candidates")
        view.setAccessibleDescription("Choose one to read what was asked about it")
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setTabKeyNavigation(False)
        view.setShowGrid(False)
        view.setFrameShape(QFrame.Shape.NoFrame)
        view.setWordWrap(False)
        view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows, columns = view.verticalHeader(), view.horizontalHeader()
        rows.hide()
        rows.setMinimumSectionSize(ROW)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        columns.setDefaultSectionSize(76)
        columns.setHighlightSections(False)
        columns.setStyleSheet("QHeaderView::section { padding: 2px 4px; }")
        view.setFixedHeight(SHOWN * ROW + columns.sizeHint().height() + 2)
        return view

    def _summary(self, proposal: Proposal, position: int, label: int) -> str:
        names, predicted = proposal.matrix.classes, int(proposal.probabilities[position].argmax())
        sure = 100 * proposal.probabilities[position, predicted]
        text = f"{proposal.names[position].rpartition('/')[2]}: {names[proposal.true[position]]}"
        text += f"; the classifier predicts {names[predicted]} ({sure:.0f} %); new label {names[label]}"
        return f"{text}, {self._margin}" if self._margin else text

    @Slot()
    def _show_answer(self) -> None:
        index = self.view.currentIndex()
        if self._proposal is None or self._position is None or not index.isValid():
            self.answer.setText("")
            return
        candidate = self.model.candidate(index.row())
        proposal, position, origin = self._proposal, self._position, self._origin
        lines = answers_in_words(proposal, position, candidate.number, origin)
        self.answer.setText("\n".join(lines) or source_in_words(proposal, position, origin))
