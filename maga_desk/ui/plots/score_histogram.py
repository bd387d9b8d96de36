"""Scores of members and of others as two histograms with a threshold that can be moved.

Importing this module imports pyqtgraph, which takes about 0.6 s: import it when the plot is first shown.
"""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from maga_desk.domain.closer.scores import Scores
from maga_desk.ui import theme
from maga_desk.ui.plots.quiet import dress, quiet_plot
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway, number_text


class ScoreHistogram(QWidget):
    """Members filled, others as an outline. Signal: ``moved(float)``, where a person put the threshold."""

    moved = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scores: Scores | None = None
        self.setAccessibleName("How sure the model is of members and of others")
        self.plot = quiet_plot(self, "Share, %", "Log-odds of the true class")
        self.plot.setMinimumHeight(130)
        self.takeaway = Takeaway(self, "scores", self.rows)
        self._line = pg.InfiniteLine(angle=90, movable=True)
        self._line.sigPositionChanged.connect(self._tell)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        theme.follow(self._draw)

    def sizeHint(self) -> QSize:
        return QSize(480, 170)

    def set_scores(self, scores: Scores | None) -> None:
        """Draw others; the threshold stays where it is."""
        self._scores = scores
        self._draw()

    def set_threshold(self, value: float) -> None:
        """Put the line somewhere; nobody is told."""
        self._line.blockSignals(True)
        self._line.setValue(value)
        self._line.blockSignals(False)

    def rows(self) -> Rows:
        """What is drawn, a row for each bin."""
        if self._scores is None:
            return []
        edges, mine, theirs = self._scores.histogram()
        members, others = self._scores.said
        titles = [["from", "to", members, others]]
        return titles + [[*map(number_text, (edges[i], edges[i + 1], mine[i], theirs[i]))] for i in range(len(mine))]

    @Slot()
    def _draw(self) -> None:
        colours, item = theme.colours(), self.plot.getPlotItem()
        item.clear()
        dress(self.plot)
        found = self._scores
        if found is None or not found.known:
            return
        edges, mine, theirs = found.histogram()
        ground = QColor(colours.forget)
        ground.setAlpha(70)
        pen = pg.mkPen(QColor(colours.forget), width=1)
        item.plot(edges, 100 * mine, stepMode="center", fillLevel=0, brush=pg.mkBrush(ground), pen=pen)
        dashes = pg.mkPen(QColor(colours.text), width=1, style=Qt.PenStyle.DashLine)
        item.plot(edges, 100 * theirs, stepMode="center", pen=dashes)
        self._line.setPen(pg.mkPen(QColor(colours.accent), width=2))
        self._line.setHoverPen(pg.mkPen(QColor(colours.accent), width=4))
        self._line.setBounds((float(edges[0]), float(edges[-1])))
        item.addItem(self._line)
        item.setXRange(float(edges[0]), float(edges[-1]), padding=0.02)
        item.setYRange(0, float(100 * max(mine.max(), theirs.max())), padding=0.06)

    @Slot(object)
    def _tell(self, line: pg.InfiniteLine) -> None:
        self.moved.emit(float(line.value()))
