"""How the original was trained: what is known of it, from where, and what a person says instead."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from maga_desk.domain.said_recipe import SaidRecipe, titled
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import describe
from maga_desk.ui.widgets.basic.param_fields import Input, kind_of

SHOWN = (
    "optimizer", "lr", "schedule", "epochs", "warm_up", "batch_size", "momentum", "weight_decay", "label_smoothing",
    "mixup", "augment", "start",
)  # fmt: skip
NOTHING = "Nothing says how the original was trained. A guess is tried, and gives a verdict only if it learns as much."


class RecipeForm(QWidget):
    """The recipe of the model that is compared with. Signal: ``changed()``.

    :param said: what the checkpoint says of it.
    :param given: what a person said before; ``None``: nothing.
    """

    changed = Signal()

    def __init__(self, said: SaidRecipe, given: TrainRecipe | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        recipe = given or said.recipe()
        self._base = recipe
        if not said.unknown:
            known = f"How the original was trained, from {said.source}: {said.recipe().text()}."
        else:
            known = f"How the original was trained: {said.text()}." if said.values else NOTHING
        self.known = QLabel(known, self)
        self.known.setWordWrap(True)
        self.known.setTextFormat(Qt.TextFormat.PlainText)
        self.by_hand = QCheckBox("Say how it was trained", self)
        self.fields = QWidget(self)
        self.fault = QLabel(self)
        self.fault.setWordWrap(True)
        self.fault.setTextFormat(Qt.TextFormat.PlainText)
        self.inputs: dict[str, Input] = {}
        form = QFormLayout(self.fields)
        form.setContentsMargins(0, 0, 0, 0)
        for name in SHOWN:
            field = TrainRecipe.model_fields[name]
            entry = Input(kind_of(field), self.fields)
            entry.set_value(getattr(recipe, name))
            entry.name_for_readers(titled(name).capitalize(), field.description or "")
            entry.changed.connect(self._noticed)
            form.addRow(titled(name).capitalize(), entry)
            self.inputs[name] = entry
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.known, self.by_hand, self.fields, self.fault):
            layout.addWidget(widget)
        self.by_hand.setChecked(given is not None)
        self.by_hand.toggled.connect(self._noticed)
        self._show()

    def recipe(self) -> TrainRecipe | None:
        """What a person says; ``None`` where that is nothing, or cannot be."""
        return None if not self.by_hand.isChecked() or self.mistake() else TrainRecipe.model_validate(self._entered())

    def mistake(self) -> str:
        """What is wrong with what is entered; empty where nothing is, or nothing is said by hand."""
        if not self.by_hand.isChecked():
            return ""
        try:
            TrainRecipe.model_validate(self._entered())
        except ValidationError as error:
            return describe(error)
        return ""

    def _entered(self) -> dict[str, Any]:
        """What has no input stays as it was."""
        entered = {name: entry.value() for name, entry in self.inputs.items()}
        return {**self._base.full(), **entered, "start": entered["start"] or None}

    @Slot()
    def _noticed(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        self.fields.setVisible(self.by_hand.isChecked())
        self.fault.setText(self.mistake())
        self.fault.setVisible(bool(self.fault.text()))
