"""What each run did to every class: bars up or down from the original's accuracy, a row for each net.

Painted here, without a plot library.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from maga_desk.domain.comparison_plain import class_sheet
from maga_desk.domain.comparison_table import RunGroup, TableRow
from maga_desk.ui import theme
from maga_desk.ui.widgets.basic.hover import HoverTips
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway

SIDE, TOP, ROW, LEAST_STEP, MOST_STEP, MOST_NAME = 150, 6, 76, 22, 96, 120
_ROUND = 10.0


class ClassChanges(HoverTips):
    """The chart; put it into a scroll area: it grows with the number of runs and of classes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group: RunGroup | None = None
        self._rows: list[TableRow] = []
        self._names: list[str] = []
        self._most = _ROUND
        self.takeaway = Takeaway(self, "change-of-classes", self.rows)
        self.setAccessibleName("Change of the test accuracy of every class, in points")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_group(self, group: RunGroup | None) -> None:
        """Show the nets of a group, all but the original."""
        self._group = group
        self._rows = [row for row in group.rows if row.kind != "original"] if group is not None else []
        self._names = list(self._rows[0].changes) if self._rows else []
        changes = [abs(value) for row in self._rows for value in row.changes.values() if value is not None]
        self._most = max(_ROUND, *changes, _ROUND)
        self.setAccessibleDescription("; ".join(f"{row.label}: {self._said(row)}" for row in self._rows))
        self.setMinimumHeight(self.minimumSizeHint().height())
        self.updateGeometry()
        self.update()

    def rows(self) -> Rows:
        """What is drawn, a row for each class."""
        return class_sheet(self._group) if self._group is not None else []

    def minimumSizeHint(self) -> QSize:
        return QSize(SIDE + len(self._names) * LEAST_STEP, TOP + len(self._rows) * ROW + self._names_height())

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint().expandedTo(QSize(560, 200))

    def tip_at(self, point: QPoint) -> str:
        row, column = (point.y() - TOP) // ROW, int((point.x() - SIDE) // self._step())
        if not (0 <= row < len(self._rows) and 0 <= column < len(self._names)) or point.x() < SIDE:
            return self._rows[row].title if 0 <= row < len(self._rows) else ""
        net, name = self._rows[row], self._names[column]
        return f"{net.label}, {self._marked(name)}: {_points(net.changes.get(name))}"

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        step = self._step()
        self._bands(painter, step)
        for place, row in enumerate(self._rows):
            self._row(painter, row, TOP + place * ROW, step)
        for place, name in enumerate(self._names):
            self._name(painter, name, SIDE + place * step, step)
        painter.end()

    def _bands(self, painter: QPainter, step: float) -> None:
        ground = QColor(theme.colours().forget)
        ground.setAlpha(28)
        for place, name in enumerate(self._names):
            if self._forgotten(name):
                painter.fillRect(QRectF(SIDE + place * step, TOP, step, ROW * len(self._rows)), ground)

    def _row(self, painter: QPainter, row: TableRow, top: int, step: float) -> None:
        colours, middle, half = theme.colours(), top + ROW / 2, ROW / 2 - 14
        painter.setFont(self.font())
        painter.setPen(QColor(colours.text))
        label = painter.fontMetrics().elidedText(row.label, Qt.TextElideMode.ElideMiddle, SIDE - 46)
        beginning = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, top, SIDE - 40, ROW), beginning, label)
        painter.setPen(QColor(colours.text_muted))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        line = painter.fontMetrics().height()
        for mark in (self._most, 0.0, -self._most):
            y = middle - half * mark / self._most
            painter.drawText(
                QRectF(SIDE - 44, y - line / 2, 38, line), right, f"{mark:+.0f}".replace("-", "−") if mark else "0"
            )
        painter.setPen(QPen(QColor(colours.border), 1))
        end = SIDE + step * len(self._names)
        painter.drawLine(SIDE, round(middle), round(end), round(middle))
        painter.drawLine(0, top + ROW, round(end), top + ROW)
        for place, name in enumerate(self._names):
            value = row.changes.get(name)
            if value is None:
                painter.setPen(QColor(colours.text_muted))
                box = QRectF(SIDE + place * step, middle - line, step, line)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "?")
                continue
            height = max(abs(half * value / self._most), 1.5)  # no change is a thin line, not nothing
            width = min(step * 0.6, 40.0)
            left = SIDE + (place + 0.5) * step - width / 2
            bar = QRectF(left, middle - height if value > 0 else middle, width, height)
            tone = colours.forget if self._forgotten(name) else colours.retain
            if row.kind == "retrained":
                painter.setPen(QPen(QColor(colours.text), 1.2))
                painter.drawRect(bar)
            else:
                painter.fillRect(bar, QColor(tone))

    def _name(self, painter: QPainter, name: str, start: float, step: float) -> None:
        colours, top = theme.colours(), TOP + len(self._rows) * ROW + 4
        font = QFont(self.font())
        font.setBold(self._forgotten(name))
        painter.setFont(font)
        painter.setPen(QColor(colours.forget if self._forgotten(name) else colours.text))
        room = self._names_height() - 8
        painter.save()
        painter.translate(start + step / 2, top)
        painter.rotate(-90)
        text = painter.fontMetrics().elidedText(self._marked(name), Qt.TextElideMode.ElideRight, room)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(-room, -step / 2, room, step), right, text)
        painter.restore()

    def _step(self) -> float:
        return min(max((self.width() - SIDE) / max(1, len(self._names)), LEAST_STEP), MOST_STEP)

    def _names_height(self) -> int:
        font = QFont(self.font())
        font.setBold(True)
        widest = max((self.fontMetrics().horizontalAdvance(self._marked(name)) for name in self._names), default=0)
        return min(round(widest * 1.1), MOST_NAME) + 16

    def _forgotten(self, name: str) -> bool:
        return self._group is not None and name in self._group.classes

    def _marked(self, name: str) -> str:
        return f"{name} (forgotten)" if self._forgotten(name) else name

    def _said(self, row: TableRow) -> str:
        return ", ".join(f"{self._marked(name)} {_points(value)}" for name, value in row.changes.items())


def _points(value: float | None) -> str:
    return "no test pictures" if value is None else f"{value:+.1f} points".replace("-", "−")
