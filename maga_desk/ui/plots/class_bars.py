"""Test accuracy of every class before, after and retrained, as grouped bars. Painted here, without a plot library."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from maga_desk.domain.results import Report
from maga_desk.ui import theme
from maga_desk.ui.widgets.basic.hover import HoverTips
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway, number_text

LEFT, TOP, LOWEST, HIGHEST = 44, 8, 110, 320
NARROWEST, WIDEST = 26, 96
USUAL_WIDTH = 1000
RETRAINED, COMPARED = "retrained", "compared with"


@dataclass(frozen=True)
class Group:
    """One class: percent or ``None`` (no test pictures) for before, after and retrained.

    :param beside: what the third is: a net that is not known to be retrained is not called so.
    """

    name: str
    values: tuple[float | None, float | None, float | None]
    forgotten: bool
    beside: str = RETRAINED

    def text(self) -> str:
        """``cat (forgotten): before 71.0 %, after 0.4 %, retrained 0.0 %``."""
        titles = ("before", "after", self.beside)
        parts = [f"{t} {v:.1f} %" for t, v in zip(titles, self.values, strict=True) if v is not None]
        mark = " (forgotten)" if self.forgotten else ""
        return f"{self.name}{mark}: {', '.join(parts) or 'no test pictures'}"


def _marked(group: Group) -> str:
    return f"{group.name} (forgotten)" if group.forgotten else group.name


def beside(report: Report | None) -> str:
    """What the net beside the result is called."""
    return RETRAINED if report is None or report.judged else COMPARED


def groups(report: Report | None, forgotten: Collection[str] = ()) -> list[Group]:
    """One group for every class of the model, in its order."""
    if report is None:
        return []
    tables = [audit.per_class if audit else () for audit in (report.before, report.after, report.retrained)]

    def value(table: tuple[float | None, ...], i: int) -> float | None:
        return table[i] if i < len(table) else None

    return [
        Group(name, (value(tables[0], i), value(tables[1], i), value(tables[2], i)), name in forgotten, beside(report))
        for i, name in enumerate(report.classes)
    ]


class ClassBars(HoverTips):
    """The chart; put it into a scroll area: it grows sideways with the number of classes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: list[Group] = []
        self._beside = RETRAINED
        self.takeaway = Takeaway(self, "accuracy-of-classes", self.rows)
        self.setAccessibleName("Test accuracy of every class")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def groups(self) -> list[Group]:
        return self._groups

    def set_report(self, report: Report | None, forgotten: Collection[str] = ()) -> None:
        self._groups, self._beside = groups(report, forgotten), beside(report)
        self.setAccessibleDescription("; ".join(group.text() for group in self._groups))
        self.updateGeometry()
        self.update()

    def rows(self) -> Rows:
        """What is drawn, a row for each class."""
        titles = [["class", "forgotten", "before", "after", self._beside]]
        return titles + [
            [group.name, "yes" if group.forgotten else "no", *map(number_text, group.values)] for group in self._groups
        ]

    def sizeHint(self) -> QSize:
        count = max(1, len(self._groups))
        return QSize(LEFT + min(count * WIDEST, max(count * NARROWEST, 560)), TOP + LOWEST + self._names_height())

    def minimumSizeHint(self) -> QSize:
        return QSize(LEFT + len(self._groups) * NARROWEST, self.sizeHint().height())

    def tip_at(self, point: QPoint) -> str:
        place = int((point.x() - LEFT) // self._step()) if self._groups else -1
        return self._groups[place].text() if 0 <= place < len(self._groups) else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        step, seen = self._step(), event.rect()
        self._bands(painter, step)
        self._scale(painter)
        for i, group in enumerate(self._groups):
            start = LEFT + i * step
            if seen.left() - 140 <= start + step and start <= seen.right() + 140:
                self._bars(painter, group, start, step)
                self._name(painter, group, start, step)
        painter.end()

    def _step(self) -> float:
        return min(max((self.width() - LEFT) / max(1, len(self._groups)), NARROWEST), WIDEST)

    def _slanted(self) -> bool:
        """Whether the names do not fit side by side; before the chart has its width, the page's usual one is taken."""
        usual = min((USUAL_WIDTH - LEFT) / max(1, len(self._groups)), WIDEST)
        step = self._step() if self.isVisible() else usual
        return max((self.fontMetrics().horizontalAdvance(group.name) for group in self._groups), default=0) + 8 > step

    def _names_height(self) -> int:
        upright = 2 * self.fontMetrics().height() + 10
        if not self._slanted():
            return upright
        bold = QFont(self.font())
        bold.setBold(True)
        metrics = QFontMetrics(bold)
        widest = max(metrics.horizontalAdvance(_marked(group)) for group in self._groups)
        return max(upright, min(widest, 160) + 14)

    def _plot(self) -> int:
        """Height of the plot, without the names."""
        return min(max(self.height() - TOP - self._names_height(), LOWEST), HIGHEST)

    def _y(self, percent: float) -> float:
        return TOP + self._plot() * (1 - percent / 100)

    def _bands(self, painter: QPainter, step: float) -> None:
        for i, group in enumerate(self._groups):
            if group.forgotten:
                ground = QColor(theme.colours().forget)
                ground.setAlpha(28)
                painter.fillRect(QRectF(LEFT + i * step, TOP, step, self._plot()), ground)

    def _scale(self, painter: QPainter) -> None:
        colours = theme.colours()
        end = LEFT + self._step() * len(self._groups)
        for percent in (0, 25, 50, 75, 100):
            y = self._y(percent)
            painter.setPen(QPen(QColor(colours.border), 1))
            painter.drawLine(LEFT, round(y), round(end), round(y))
            painter.setPen(QColor(colours.text_muted))
            box = QRect(0, round(y) - 8, LEFT - 8, 16)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{percent}")

    def _bars(self, painter: QPainter, group: Group, start: float, step: float) -> None:
        colours = theme.colours()
        width = min(step * 0.8, 66.0) / 3
        left = start + (step - 3 * width) / 2
        for i, value in enumerate(group.values):
            if value is None:
                continue
            top = min(self._y(value), TOP + self._plot() - 1.5)  # zero is a thin line, not nothing
            box = QRectF(left + i * width, top, width - 1.5, TOP + self._plot() - top)
            if i == 2:
                painter.setPen(QPen(QColor(colours.text), 1.2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(box.adjusted(0.6, 0.6, -0.6, 0))
            else:
                painter.fillRect(box, QColor(colours.accent if i else colours.text_muted))

    def _name(self, painter: QPainter, group: Group, start: float, step: float) -> None:
        colours, top = theme.colours(), TOP + self._plot() + 4
        font = QFont(self.font())
        font.setBold(group.forgotten)
        painter.setFont(font)
        painter.setPen(QColor(colours.forget if group.forgotten else colours.text))
        if self._slanted():
            painter.save()
            painter.translate(start + step / 2, top)
            painter.rotate(-90)
            text = _marked(group)
            room = self._names_height() - 8
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            box = QRectF(-room, -step / 2, room, step)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            painter.restore()
            return
        line = painter.fontMetrics().height()
        painter.drawText(QRectF(start, top, step, line), Qt.AlignmentFlag.AlignCenter, group.name)
        if group.forgotten:
            painter.setFont(self.font())
            small = painter.fontMetrics().elidedText("forgotten", Qt.TextElideMode.ElideRight, round(step))
            painter.drawText(QRectF(start, top + line, step, line), Qt.AlignmentFlag.AlignCenter, small)
