"""A legend entry: a sample of the line or bar, a name, and the latest value."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from maga_desk.ui import theme

Sample = Literal["line", "dashed", "dotted", "bar", "hollow"]
LINES = {"line": Qt.PenStyle.SolidLine, "dashed": Qt.PenStyle.DashLine, "dotted": Qt.PenStyle.DotLine}
SAMPLE_WIDTH = 24


class LegendKey(QWidget):
    """One entry. ``colour`` is the name of a field of ``theme.Colours``."""

    def __init__(self, name: str, colour: str, sample: Sample, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._colour, self._sample = name, colour, sample
        self._value = ""
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        return f"{self._name} {self._value}".rstrip()

    def set_name(self, name: str) -> None:
        """Another name for the same sample."""
        if name != self._name:
            self._name = name
            self.setAccessibleName(self.text)
            self.updateGeometry()
            self.update()

    def set_value(self, value: str) -> None:
        """Text behind the name, e.g. ``81.2 %``."""
        if value != self._value:
            self._value = value
            self.setAccessibleName(self.text)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(SAMPLE_WIDTH + 8 + metrics.horizontalAdvance(self.text) + 2, metrics.height() + 4)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.colours()
        colour, middle = QColor(getattr(colours, self._colour)), self.height() // 2
        if self._sample in LINES:
            painter.setPen(QPen(colour, 2, LINES[self._sample]))
            painter.drawLine(0, middle, SAMPLE_WIDTH, middle)
        elif self._sample == "bar":
            painter.fillRect(QRect(8, middle - 6, 12, 12), colour)
        else:
            painter.setPen(QPen(colour, 1.5))
            painter.drawRect(QRect(8, middle - 6, 12, 12))
        painter.setPen(QColor(colours.text))
        box = self.rect().adjusted(SAMPLE_WIDTH + 8, 0, 0, 0)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text)
        painter.end()
