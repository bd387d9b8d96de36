"""A heading with what a person needs to know of what stands below it, one click away."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from maga_desk.ui import icons
from maga_desk.ui.widgets.basic.flow import FlowLayout
from maga_desk.ui.widgets.basic.labels import TextLabel, muted


class Explained(QWidget):
    """A row of controls, a button that shows or hides the definition, and the definition below.

    :param text: the definition; lines of it stand below one another.
    """

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = FlowLayout(spacing=8)
        self.button = QPushButton("What is this?", self)
        self.button.setObjectName("segment")
        self.button.setCheckable(True)
        self.button.setToolTip("What it is, which direction is good, and what it cannot see")
        icons.put(self.button, "info")
        self.text = muted(text, self)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(self.row)
        column.addWidget(self.text)
        self.button.toggled.connect(self._show)

    def add(self, *widgets: QWidget) -> None:
        """Put controls into the row; the button stands behind the last of them."""
        self.row.removeWidget(self.button)
        for widget in (*widgets, self.button):
            self.row.addWidget(widget)

    def define(self, text: str) -> None:
        """Another definition."""
        self.text.setText(text)

    @Slot(bool)
    def _show(self, shown: bool) -> None:
        self.text.setVisible(shown)


def said_line(parent: QWidget) -> TextLabel:
    """A sentence that can be selected, in as many lines as it needs."""
    label = TextLabel(parent)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
