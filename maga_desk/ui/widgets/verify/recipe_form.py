"""How the original was trained: what is known of it, from where, and what a person says instead."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from maga_desk.domain.said_recipe import ASSUMED, GUESSED, NEEDED, SaidRecipe, titled
from maga_desk.domain.specs.recipe import NamedRecipe, TrainRecipe
from maga_desk.domain.specs.run import describe
from maga_desk.ui import theme
from maga_desk.ui.widgets.basic.labels import TextLabel, muted
from maga_desk.ui.widgets.basic.param_fields import Input, kind_of

SHOWN = (
    "optimizer", "lr", "schedule", "epochs", "warm_up", "batch_size", "momentum", "weight_decay", "label_smoothing",
    "mixup", "augment", "start",
)  # fmt: skip
NOTHING = "Nothing says how the original was trained. A guess is tried, and gives a verdict only if it learns as much."


_FROM = {GUESSED: "not said", ASSUMED: "as most train"}
SAYS = "Say how it was trained"
SECOND_GUESS = (
    "Two recipes can both teach as much as the original knows and still judge a result differently. The second guess "
    "is of another kind; figures and verdicts by both stand beside one another, and the more careful verdict counts."
)
"""What a second guess of the recipe is good for."""


class RecipeForm(QWidget):
    """The recipe of the model that is compared with. Signal: ``changed()``.

    :param said: what the checkpoint says of it.
    :param given: what a person named before; ``None``: nothing.
    """

    changed = Signal()

    def __init__(self, said: SaidRecipe, given: NamedRecipe | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._said, self._given = said, given.given() if given is not None else {}
        if not said.unknown:
            known = f"How the original was trained, from {said.source}: {said.recipe().text()}."
        else:
            known = f"How the original was trained: {said.text()}." if said.values else NOTHING
        self.known, self.beyond, self.fault = (
            TextLabel(known, self),
            TextLabel(said.beyond_text(), self),
            TextLabel(self),
        )
        for label in (self.known, self.beyond, self.fault):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.beyond.setVisible(bool(self.beyond.text()))
        theme.set_tone(self.beyond, "warning")
        self.by_hand = QCheckBox(SAYS, self)
        self.fields = QWidget(self)
        self.inputs: dict[str, Input] = {}
        self.sources: dict[str, QLabel] = {}
        grid = QGridLayout(self.fields)
        grid.setContentsMargins(0, 0, 0, 0)
        shown = said.naming(self._given).recipe_or_own()
        for row, name in enumerate(SHOWN):
            field = TrainRecipe.model_fields[name]
            title, entry, source = (
                TextLabel(titled(name).capitalize(), self.fields),
                Input(kind_of(field), self.fields),
                muted("", self.fields),
            )
            entry.set_value(getattr(shown, name))
            entry.name_for_readers(titled(name).capitalize(), field.description or "")
            entry.changed.connect(self._noticed)
            title.setBuddy(entry)
            source.setWordWrap(False)
            for column, widget in enumerate((title, entry, source)):
                grid.addWidget(widget, row, column)
            self.inputs[name], self.sources[name] = entry, source
        grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for each in (self.known, self.beyond, self.by_hand, self.fields, self.fault):
            layout.addWidget(each)
        self.by_hand.setChecked(given is not None)
        self.by_hand.toggled.connect(self._noticed)
        self._show()

    def recipe(self) -> NamedRecipe | None:
        """What a person names: what is entered and is not what the checkpoint says already. ``None`` where that is
        nothing, or cannot be.
        """
        named = self._named()
        return None if not named or self.mistake() else NamedRecipe.model_validate(named)

    def is_guessed(self) -> bool:
        """Whether something that a recipe needs is said by nobody."""
        return bool(self._said.naming(self._named()).unknown)

    def mistake(self) -> str:
        """What is wrong with what is entered; empty where nothing is, or nothing is said by hand."""
        try:
            self._said.naming(NamedRecipe.model_validate(self._named()).given()).recipe()
        except ValidationError as error:
            return describe(error)
        return ""

    def _named(self) -> dict[str, Any]:
        """What a person names; of what nobody says, all that a recipe needs, as it stands there. What has no input
        stays as it was named.
        """
        if not self.by_hand.isChecked():
            return {}
        entered = {name: entry.value() for name, entry in self.inputs.items()}
        entered["start"] = entered["start"] or None
        kept = {name: value for name, value in self._given.items() if name not in entered}
        return kept | {name: value for name, value in entered.items() if self._says_more(name, value)}

    def _says_more(self, name: str, value: Any) -> bool:
        if name in self._said.values:
            return bool(value != getattr(self._said.recipe_or_own(), name))
        return name in NEEDED or bool(value != TrainRecipe.model_fields[name].default)

    @Slot()
    def _noticed(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        self.fields.setVisible(self.by_hand.isChecked())
        self.fault.setText(self.mistake())
        self.fault.setVisible(bool(self.fault.text()))
        named = self._named()
        for name, label in self.sources.items():
            label.setText(
                "named here" if name in named else _FROM.get(source := self._said.source_of(name), f"from {source}")
            )
