"""A form built from a method's parameter class: one input a field, with its description and its default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from maga_desk.domain.methods import AUTO, MethodInfo, Situation
from maga_desk.domain.specs.run import describe
from maga_desk.domain.specs.section import field_title
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.widgets.basic.param_fields import Input, Value, kind_of


def same_value(one: Value, other: Value) -> bool:
    """Whether two values are shown alike; floats count as alike to six digits, as the inputs round."""
    if isinstance(one, float) and isinstance(other, int | float) and not isinstance(other, bool):
        return f"{one:.6g}" == f"{other:.6g}"
    return type(one) is type(other) and one == other


class ParamForm(QWidget):
    """The inputs of one method.

    Signal: ``changed()`` whenever a value changed. :meth:`values` holds only what differs from the preset.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Method parameters")
        self._info: MethodInfo | None = None
        self._defaults: dict[str, Value] = {}
        self._inputs: dict[str, Input] = {}
        self._labels: dict[str, QLabel] = {}
        self._helps: dict[str, QLabel] = {}
        self._filling = False
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(0, 3)
        self._grid.setColumnStretch(1, 2)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(2)

    @property
    def inputs(self) -> Mapping[str, Input]:
        """The inputs by parameter name."""
        return self._inputs

    def set_method(
        self, info: MethodInfo, situation: Situation | None, given: Mapping[str, Any], preset: str = AUTO
    ) -> None:
        """Build the form, filled from the preset and then from what was given before.

        :param situation: ``None`` while nothing is chosen to forget; ``auto`` then means the class's defaults.
        """
        settings = (
            {} if situation is None and preset == AUTO else info.settings(situation or Situation("class"), preset)
        )
        fields = info.params.model_fields
        own = {name: field.get_default(call_default_factory=True) for name, field in fields.items()}
        self._defaults = {**own, **settings}
        if self._info is not info:
            self._clear()
            self._info = info
            for row, (name, field) in enumerate(fields.items()):
                self._add(row, name, field)
        self._fill({name: given.get(name, default) for name, default in self._defaults.items()})

    @Slot()
    def reset(self) -> None:
        """Everything as the task's defaults have it."""
        self._fill(self._defaults)

    def values(self) -> dict[str, Value]:
        """The parameters that differ from the task's defaults."""
        entered = {name: box.value() for name, box in self._inputs.items()}
        return {name: value for name, value in entered.items() if not same_value(value, self._defaults[name])}

    def fault(self) -> str | None:
        """What the parameter class has against the values, in one line."""
        if self._info is None:
            return None
        try:
            self._info.params.model_validate({**self._defaults, **self.values()})
        except ValidationError as error:
            return describe(error)
        return None

    def _add(self, row: int, name: str, field: FieldInfo) -> None:
        title, help_text = field_title(name, field), field.description or ""
        box = Input(kind_of(field), self)
        box.name_for_readers(title, help_text)
        box.changed.connect(self._noticed)
        label = TextLabel(title, self)
        label.setBuddy(box)
        label.setWordWrap(True)
        label.setToolTip(f"method.params.{name}")
        hint = TextLabel(self)
        hint.setObjectName("muted")
        hint.setWordWrap(True)
        hint.setTextFormat(Qt.TextFormat.PlainText)
        hint.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        hint.setContentsMargins(0, 0, 0, 10)
        self._grid.addWidget(label, 2 * row, 0)
        self._grid.addWidget(box, 2 * row, 1)
        self._grid.addWidget(hint, 2 * row + 1, 0, 1, 2)
        self._inputs[name], self._labels[name], self._helps[name] = box, label, hint

    def _clear(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._inputs, self._labels, self._helps = {}, {}, {}

    def _fill(self, values: Mapping[str, Value]) -> None:
        self._filling = True
        for name, value in values.items():
            self._inputs[name].set_value(value)
        self._filling = False
        self._noticed()

    @Slot()
    def _noticed(self) -> None:
        if not self._filling:
            self._mark()
            self.changed.emit()

    def _mark(self) -> None:
        """Changed parameters are bold and say what the default is."""
        changed = self.values()
        for name, label in self._labels.items():
            font = label.font()
            font.setBold(name in changed)
            label.setFont(font)
            help_text = cast(MethodInfo, self._info).params.model_fields[name].description or ""
            note = f"Changed; the default is {shown(self._defaults[name])}." if name in changed else ""
            self._helps[name].setText(" ".join(part for part in (_sentence(help_text), note) if part))
            self._helps[name].setVisible(bool(help_text or note))


def shown(value: Value) -> str:
    """A default for a sentence."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _sentence(text: str) -> str:
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."
