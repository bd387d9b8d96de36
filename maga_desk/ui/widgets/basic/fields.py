"""The window's fields: they leave the mouse wheel to the page, so that scrolling past one never changes it.

Qt's own take the wheel wherever the pointer is, and the focus with it. Every page and dialog uses these instead; a test
looks for others.
"""

from __future__ import annotations

from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QSlider, QSpinBox, QWidget

from maga_desk.ui import theme

DECIMALS = 12
TEXT_MARGINS = (6, 0, 0, 0)
"""Left, top, right, bottom: style sheets cannot set them for spin boxes."""


class ChoiceBox(QComboBox):
    """A combo box without a wheel: keys and its list choose."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def minimumSizeHint(self) -> QSize:
        """As wide as what it holds: Qt's own stays that of an empty box, if it was measured before it was filled."""
        return super().minimumSizeHint() if self.minimumContentsLength() else self.sizeHint()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class Slider(QSlider):
    """A slider without a wheel: keys and the mouse move it."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """With a line around it while it has the focus: Qt's style hardly shows that."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setPen(QColor(theme.colours().accent))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)


class WholeBox(QSpinBox):
    """A spin box that takes the wheel only while it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setLocale(QLocale.c())
        self.lineEdit().setTextMargins(*TEXT_MARGINS)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class RealBox(QDoubleSpinBox):
    """A spin box for figures of any size: shows ``0.3``, ``0.0005`` or ``1e-07``, and reads ``5e-4``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setLocale(QLocale.c())
        self.lineEdit().setTextMargins(*TEXT_MARGINS)
        self.setDecimals(DECIMALS)
        self.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)

    def textFromValue(self, value: float) -> str:
        return f"{value:.6g}"

    def valueFromText(self, text: str) -> float:
        try:
            return float(text.replace(",", "."))
        except ValueError:
            return self.value()

    def validate(self, text: str, pos: int) -> tuple[QValidator.State, str, int]:
        """Anything that may still become a number is let through; what is out of bounds is no final answer."""
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            partial = set(text.lower()) <= set("0123456789.,e+-")
            state = QValidator.State.Intermediate if partial else QValidator.State.Invalid
            return state, text, pos
        inside = self.minimum() <= value <= self.maximum()
        return QValidator.State.Acceptable if inside else QValidator.State.Intermediate, text, pos

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
