"""The settings that labels are proposed with: who proposes, how it is combined, and the way to all the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from maga_desk.domain.choices import ProposerInfo, title_of
from maga_desk.domain.specs.guidance import Combine
from maga_desk.ui import icons, theme
from maga_desk.ui.item_models.guidance_draft import GuidanceDraft
from maga_desk.ui.widgets.basic.action_button import ActionButton
from maga_desk.ui.widgets.basic.fields import ChoiceBox, RealBox
from maga_desk.ui.widgets.basic.flow import FlowLayout, named
from maga_desk.ui.widgets.basic.labels import TextLabel

COMBINE_HELP: dict[str, str] = {
    "auto": "Chooses one of the other rules by the task: whole classes, sub-classes or single pictures.",
    "product": "The paper's rule: matrix times the classifier's own prediction, the largest wins.",
    "transition": "The matrix alone: every picture of a class gets the same label.",
    "classifier": "The classifier alone: its most likely other label, picture by picture.",
    "sample": "Drawn at random from the matrix row with the run's seed; likely labels come up more often.",
    "soft": "No single label: the whole blend of matrix and prediction becomes the target.",
}
USES_GAMMA = frozenset({"auto", "product", "soft"})


class GuidanceBar(QWidget):
    """Two rows: the inputs with the buttons, and one line that explains the choice.

    Shows a :class:`GuidanceDraft` and writes what is entered into it.
    Signal: ``propose_requested(dict)`` with the draft's settings. A controller opens what ``settings_button`` asks for.
    """

    propose_requested = Signal(object)

    def __init__(self, draft: GuidanceDraft, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self._known: Mapping[str, ProposerInfo] = {}
        self._combined: str | None = None
        self._blocked = False
        self._busy = False
        self.proposer = ChoiceBox(self)
        self.combine = ChoiceBox(self)
        self.combine.addItems(list(get_args(Combine)))
        self.gamma = RealBox(self)
        self.gamma.setRange(0, 16)
        self.gamma.setToolTip("Exponent of the matrix: 0 ignores it, above 1 sharpens it")
        self.settings_button = QPushButton("Settings…", self)
        self.settings_button.setToolTip("Model, question, exemplars: all that this proposer can be told")
        self.propose_button = QPushButton("Propose labels", self)
        self.propose_button.setObjectName("primary")
        icons.put(self.settings_button, "sliders-horizontal")
        icons.put(self.propose_button, "magic-wand")
        self.undo_button, self.redo_button = ActionButton("Undo", self), ActionButton("Redo", self)
        self.help = TextLabel(self)
        self.help.setWordWrap(True)
        self._lay_out()
        self.proposer.currentIndexChanged.connect(self._choose)
        self.combine.currentTextChanged.connect(self._combine)
        self.gamma.valueChanged.connect(self._set_gamma)
        self.propose_button.clicked.connect(self._propose)
        draft.changed.connect(self._show)
        self._show()

    def show_proposers(self, known: Mapping[str, ProposerInfo]) -> None:
        """Offer these proposers, keeping the chosen one."""
        self._known = known
        with QSignalBlocker(self.proposer):
            self._fill_proposers(self._draft.spec.proposer)
        self._show()

    def set_combined(self, combine: str | None) -> None:
        """How the shown labels were combined, ``None`` without labels; with it, changed settings are marked."""
        self._combined = combine
        self._explain()

    def set_blocked(self, blocked: bool) -> None:
        """Whether something is missing, so that nothing can be proposed."""
        self._blocked = blocked
        self._explain()

    def set_busy(self, busy: bool) -> None:
        self._busy = busy
        self._explain()

    @Slot()
    def _show(self) -> None:
        """Bring the inputs in line with the draft."""
        spec = self._draft.spec
        with QSignalBlocker(self.proposer), QSignalBlocker(self.combine), QSignalBlocker(self.gamma):
            if self.proposer.findData(spec.proposer) < 0:
                self._fill_proposers(spec.proposer)
            self.proposer.setCurrentIndex(self.proposer.findData(spec.proposer))
            self.combine.setCurrentText(spec.combine)
            if self.gamma.value() != spec.gamma:  # else what is being typed would be rewritten
                self.gamma.setValue(spec.gamma)
        self._explain()

    def _fill_proposers(self, chosen: str) -> None:
        self.proposer.clear()
        for name in self._known or [chosen]:
            self.proposer.addItem(title_of(name, self._known), name)
        if self.proposer.findData(chosen) < 0:
            self.proposer.addItem(f"{title_of(chosen, self._known)} (not here)", chosen)

    def _lay_out(self) -> None:
        choices = (("Proposer", self.proposer, 150), ("Combine", self.combine, 90), ("Gamma", self.gamma, 64))
        row = FlowLayout(spacing=14)
        for name, widget, width in choices:
            widget.setAccessibleName(name)
            widget.setMinimumWidth(width)
            row.addWidget(named(name, widget, *([self.settings_button] if widget is self.proposer else [])))
        row.addWidget(self.propose_button)
        below = QHBoxLayout()
        below.addWidget(self.help, 1)
        below.addWidget(self.undo_button)
        below.addWidget(self.redo_button)
        for button in (self.undo_button, self.redo_button):
            button.setObjectName("compact")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(row)
        layout.addLayout(below)

    @Slot()
    def _choose(self) -> None:
        self._draft.choose(str(self.proposer.currentData()))

    @Slot(str)
    def _combine(self, combine: str) -> None:
        self._draft.change(combine=combine)

    @Slot(float)
    def _set_gamma(self, gamma: float) -> None:
        self._draft.change(gamma=gamma)

    @Slot()
    def _explain(self) -> None:
        """Say what the choice means, and switch on what can be used."""
        proposer, combine = self._draft.spec.proposer, self._draft.spec.combine
        info = self._known.get(proposer)
        here = not self._known or info is not None
        self.gamma.setEnabled(combine in USES_GAMMA and not self._busy)
        for widget in (self.proposer, self.combine):
            widget.setEnabled(not self._busy)
        self.settings_button.setEnabled(info is not None and info.adjustable and not self._busy)
        self.propose_button.setEnabled(here and not self._busy and not self._blocked)
        stale = self._combined is not None and self._draft.stale
        parts = [info.summary if info is not None else "", COMBINE_HELP[combine]]
        if combine == "auto" and self._combined is not None:
            parts = [f"Chosen for this task: {self._combined}. {COMBINE_HELP.get(self._combined, '')}"]
        if not here:
            parts = [f"{title_of(proposer, self._known)} is not part of this installation: choose another proposer."]
        elif stale:
            parts = ["Changed since the labels below were proposed: press Propose labels to apply."]
        self.help.setText("  ".join(part for part in parts if part))
        theme.set_tone(self.help, "warning" if stale or not here else "muted")

    @Slot()
    def _propose(self) -> None:
        self.propose_requested.emit(self._draft.settings())
