"""One input for one parameter: what kind of widget a pydantic field gets, and how its value is read and set."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union

import annotated_types
from pydantic.fields import FieldInfo
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QWidget

from maga_desk.domain.choices import Options
from maga_desk.domain.specs.section import Titles
from maga_desk.ui.widgets.basic.fields import DECIMALS, ChoiceBox, RealBox, WholeBox

Value = bool | int | float | str | None
INT_LIMIT = 2**31 - 1
FLOAT_LIMIT = 1e9


@dataclass(frozen=True)
class Kind:
    """What a field takes. ``base`` is bool, int, float or str; ``choices`` are those of a ``Literal``.

    :param titles: what some choices are called.
    :param low: the smallest and ``high`` the largest value allowed, both inclusive.
    """

    base: type
    optional: bool
    choices: tuple[Value, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    titles: Mapping[str, str] = dataclasses.field(default_factory=dict)


def kind_of(field: FieldInfo) -> Kind:
    """Read a field's annotation and bounds.

    :raises TypeError: an annotation that no input exists for; parameter classes are flat.
    """
    annotation, metadata = field.annotation, list(field.metadata)
    optional = False
    if typing.get_origin(annotation) in (Union, types.UnionType):
        arms = [arm for arm in typing.get_args(annotation) if arm is not type(None)]
        optional = len(arms) < len(typing.get_args(annotation))
        if len(arms) != 1:
            raise TypeError(f"no input for {annotation}: more than one type")
        annotation = arms[0]
    if typing.get_origin(annotation) is typing.Annotated:
        annotation, *more = typing.get_args(annotation)
        metadata += [item for entry in more for item in getattr(entry, "metadata", [entry])]
    if typing.get_origin(annotation) is Literal:
        choices = typing.get_args(annotation)
        titles = next((entry.titles for entry in metadata if isinstance(entry, Titles)), {})
        return Kind(str, optional, choices, titles=titles)
    if annotation not in (bool, int, float, str):
        raise TypeError(f"no input for {annotation}")
    low, high = _bounds(metadata, whole=annotation is int)
    return Kind(typing.cast(type, annotation), optional, low=low, high=high)


def _bounds(metadata: list[Any], *, whole: bool) -> tuple[float, float]:
    step = 1.0 if whole else 10.0**-DECIMALS
    low, high = -math.inf, math.inf
    for entry in metadata:
        if isinstance(entry, annotated_types.Ge):
            low = max(low, float(typing.cast(Any, entry.ge)))
        elif isinstance(entry, annotated_types.Gt):
            low = max(low, float(typing.cast(Any, entry.gt)) + step)
        elif isinstance(entry, annotated_types.Le):
            high = min(high, float(typing.cast(Any, entry.le)))
        elif isinstance(entry, annotated_types.Lt):
            high = min(high, float(typing.cast(Any, entry.lt)) - step)
    return low, high


class Input(QWidget):
    """The input for one field. Signal: ``changed()`` after a change by a person or by :meth:`set_value`."""

    changed = Signal()

    def __init__(self, kind: Kind, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = kind
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._set: QCheckBox | None = None
        if kind.optional and not kind.choices:
            self._set = QCheckBox("set", self)
            self._set.setToolTip("Without the tick, nothing is set and the method decides")
            self._set.toggled.connect(self._switched)
            layout.addWidget(self._set)
        self.field, self._read, self._write = self._build()
        layout.addWidget(self.field, 1)
        self.setFocusProxy(self._set or self.field)
        if self._set is not None:
            self.field.setEnabled(False)

    def value(self) -> Value:
        """What is entered now; ``None`` when an optional field is not set."""
        return None if self._set is not None and not self._set.isChecked() else self._read()

    def set_value(self, value: Value) -> None:
        if self._set is not None:
            self._set.setChecked(value is not None)
            if value is None:
                return
        self._write(value)

    def name_for_readers(self, name: str, help_text: str) -> None:
        """Accessible name and description, and the help as a tooltip."""
        for widget in (self.field, self._set):
            if widget is not None:
                widget.setAccessibleName(name if widget is self.field else f"Set {name}")
                widget.setAccessibleDescription(help_text)
                widget.setToolTip(widget.toolTip() or help_text)

    def _build(self) -> tuple[QWidget, Callable[[], Value], Callable[[Any], object]]:
        kind = self.kind
        if kind.choices:
            return self._choice()
        if kind.base is bool:
            tick = QCheckBox("on", self)
            tick.toggled.connect(self._noticed)
            return tick, tick.isChecked, tick.setChecked
        if kind.base is int:
            whole = WholeBox(self)
            whole.setRange(int(max(kind.low, -INT_LIMIT)), int(min(kind.high, INT_LIMIT)))
            whole.valueChanged.connect(self._noticed)
            return whole, whole.value, whole.setValue
        if kind.base is float:
            real = RealBox(self)
            real.setRange(max(kind.low, -FLOAT_LIMIT), min(kind.high, FLOAT_LIMIT))
            real.valueChanged.connect(self._noticed)
            return real, real.value, real.setValue
        line = QLineEdit(self)
        line.textChanged.connect(self._noticed)
        return line, line.text, line.setText

    def _choice(self) -> tuple[QWidget, Callable[[], Value], Callable[[Any], object]]:
        combo = ChoiceBox(self)
        choices = [*self.kind.choices, *([None] if self.kind.optional and None not in self.kind.choices else [])]
        for choice in choices:
            combo.addItem("none" if choice is None else self.kind.titles.get(str(choice), str(choice)), choice)
        combo.currentIndexChanged.connect(self._noticed)

        def read() -> Value:
            return choices[combo.currentIndex()]

        def write(value: Value) -> None:
            combo.setCurrentIndex(choices.index(value))

        return combo, read, write

    @Slot()
    def _noticed(self) -> None:
        self.changed.emit()

    @Slot(bool)
    def _switched(self, on: bool) -> None:
        self.field.setEnabled(on)
        self.changed.emit()


def own_inputs(kind: type[Options], given: Mapping[str, Any], parent: QWidget) -> dict[str, Input]:
    """An input for each of a choice's own keys, filled in.

    A key of a type that no input exists for has none: it is set in the spec.
    """
    inputs = {}
    for name, field in kind.model_fields.items():
        try:
            inputs[name] = Input(kind_of(field), parent)
        except TypeError:
            continue
        inputs[name].set_value(given.get(name, field.default))
    return inputs


def differing(kind: type[Options], given: Mapping[str, Any], inputs: Mapping[str, Input]) -> dict[str, Any]:
    """The own keys that differ from their defaults; those without an input stay as given."""
    entered = {**given, **{name: entry.value() for name, entry in inputs.items()}}
    fields = kind.model_fields
    return {name: value for name, value in entered.items() if name not in fields or value != fields[name].default}
