"""The rail at the left: six steps, each with its icon and a numbered mark of its state."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QVBoxLayout, QWidget

from maga_desk.ui import icons, theme

STATES = {"missing": "something is missing", "ready": "ready", "done": "done", "busy": "working", "paused": "paused"}


class RailButton(QAbstractButton):
    """One step: its icon and title, and its number in a circle whose form tells the state (not the colour alone)."""

    def __init__(self, number: int, title: str, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number, self._icon = number, icon
        self.setText(title)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._state = "missing"
        self.set_state("missing")
        icons.follow(self._redraw)

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
        colour = c.text_muted if self._state == "missing" and not self.isChecked() else c.text
        middle = round(area.center().y())
        icons.paint(painter, QRect(round(area.left()) + 8, middle - 10, 20, 20), self._icon, colour)
        self._draw_mark(painter, QRectF(area.right() - 27, middle - 10, 20, 20))
        font = self.font()
        font.setBold(self.isChecked())
        painter.setFont(font)
        painter.setPen(QColor(colour))
        painter.drawText(area.adjusted(36, 0, -30, 0), int(Qt.AlignmentFlag.AlignVCenter), self.text())

    @Slot()
    def _redraw(self) -> None:
        self.update()

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
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 0.85)
        painter.setFont(font)
        painter.drawText(circle, int(Qt.AlignmentFlag.AlignCenter), sign)


class Rail(QWidget):
    """The buttons. Signal ``chosen(int position)``.

    :param steps: title and icon of each.
    """

    chosen = Signal(int)

    def __init__(self, steps: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Steps")
        self._group = QButtonGroup(self)
        self.buttons: list[RailButton] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 12, 4, 12)
        layout.setSpacing(2)
        for number, (title, icon) in enumerate(steps, start=1):
            button = RailButton(number, title, icon, self)
            self._group.addButton(button, number - 1)
            self.buttons.append(button)
            layout.addWidget(button)
        layout.addStretch(1)
        self._group.idClicked.connect(self.chosen)

    def select(self, position: int) -> None:
        """Mark a step as the one that is shown."""
        self.buttons[position].setChecked(True)
