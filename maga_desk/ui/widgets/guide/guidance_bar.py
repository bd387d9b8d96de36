"""The settings that labels are proposed with: who proposes, how it is combined, and the way to all the rest."""

from __future__ import annotations

from typing import Any, get_args

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from maga_desk.domain.specs.guidance import Combine, GuidanceSpec
from maga_desk.ui import theme
from maga_desk.ui.dialogs.asking import AskingDialog
from maga_desk.ui.item_models.sources import HELP, title_of
from maga_desk.ui.widgets.basic.param_fields import ChoiceBox, RealBox
from maga_desk.ui.widgets.guide.asking_form import NEEDS

COMBINE_HELP: dict[str, str] = {
    "auto": "Chooses one of the other rules by the task: whole classes, sub-classes or single pictures.",
    "product": "The paper's rule: matrix times the classifier's own prediction, the largest wins.",
    "transition": "The matrix alone: every picture of a class gets the same label.",
    "classifier": "The classifier alone: its most likely other label, picture by picture.",
    "sample": "Drawn at random from the matrix row with the run's seed; likely labels come up more often.",
    "soft": "No single label: the whole blend of matrix and prediction becomes the target.",
}
USES_GAMMA = frozenset({"auto", "product", "soft"})
ASKING = (
    "proposer", "combine", "gamma", "temperature", "model", "revision", "prompt", "exemplars", "precision", "batch",
    "endpoint", "file", "mixture",
)  # fmt: skip
"""The fields of a ``GuidanceSpec`` that say how labels are proposed."""
OWN = ("model", "revision", "prompt")
"""Fields that mean something else for each proposer."""


class GuidanceBar(QWidget):
    """Two rows: the inputs with the buttons, and one line that explains the choice.

    Signals: ``propose_requested(dict)`` with the fields named in ``ASKING``, ``undo_requested()``,
    ``redo_requested()``, and from the settings ``key_saved(origin, key)``, ``key_deleted(origin)``,
    ``connection_tested(EndpointSpec, model)`` and ``consent_withdrawn(origin)``.
    """

    propose_requested = Signal(object)
    undo_requested = Signal()
    redo_requested = Signal()
    key_saved = Signal(str, str)
    key_deleted = Signal(str)
    connection_tested = Signal(object, str)
    consent_withdrawn = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec = GuidanceSpec()  # what is set up, applied or not
        self._applied: dict[str, Any] | None = None
        self._own: dict[str, dict[str, Any]] = {}
        self._names: list[str] = []
        self._classes: list[str] = []
        self._agreed: tuple[str, ...] = ()
        self._combined: str | None = None
        self._blocked = False
        self._busy = False
        self.dialog: AskingDialog | None = None
        self.proposer = ChoiceBox(self)
        self.combine = ChoiceBox(self)
        self.combine.addItems(list(get_args(Combine)))
        self.gamma = RealBox(self)
        self.gamma.setRange(0, 16)
        self.gamma.setValue(1)
        self.gamma.setToolTip("Exponent of the matrix: 0 ignores it, above 1 sharpens it")
        self.settings_button = QPushButton("Settings…", self)
        self.settings_button.setToolTip("Model, question, exemplars: all that this proposer can be told")
        self.propose_button = QPushButton("Propose labels", self)
        self.propose_button.setObjectName("primary")
        self.undo_button, self.redo_button = QPushButton("Undo", self), QPushButton("Redo", self)
        self.undo_button.setToolTip("Take back the last change by hand (Ctrl+Z)")
        self.redo_button.setToolTip("Make it again (Ctrl+Shift+Z)")
        self.help = QLabel(self)
        self.help.setWordWrap(True)
        self._lay_out()
        self.proposer.currentIndexChanged.connect(self._proposer_changed)
        self.combine.currentIndexChanged.connect(self._changed)
        self.gamma.valueChanged.connect(self._changed)
        self.settings_button.clicked.connect(self.open_settings)
        self.propose_button.clicked.connect(self._propose)
        self.undo_button.clicked.connect(self.undo_requested)
        self.redo_button.clicked.connect(self.redo_requested)
        theme.notifier().changed.connect(self._changed)
        self.show_guidance(self._spec)

    def settings(self) -> dict[str, Any]:
        """Everything about how labels are proposed, as set up now."""
        return {
            **fields_of(self._spec),
            "proposer": self.proposer.currentData() or self._spec.proposer,
            "combine": self.combine.currentText(),
            "gamma": self.gamma.value(),
        }

    def settings_for(self, proposer: str) -> dict[str, Any]:
        """The same with another proposer, as that one was set up last."""
        settings = self.settings()
        if proposer == settings["proposer"]:
            return settings
        return {**settings, **self._own.get(proposer, dict.fromkeys(OWN)), "proposer": proposer}

    def show_proposers(self, names: list[str]) -> None:
        """Offer these proposers, keeping the chosen one."""
        chosen = str(self.proposer.currentData() or self._spec.proposer)
        self._names = list(names)
        self._fill_proposers(chosen)
        self._changed()

    def show_classes(self, names: list[str]) -> None:
        """The desk's classes, for a preview of the question."""
        self._classes = list(names)

    def show_agreed(self, origins: tuple[str, ...]) -> None:
        """Endpoints that pictures may be sent to."""
        self._agreed = origins

    def show_guidance(self, spec: GuidanceSpec) -> None:
        """Fill the inputs from a spec; what was set up and not applied yet stays where the spec says nothing new."""
        fields = fields_of(spec)
        if fields == self._applied:
            return
        self._spec, self._applied = spec, fields
        self._own[spec.proposer] = {name: fields[name] for name in OWN}
        self._fill_proposers(spec.proposer)
        self.combine.setCurrentText(spec.combine)
        self.gamma.setValue(spec.gamma)
        self._changed()

    def show_connection(self, text: str, *, good: bool) -> None:
        """What came of testing an endpoint or keeping its key; only the open settings show it."""
        if self.dialog is not None:
            self.dialog.say_connection(text, good=good)

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

    @Slot()
    def open_settings(self) -> None:
        """Show all that the chosen proposer can be told."""
        if self.dialog is not None:
            self.dialog.close()
        spec = self._spec.model_copy(update={"proposer": self.settings()["proposer"]})
        dialog = AskingDialog(spec, self._names, self._classes, self._agreed, self)
        dialog.settings_chosen.connect(self._take)
        dialog.finished.connect(self._closed)
        dialog.key_saved.connect(self.key_saved)
        dialog.key_deleted.connect(self.key_deleted)
        dialog.connection_tested.connect(self.connection_tested)
        dialog.consent_withdrawn.connect(self.consent_withdrawn)
        self.dialog = dialog
        dialog.open()

    def _fill_proposers(self, chosen: str) -> None:
        self.proposer.blockSignals(True)
        self.proposer.clear()
        for name in self._names or [chosen]:
            self.proposer.addItem(title_of(name), name)
        if self.proposer.findData(chosen) < 0:
            self.proposer.addItem(f"{title_of(chosen)} (not here)", chosen)
        self.proposer.setCurrentIndex(self.proposer.findData(chosen))
        self.proposer.blockSignals(False)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        named = (("Proposer", self.proposer, 170), ("Combine", self.combine, 100), ("Gamma", self.gamma, 64))
        for name, widget, width in named:
            caption = QLabel(name, self)
            caption.setBuddy(widget)
            widget.setAccessibleName(name)
            widget.setMinimumWidth(width)
            row.addWidget(caption)
            row.addWidget(widget)
            if widget is self.proposer:
                row.addWidget(self.settings_button)
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
    def _proposer_changed(self) -> None:
        """Model and question are each proposer's own."""
        before, now = self._spec, str(self.proposer.currentData())
        if now != before.proposer:
            self._own[before.proposer] = {name: getattr(before, name) for name in OWN}
            self._spec = before.model_copy(
                update={"proposer": now, **self._own.get(now, dict.fromkeys(OWN))},
            )
        self._changed()

    @Slot(object)
    def _take(self, spec: GuidanceSpec) -> None:
        self._spec = spec
        self._changed()

    @Slot()
    def _closed(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    @Slot()
    def _changed(self) -> None:
        settings = self.settings()
        proposer, combine = settings["proposer"], settings["combine"]
        here = not self._names or proposer in self._names
        self.gamma.setEnabled(combine in USES_GAMMA and not self._busy)
        for widget in (self.proposer, self.combine):
            widget.setEnabled(not self._busy)
        self.settings_button.setEnabled(proposer in NEEDS and not self._busy)
        self.propose_button.setEnabled(here and not self._busy and not self._blocked)
        stale = self._combined is not None and self._applied is not None and settings != self._applied
        parts = [HELP.get(proposer, ""), COMBINE_HELP[combine]]
        if combine == "auto" and self._combined is not None:
            parts = [f"Chosen for this task: {self._combined}. {COMBINE_HELP.get(self._combined, '')}"]
        if not here:
            parts = [f"{title_of(proposer)} is not part of this installation: choose another proposer."]
        elif stale:
            parts = ["Changed since the labels below were proposed: press Propose labels to apply."]
        self.help.setText("  ".join(part for part in parts if part))
        colours = theme.colours()
        self.help.setStyleSheet(f"color: {colours.warning if stale or not here else colours.text_muted};")

    @Slot()
    def _propose(self) -> None:
        self.propose_requested.emit(self.settings())


def fields_of(spec: GuidanceSpec) -> dict[str, Any]:
    """The fields that say how labels are proposed."""
    return {name: getattr(spec, name) for name in ASKING}
