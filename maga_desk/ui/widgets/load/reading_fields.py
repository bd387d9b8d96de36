"""How the model reads pictures, in fields: empty ones are as found, and show what that is once it is known."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from maga_desk.domain.model_facts import InputFacts
from maga_desk.domain.preprocessing import FILLS, Interpolation, Order, Resize
from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui import theme
from maga_desk.ui.tips import tip
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.widgets.basic.path_field import PathField

AS_FOUND = "as found"
_LEAST = 10  # letters
_WIDEST = "Training pictures"  # of the captions above this group, so that its fields stand below the others
_RESIZES = {"cover": "cover, middle cut out", "squash": "squash", "pad": "pad"}
_FILLS = {"black": "black", "mean": "the mean colour", "edge": "its border"}
_ORDERS = {"RGB": "RGB", "BGR": "BGR", "L": "grey", "RGBA": "RGB, opaque"}
_CROPS = ("1", "0.875", "0.9", "0.95")


class ReadingFields(QWidget):
    """A group that opens and closes. Signals: ``changed()``; ``confirmed()`` when Enter is pressed in a line."""

    changed = Signal()
    confirmed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.toggle = QToolButton(self)
        self.toggle.setObjectName("fold")
        self.toggle.setCheckable(True)
        self.toggle.setAutoRaise(True)
        self.toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggle.setText("How the model reads pictures")
        self.summary = TextLabel(self)
        theme.set_tone(self.summary, "muted")
        self.summary.setWordWrap(True)
        self.inside = QWidget(self)
        self.mean, self.std, self.pixels = QLineEdit(self), QLineEdit(self), QLineEdit(self)
        self.order, self.weights = (
            _choices(_ORDERS, self),
            _choices({"net": "the net", "average": "average (EMA)"}, self),
        )
        self.resize_by = _choices(_RESIZES, self)
        self.fill = _choices(_FILLS, self)
        self.interpolation = _choices({name: name for name in get_args(Interpolation)[:4]}, self)
        self.crop = ChoiceBox(self)
        self.crop.setEditable(True)
        self.crop.setMinimumContentsLength(6)
        self.crop.addItems([AS_FOUND, *_CROPS])
        self.classes = PathField("List of classes", "file", self, files="Lists (*.txt *.json);;All files (*)")
        self._lay_out()
        for line in (self.mean, self.std, self.pixels):
            line.textChanged.connect(self.changed)
            line.returnPressed.connect(self.confirmed)
        self.toggle.toggled.connect(self._open)
        self.show_found(None)
        self._open(False)

    def unfold(self) -> None:
        """Open the group, and go to its first field."""
        self.toggle.setChecked(True)
        self.mean.setFocus()

    def show_spec(self, spec: RunSpec) -> None:
        """Fill in what a spec says; open where it says anything."""
        model, data = spec.model, spec.data
        self.mean.setText(_told(model.mean))
        self.std.setText(_told(model.std))
        self.pixels.setText("" if data.size is None else _size_text(data.size))
        self.crop.setCurrentText(AS_FOUND if data.crop is None else f"{data.crop:g}")
        for box, value in (
            (self.order, model.order),
            (self.weights, model.weights),
            (self.resize_by, data.resize),
            (self.interpolation, data.interpolation),
            (self.fill, data.fill),
        ):
            if value is not None and box.findData(value) < 0:  # a colour of one's own
                box.addItem(str(value), value)
            box.setCurrentIndex(max(0, box.findData(value)))
        self.classes.set_value(model.classes if isinstance(model.classes, str) else None)
        if any(self.given().values()):
            self.toggle.setChecked(True)

    def show_found(self, reads: InputFacts | None) -> None:
        """What was found of the open model; ``None``: nothing is open."""
        values = (
            {} if reads is None else {title: f"{value} ({why})" if why else value for title, value, why in reads.rows()}
        )
        self.mean.setPlaceholderText(_found(reads.mean if reads else None, "of each channel, 0 to 1 or 0 to 255"))
        self.std.setPlaceholderText(_found(reads.std if reads else None, "likewise"))
        self.pixels.setPlaceholderText(values.get("Size", "a side, or height × width"))
        for title, box in (("Channels", self.order), ("Brought to size", self.resize_by)):
            found = values.get(title, "")
            box.setItemText(0, AS_FOUND)
            box.setToolTip(tip(f"Found: {found}") if found else "")
        self.summary.setText(_summary(reads))

    def given(self) -> dict[str, dict[str, Any]]:
        """``data`` and ``model`` keys as in a spec; only what was filled in. Numbers that cannot be read stay text, for
        the spec to refuse.
        """
        model: dict[str, Any] = {}
        data: dict[str, Any] = {}
        for key, line in (("mean", self.mean), ("std", self.std)):
            if line.text().strip():
                model[key] = _numbers(line.text())
        for key, box in (("order", self.order), ("weights", self.weights)):
            if box.currentData():
                model[key] = box.currentData()
        if (path := self.classes.value()) is not None:
            model["classes"] = str(Path(path).expanduser().absolute())
        if self.pixels.text().strip():
            sides = _numbers(self.pixels.text())
            data["size"] = sides[0] if len(sides) == 1 else sides
        for key, choice in (
            ("resize", self.resize_by),
            ("interpolation", self.interpolation),
            ("fill", self.fill),
        ):
            if choice.currentData():
                data[key] = choice.currentData()
        if (crop := self.crop.currentText().strip()) not in ("", AS_FOUND):
            data["crop"] = _numbers(crop)[0]
        return {"data": data, "model": model}

    def _lay_out(self) -> None:
        form = QFormLayout(self.inside)
        form.setContentsMargins(0, 4, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows: tuple[tuple[str, QWidget, tuple[tuple[str, QWidget], ...]], ...] = (
            ("Mean", self.mean, (("deviation", self.std),)),
            ("Size", self.pixels, (("channels", self.order),)),
            ("Brought to size", self.resize_by, (("filled with", self.fill),)),
            ("Kept of it", self.crop, (("scaled", self.interpolation),)),
            ("Classes", self.classes, ()),
            ("Weights", self.weights, ()),
        )
        for name, field, beside in rows:
            row = QWidget(self.inside)
            layout = QHBoxLayout(row)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.addWidget(field, 1)
            field.setAccessibleName(name)
            for caption, other in beside:
                layout.addWidget(TextLabel(caption, row))
                layout.addWidget(other, 1)
                other.setAccessibleName(caption.capitalize())
            label = TextLabel(name, self.inside)
            label.setMinimumWidth(self.fontMetrics().horizontalAdvance(_WIDEST))
            form.addRow(label, row)
        self.mean.setToolTip("Of pixels in 0 to 1; numbers above 1 are for pixels of 0 to 255")
        self.pixels.setToolTip("224, or 64 × 128: height × width")
        self.crop.setToolTip("The share of the scaled side that is kept: 0.875 for 224 of 256")
        self.fill.setToolTip("What stands around a picture that is padded")
        self.classes.setToolTip("Class names in the order of the model's outputs: a name a line, or JSON")
        self.weights.setToolTip("Which of a file's nets, where it has an average over training steps as well")
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.toggle)
        head.addWidget(self.summary, 1)
        head.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.inside)

    @Slot(bool)
    def _open(self, on: bool) -> None:
        self.inside.setVisible(on)
        self.summary.setVisible(not on)
        self.toggle.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)


def _choices(titles: dict[str, str], parent: QWidget) -> ChoiceBox:
    box = ChoiceBox(parent)
    box.addItem(AS_FOUND, None)
    for value, title in titles.items():
        box.addItem(title, value)
    box.setMinimumContentsLength(_LEAST)  # narrower than its longest text, for small windows
    return box


def _told(values: tuple[float, ...] | None) -> str:
    return "" if values is None else " ".join(f"{value:.6g}" for value in values)


def _found(values: tuple[float, ...] | None, or_else: str) -> str:
    return or_else if values is None else " ".join(f"{value:.4g}" for value in values)


def _size_text(size: int | tuple[int, int]) -> str:
    return str(size) if isinstance(size, int) else f"{size[0]} × {size[1]}"


def _summary(reads: InputFacts | None) -> str:
    if reads is None:
        return "found in the file and its config, else tried"
    words = {"normalisation": "pixels", "order": "channels", "framing": "brought to size"}
    guessed = [words.get(key, key) for key in reads.guessed]
    return f"guessed: {', '.join(guessed)}" if guessed else "as the file and its config say"


def _numbers(text: str) -> list[Any]:
    """Numbers between spaces, commas, semicolons or crosses; what is none stays as it is."""
    found: list[Any] = []
    for part in re.split(r"[\s,;×x\[\]()]+", text.strip("[]() \t")):
        try:
            found.append(int(part) if part.isdigit() else float(part))
        except ValueError:
            found.append(part)
    return found


assert set(_RESIZES) == set(get_args(Resize)) and set(_FILLS) == set(FILLS) and set(_ORDERS) == set(get_args(Order))
