"""What a run needs beside the method's parameters: what it is for, seed, device, what to compare the result with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QFormLayout, QHBoxLayout, QLineEdit, QPushButton, QWidget

from maga_desk.domain.durations import rough
from maga_desk.domain.specs.run import DEVICES, INTENT_WORDS
from maga_desk.ui.widgets.basic.fields import ChoiceBox, WholeBox
from maga_desk.ui.widgets.basic.file_dialogs import ask_file
from maga_desk.ui.widgets.basic.labels import muted
from maga_desk.ui.widgets.run.limits_form import LimitsForm
from maga_desk.ui.widgets.verify.recipe_form import SECOND_GUESS

INTENTS = {"auto": "as fits what is forgotten", **INTENT_WORDS}
"""What forgetting is for, by the spec's word, as a person reads it."""

NO_COMPARISON, MAKE, FILE = range(3)
COMPARE_NOTES = (
    "A model that was retrained here before without exactly these pictures is used by itself. Where there is none, "
    "figures come without verdicts; you can retrain, or name a retrained model, on the Verify page afterwards.",
    "After the run a new model is trained without these pictures, which takes as long as training the original did. "
    "It is kept and used again.",
    "It must have been trained without these pictures; its record is checked.",
)
"""What each of them means, below the choice."""


def choose_checkpoint(parent: QWidget) -> str:
    """Ask for a checkpoint file; empty when the dialog was cancelled."""
    kinds = "Checkpoints (*.safetensors *.pt *.pth);;All files (*)"
    return ask_file(parent, "retrained", "Choose a retrained checkpoint", kinds)


class RunOptions(QWidget):
    """The options as a small form. Signal: ``changed()``."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.intent = ChoiceBox(self)
        for word, text in INTENTS.items():
            self.intent.addItem(text, word)
        self.intent.setToolTip(
            "Not recognised: the thing itself must go, whatever a net without it would say. As if never trained on: "
            "the net must answer like one that never saw these pictures, which still knows most of what they show. "
            "By itself: whole classes the former, everything else the latter"
        )
        self.seed = WholeBox(self)
        self.seed.setRange(0, 2**31 - 1)
        self.seed.setToolTip("The same seed gives the same result on the same machine")
        self.device = ChoiceBox(self)
        self.device.addItems(list(DEVICES))
        self.device.setToolTip("auto takes a GPU when there is one")
        self.compare = ChoiceBox(self)
        self.compare.addItems(["a kept retrained model", "a model retrained now", "a retrained checkpoint"])
        self.compare.setToolTip("Retraining from scratch without the forget set is the yardstick; it takes far longer")
        self.compare_note = muted("", self)
        self.second = QCheckBox("By a second guess as well, where its recipe is unknown", self)
        self.second.setToolTip(SECOND_GUESS)
        self.second.setAccessibleDescription(SECOND_GUESS)
        self.limits = LimitsForm(self)
        self._retraining = ""
        self.path = QLineEdit(self)
        self.path.setPlaceholderText("path of the checkpoint")
        self.browse = QPushButton("Browse…", self)
        self.declared_by = QLineEdit(self)
        self.declared_by.setPlaceholderText("a name, if it has no record")
        self.declared_by.setToolTip(
            "A checkpoint of this program says on which pictures it was trained. For another one a person must declare "
            "that it is retrained; what can be checked is checked, and verdicts name the person"
        )
        file_row = QWidget(self)
        line = QHBoxLayout(file_row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.path, 1)
        line.addWidget(self.browse)
        self._file_row = file_row
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        named = (
            ("Result", self.intent),
            ("Seed", self.seed),
            ("Device", self.device),
            ("Compare with", self.compare),
            ("", self.compare_note),
            ("", self.second),
            ("", file_row),
            ("Declared by", self.declared_by),
            ("Limits", self.limits),
        )
        for name, widget in named:
            form.addRow(name, widget)
            if name:
                widget.setAccessibleName(name)
        self.path.setAccessibleName("Retrained checkpoint")
        self.intent.currentIndexChanged.connect(self._changed)
        self.seed.valueChanged.connect(self._changed)
        self.device.currentIndexChanged.connect(self._changed)
        self.compare.currentIndexChanged.connect(self._changed)
        self.path.textChanged.connect(self._changed)
        self.declared_by.textChanged.connect(self._changed)
        self.second.toggled.connect(self._changed)
        self.limits.changed.connect(self._changed)
        self.browse.clicked.connect(self._choose)
        self._form = form
        self._changed()

    def values(self) -> dict[str, Any]:
        """``{"intent", "seed", "device", "retrained", "declared_by", "guesses", "limits"}``, as the spec has them.

        Until a path is named, a retrained checkpoint is no comparison (and a :meth:`fault`).
        """
        which = self.compare.currentIndex()
        retrained = {NO_COMPARISON: None, MAKE: "make"}.get(which, self.path.text().strip() or None)
        return {
            "intent": self.intent.currentData(),
            "seed": self.seed.value(),
            "device": self.device.currentText(),
            "retrained": retrained,
            "declared_by": self.declared_by.text().strip() if which == FILE else "",
            "guesses": 2 if self.second.isChecked() else 1,
            "limits": self.limits.values(),
        }

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Fill the form from a mapping like that of :meth:`values`; missing keys stay as they are."""
        if "intent" in values:
            self.intent.setCurrentIndex(self.intent.findData(values["intent"]))
        if "seed" in values:
            self.seed.setValue(values["seed"])
        if "device" in values:
            if self.device.findText(values["device"]) < 0:
                self.device.addItem(values["device"])  # cuda:1 and the like come from a spec
            self.device.setCurrentText(values["device"])
        if "retrained" in values:
            retrained = values["retrained"]
            self.compare.setCurrentIndex({None: NO_COMPARISON, "make": MAKE}.get(retrained, FILE))
            if self.compare.currentIndex() == FILE:
                self.path.setText(retrained)
        if "declared_by" in values and self.declared_by.text().strip() != values["declared_by"]:
            self.declared_by.setText(values["declared_by"])
        if "guesses" in values:
            self.second.setChecked(values["guesses"] > 1)
        if "limits" in values:
            self.limits.set_values(values["limits"])

    def show_retraining(self, seconds: float | None) -> None:
        """What retraining is expected to take here; ``None``: not known."""
        self._retraining = f" Retraining takes {rough(seconds)} here." if seconds is not None else ""
        self._say_what_is_compared()

    def fault(self) -> str | None:
        """Why these options cannot be used."""
        if self.compare.currentIndex() == FILE and not self.path.text().strip():
            return "Name the retrained checkpoint to compare with, or choose a kept one"
        return None

    @Slot()
    def _changed(self) -> None:
        self._say_what_is_compared()
        for row in (self._file_row, self.declared_by):
            self._form.setRowVisible(row, self.compare.currentIndex() == FILE)
        self._form.setRowVisible(self.second, self.compare.currentIndex() == MAKE)
        self.changed.emit()

    def _say_what_is_compared(self) -> None:
        which = self.compare.currentIndex()
        self.compare_note.setText(COMPARE_NOTES[which] + (self._retraining if which == MAKE else ""))

    @Slot()
    def _choose(self) -> None:
        name = choose_checkpoint(self)
        if name:
            self.declared_by.clear()  # who vouched for another file did not vouch for this one
            self.path.setText(name)
