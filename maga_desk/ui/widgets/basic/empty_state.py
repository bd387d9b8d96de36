"""What stands on a page, or in a view, that has nothing to show: one line, and where to go."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QAbstractItemView, QPushButton, QVBoxLayout, QWidget

from maga_desk.ui import theme
from maga_desk.ui.widgets.basic.labels import TextLabel


class EmptyState(QWidget):
    """Signal: ``pressed()``, when a person follows the button."""

    pressed = Signal()

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label, self.button = TextLabel(text, self), QPushButton(self)
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.label.setWordWrap(True)
        theme.set_tone(self.label, "muted")
        font = QFont(self.label.font())
        font.setPointSizeF(font.pointSizeF() * 1.1)
        self.label.setFont(font)
        self.button.setObjectName("primary")
        self.button.clicked.connect(self.pressed)
        column = QVBoxLayout(self)
        column.setSpacing(14)
        column.addStretch(2)
        column.addWidget(self.label)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        self.offer("")

    def say(self, text: str) -> None:
        self.label.setText(text)

    def offer(self, title: str) -> None:
        """A button of this title; an empty one takes it away."""
        self.button.setText(title)
        self.button.setVisible(bool(title))


def paint_empty(view: QAbstractItemView, text: str) -> None:
    """Write a line into the middle of a view that shows no rows; to be called in its ``paintEvent``, after its own."""
    if text and not view.model().rowCount():
        painter = QPainter(view.viewport())
        paint_line(painter, view.viewport().rect(), text)
        painter.end()


def paint_line(painter: QPainter, place: QRect, text: str) -> None:
    """Write a line into the middle of an empty place."""
    painter.setPen(QColor(theme.colours().text_muted))
    flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
    painter.drawText(place.adjusted(24, 24, -24, -24), flags, text)
