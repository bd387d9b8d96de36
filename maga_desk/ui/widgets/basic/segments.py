"""A few choices side by side, of which one is in force."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget


class Segments(QWidget):
    """Signal: ``chosen(int)``, when a person chose another one."""

    chosen = Signal(int)

    def __init__(self, names: Sequence[str], title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self._group = QButtonGroup(self)
        self.buttons: list[QPushButton] = []
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for number, name in enumerate(names):
            button = QPushButton(name, self)
            button.setObjectName("segment")
            button.setCheckable(True)
            button.setAccessibleName(f"{title}: {name}")
            self._group.addButton(button, number)
            self.buttons.append(button)
            layout.addWidget(button)
        self.buttons[0].setChecked(True)
        self._group.idClicked.connect(self._clicked)

    @property
    def current(self) -> int:
        return self._group.checkedId()

    def set_current(self, number: int) -> None:
        """Put another one in force; tells nobody."""
        self.buttons[number].setChecked(True)

    @Slot(int)
    def _clicked(self, number: int) -> None:
        self.chosen.emit(number)
