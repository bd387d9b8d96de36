"""The rail at the left: six numbered steps, each with a mark of its state."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QVBoxLayout, QWidget

from maga_desk.ui import theme

STATES = {"missing": "something is missing", "ready": "ready", "done": "done", "busy": "working", "paused": "paused"}


class RailButton(QAbstractButton):
    """One step: a number in a circle, its title, and the state in the circle's form (not by colour alone)."""

    def __init__(self, number: int, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = number
        self.setText(title)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._state = "missing"
        self.set_state("missing")

    def set_state(self, state: str) -> None:
        """``missing``, ``ready``, ``done``, ``busy`` or ``paused``."""
        self._state = state
        self.setAccessibleName(f"{self.text()}: {STATES[state]}")
        self.setToolTip(f"{self.text()}: {STATES[state]} (Ctrl+{self._number})")
        self.update()

    @property
    def state(self) -> str:
        return self._state

    def sizeHint(self) -> QSize:
        return QSize(140, max(44, self.fontMetrics().height() + 24))

    def paintEvent(self, _event: QPaintEvent) -> None:
        c = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(6, 3, -6, -3)
        if self.isChecked() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(c.selection if self.isChecked() else c.surface_alt))
            painter.drawRoundedRect(area, 8, 8)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(c.accent), 2))
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 8, 8)
        self._draw_mark(painter, QRectF(area.left() + 10, area.center().y() - 12, 24, 24))
        font = self.font()
        font.setBold(self.isChecked())
        painter.setFont(font)
        painter.setPen(QColor(c.text_muted if self._state == "missing" and not self.isChecked() else c.text))
        painter.drawText(area.adjusted(44, 0, -6, 0), int(Qt.AlignmentFlag.AlignVCenter), self.text())

    def _draw_mark(self, painter: QPainter, circle: QRectF) -> None:
        """Empty dashed: missing; empty: ready. Filled with a tick: done; a dot: working; two bars: paused."""
        c = theme.colours()
        full = self._state in ("done", "busy", "paused")
        tones = {"done": c.positive, "busy": c.accent, "paused": c.warning, "ready": c.accent}
        colour = QColor(tones.get(self._state, c.text_muted))
        pen = QPen(colour, 1.6)
        if self._state == "missing":
            pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        painter.setBrush(colour if full else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(circle)
        painter.setPen(QColor(c.surface) if full else colour)
        sign = {"done": "✓", "busy": "●", "paused": "‖"}.get(self._state, str(self._number))
        painter.drawText(circle, int(Qt.AlignmentFlag.AlignCenter), sign)


class Rail(QWidget):
    """The buttons. Signal ``chosen(int position)``."""

    chosen = Signal(int)

    def __init__(self, titles: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Steps")
        self._group = QButtonGroup(self)
        self.buttons: list[RailButton] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 12, 4, 12)
        layout.setSpacing(2)
        for number, title in enumerate(titles, start=1):
            button = RailButton(number, title, self)
            self._group.addButton(button, number - 1)
            self.buttons.append(button)
            layout.addWidget(button)
        layout.addStretch(1)
        self._group.idClicked.connect(self.chosen)

    def select(self, position: int) -> None:
        """Mark a step as the one that is shown."""
        self.buttons[position].setChecked(True)
