"""What a run may cost those who stay."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from maga_desk.ui.widgets.basic.fields import RealBox
from maga_desk.ui.widgets.basic.labels import TextLabel

NO_LIMIT = "no limit"
_WHY = (
    "A run that breaks a limit stops and goes back to the best net within all of them; the report says of each limit "
    "whether the result keeps it"
)
_FIELDS = (
    ("class_loss", "most points a class may lose", 100.0),
    ("retain_accuracy", "least % right of what stays", 100.0),
    ("minutes", "most minutes it may take", 10_000.0),
)
_WIDTH = 92


class LimitsForm(QWidget):
    """Three fields; 0 is no limit. Signal: ``changed()``."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        self.fields: dict[str, RealBox] = {}
        for row, (key, title, most) in enumerate(_FIELDS):
            field = self.fields[key] = RealBox(self)
            field.setRange(0, most)
            field.setSpecialValueText(NO_LIMIT)
            field.setToolTip(_WHY)
            field.setFixedWidth(_WIDTH)
            field.setAccessibleName(f"Limit: {title}")
            field.setAccessibleDescription(_WHY)
            field.valueChanged.connect(self.changed)
            label = TextLabel(title, self)
            label.setWordWrap(True)
            label.setBuddy(field)
            grid.addWidget(field, row, 0)
            grid.addWidget(label, row, 1)
        grid.setColumnStretch(1, 1)

    def values(self) -> dict[str, float | None]:
        """By the spec's keys; ``None``: no limit."""
        return {key: field.value() or None for key, field in self.fields.items()}

    def set_values(self, values: Mapping[str, float | None]) -> None:
        """Fill the form; who hears ``changed`` hears it once."""
        if dict(values) == self.values():
            return
        with QSignalBlocker(self):
            for key, field in self.fields.items():
                field.setValue(values.get(key) or 0.0)
        self.changed.emit()
