"""The settings that labels are proposed with: proposer, combination, gamma and temperature."""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from maga_desk.domain.guidance import Combine, GuidanceSpec
from maga_desk.ui import theme
from maga_desk.ui.widgets.param_fields import ChoiceBox, RealBox

COMBINE_HELP: dict[str, str] = {
    "auto": "Chooses one of the other rules by the task: whole classes, sub-classes or single pictures.",
    "product": "The paper's rule: matrix times the classifier's own prediction, the largest wins.",
    "transition": "The matrix alone: every picture of a class gets the same label.",
    "classifier": "The classifier alone: its most likely other label, picture by picture.",
    "sample": "Drawn at random from the matrix row with the run's seed; likely labels come up more often.",
    "soft": "No single label: the whole blend of matrix and prediction becomes the target.",
}
PROPOSER_HELP: dict[str, str] = {
    "classifier": "Likeness as the classifier sees it: its mean tempered answer for every class.",
    "centroids": "Likeness of the classes' mean features, just before the last layer.",
    "uniform": "No opinion: every other class is equally alike. A baseline.",
}
USES_GAMMA = frozenset({"auto", "product", "soft"})


class GuidanceBar(QWidget):
    """Two rows: the inputs with the button, and one line that explains the choice.

    Signals: ``propose_requested(proposer, combine, gamma, temperature)``, ``undo_requested()``, ``redo_requested()``.
    """

    propose_requested = Signal(str, str, float, float)
    undo_requested = Signal()
    redo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._applied: tuple[str, str, float, float] | None = None
        self._combined: str | None = None
        self._blocked = False
        self._busy = False
        self.proposer = ChoiceBox(self)
        self.combine = ChoiceBox(self)
        self.combine.addItems(list(get_args(Combine)))
        self.gamma, self.temperature = RealBox(self), RealBox(self)
        self.gamma.setRange(0, 16)
        self.gamma.setValue(1)
        self.gamma.setToolTip("Exponent of the matrix: 0 ignores it, above 1 sharpens it")
        self.temperature.setRange(0.01, 100)
        self.temperature.setValue(2)
        self.temperature.setToolTip("Softmax temperature of the classifier's view: higher spreads it over more classes")
        self.propose_button = QPushButton("Propose labels", self)
        self.propose_button.setObjectName("primary")
        self.undo_button, self.redo_button = QPushButton("Undo", self), QPushButton("Redo", self)
        self.undo_button.setToolTip("Take back the last change by hand (Ctrl+Z)")
        self.redo_button.setToolTip("Make it again (Ctrl+Shift+Z)")
        self.help = QLabel(self)
        self.help.setWordWrap(True)
        self._lay_out()
        for box in (self.proposer, self.combine):
            box.currentIndexChanged.connect(self._changed)
        for spin in (self.gamma, self.temperature):
            spin.valueChanged.connect(self._changed)
        self.propose_button.clicked.connect(self._propose)
        self.undo_button.clicked.connect(self.undo_requested)
        self.redo_button.clicked.connect(self.redo_requested)
        theme.notifier().changed.connect(self._changed)
        self._changed()

    def settings(self) -> tuple[str, str, float, float]:
        """Proposer, combine, gamma, temperature as entered."""
        return (
            self.proposer.currentText(),
            self.combine.currentText(),
            self.gamma.value(),
            self.temperature.value(),
        )

    def show_proposers(self, names: list[str]) -> None:
        """Offer these proposers, keeping the chosen one where it is still there."""
        chosen = self.proposer.currentText()
        self.proposer.blockSignals(True)
        self.proposer.clear()
        self.proposer.addItems(names)
        self.proposer.setCurrentText(chosen)
        self.proposer.blockSignals(False)
        self._changed()

    def show_guidance(self, spec: GuidanceSpec) -> None:
        """Fill the inputs from a spec."""
        if self.proposer.findText(spec.proposer) < 0:
            self.proposer.addItem(spec.proposer)
        self.proposer.setCurrentText(spec.proposer)
        self.combine.setCurrentText(spec.combine)
        self.gamma.setValue(spec.gamma)
        self.temperature.setValue(spec.temperature)
        self._applied = self.settings()
        self._changed()

    def set_combined(self, combine: str | None) -> None:
        """How the shown labels were combined, ``None`` without labels; with it, changed settings are marked."""
        self._combined = combine
        self._changed()

    def set_blocked(self, blocked: bool) -> None:
        """Whether something is missing, so that nothing can be proposed."""
        self._blocked = blocked
        self._changed()

    def set_busy(self, busy: bool) -> None:
        self._busy = busy
        self._changed()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        named = (
            ("Proposer", self.proposer, 110),
            ("Combine", self.combine, 100),
            ("Gamma", self.gamma, 64),
            ("Temperature", self.temperature, 64),
        )
        for name, widget, width in named:
            caption = QLabel(name, self)
            caption.setBuddy(widget)
            widget.setAccessibleName(name)
            widget.setMinimumWidth(width)
            row.addWidget(caption)
            row.addWidget(widget)
            row.addSpacing(6)
        row.addWidget(self.propose_button)
        row.addStretch(1)
        row.addWidget(self.undo_button)
        row.addWidget(self.redo_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(row)
        layout.addWidget(self.help)

    @Slot()
    def _changed(self) -> None:
        proposer, combine, *_ = self.settings()
        self.gamma.setEnabled(combine in USES_GAMMA and not self._busy)
        self.temperature.setEnabled(proposer == "classifier" and not self._busy)
        self.proposer.setEnabled(not self._busy)
        self.combine.setEnabled(not self._busy)
        self.propose_button.setEnabled(bool(proposer) and not self._busy and not self._blocked)
        stale = self._combined is not None and self._applied is not None and self.settings() != self._applied
        parts = [PROPOSER_HELP.get(proposer, ""), COMBINE_HELP[combine]]
        colours = theme.colours()
        if combine == "auto" and self._combined is not None:
            parts = [f"Chosen for this task: {self._combined}. {COMBINE_HELP.get(self._combined, '')}"]
        if stale:
            parts = ["Changed since the labels below were proposed: press Propose labels to apply."]
        self.help.setText("  ".join(part for part in parts if part))
        self.help.setStyleSheet(f"color: {colours.warning if stale else colours.text_muted};")

    @Slot()
    def _propose(self) -> None:
        self.propose_requested.emit(*self.settings())
