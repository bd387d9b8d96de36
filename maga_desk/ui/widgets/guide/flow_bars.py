"""Where the forget set goes: for every class in it, one stacked bar of its new labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from maga_desk.domain.proposal import Proposal
from maga_desk.ui import theme
from maga_desk.ui.widgets.basic.hover import HoverTips
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway
from maga_desk.ui.widgets.guide.shades import blend, readable_on

SHOWN = 4
ROW, BAR = 30, 20


@dataclass(frozen=True)
class Flow:
    """One class's pictures by new label, most frequent first; ``others`` holds the counts beyond the shown ones."""

    true: str
    total: int
    targets: tuple[tuple[str, int], ...]
    others: tuple[tuple[str, int], ...]

    def text(self) -> str:
        """``cat, 250 pictures: dog 212, deer 38``."""
        parts = ", ".join(f"{name} {count:,}" for name, count in (*self.targets, *self.others))
        return f"{self.true}, {self.total:,} pictures: {parts}"


def flows(proposal: Proposal | None) -> list[Flow]:
    """One entry for every class in the forget set, the largest first."""
    if proposal is None:
        return []
    table, names, found = proposal.flow(), proposal.matrix.classes, []
    for row in np.argsort(-table.sum(axis=1), kind="stable"):
        total = int(table[row].sum())
        if total == 0:
            break
        order = np.argsort(-table[row], kind="stable")
        parts = tuple((names[i], int(table[row, i])) for i in order if table[row, i])
        found.append(Flow(names[row], total, parts[:SHOWN], parts[SHOWN:]))
    return found


class FlowBars(HoverTips):
    """Paints the flows; put it into a scroll area."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flows: list[Flow] = []
        self.takeaway = Takeaway(self, "new-labels", self.rows)
        self.setAccessibleName("Where the forget set goes")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_proposal(self, proposal: Proposal | None) -> None:
        self._flows = flows(proposal)
        self.setAccessibleDescription("; ".join(flow.text() for flow in self._flows[:20]))
        self.updateGeometry()
        self.update()

    def rows(self) -> Rows:
        """What is drawn, a row for each class and new label."""
        return [["class", "new label", "pictures"]] + [
            [flow.true, name, str(count)] for flow in self._flows for name, count in (*flow.targets, *flow.others)
        ]

    def sizeHint(self) -> QSize:
        return QSize(240, max(ROW, ROW * len(self._flows)))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    def tip_at(self, point: QPoint) -> str:
        row = point.y() // ROW
        return self._flows[row].text() if 0 <= row < len(self._flows) else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(_caption(flow)) for flow in self._flows), default=0)
        left = min(widest + 16, self.width() // 3)
        for i, flow in enumerate(self._flows):
            top = i * ROW
            if event.rect().intersects(QRect(0, top, self.width(), ROW)):
                self._row(painter, flow, left, top + (ROW - BAR) // 2)
        painter.end()

    def _row(self, painter: QPainter, flow: Flow, left: int, top: int) -> None:
        colours, metrics = theme.colours(), self.fontMetrics()
        painter.setPen(QColor(colours.text))
        caption = metrics.elidedText(_caption(flow), Qt.TextElideMode.ElideRight, left - 12)
        box = QRect(0, top, left - 12, BAR)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, caption)
        width = max(1, self.width() - left - 1)
        spread = sum(count for _, count in flow.others)
        parts = [*flow.targets, *([(f"{len(flow.others)} others", spread)] if flow.others else [])]
        start, done = left, 0
        for i, (name, count) in enumerate(parts):
            done += count
            end = left + round(width * done / flow.total)
            ground = blend(QColor(colours.accent), QColor(colours.surface), 0.2 * i)
            if i >= SHOWN:
                ground = QColor(colours.surface_alt)
            box = QRect(QPoint(start, top), QPoint(max(start, end - 2), top + BAR - 1))
            painter.fillRect(box, ground)
            self._inside(painter, box, f"{name} · {count:,}", name, ground)
            start = end

    def _inside(self, painter: QPainter, box: QRect, full: str, short: str, ground: QColor) -> None:
        font = QFont(self.font())
        painter.setPen(readable_on(ground))
        painter.setFont(font)
        room = box.width() - 8
        text = next((t for t in (full, short) if self.fontMetrics().horizontalAdvance(t) <= room), "")
        painter.drawText(box.adjusted(4, 0, -4, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


def _caption(flow: Flow) -> str:
    return f"{flow.true}  {flow.total:,}"
