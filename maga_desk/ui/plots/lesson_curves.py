"""What comes back while copies are trained: accuracy on the forgotten over the steps.

Importing this module imports pyqtgraph, which takes about 0.6 s: import it when the plot is first shown.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from maga_desk.domain.closer.lesson import FORGOTTEN_TOLD, RETAINED_TOLD
from maga_desk.domain.events import Scalars
from maga_desk.ui import theme
from maga_desk.ui.plots.quiet import dress, quiet_plot
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway, number_text

NETS = {"run": "unlearned", "reference": "retrained"}


class LessonCurves(QWidget):
    """The unlearned net's copy in orange, the retrained net's dashed, what stays of the first as a quiet line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.points: list[Scalars] = []
        self._steps = 60
        self.setAccessibleName("Accuracy while copies are trained")
        self.plot = quiet_plot(self, "Accuracy, %", "Training steps of the copy")
        self.plot.setMinimumHeight(130)
        item = self.plot.getPlotItem()
        item.setYRange(0, 100, padding=0.05)
        item.getAxis("left").setTickSpacing(25, 25)
        self._back, self._never, self._kept = item.plot(), item.plot(), item.plot()
        self.takeaway = Takeaway(self, "relearning-live", self.rows)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        theme.follow(self._restyle)

    def sizeHint(self) -> QSize:
        return QSize(480, 170)

    def begin(self, steps: int) -> None:
        """Empty, with room for so many steps."""
        self.points, self._steps = [], steps
        self.add([])

    def add(self, points: Sequence[Scalars]) -> None:
        """More measurements."""
        self.points += points
        for curve, series, key in (
            (self._back, "run", FORGOTTEN_TOLD),
            (self._never, "reference", FORGOTTEN_TOLD),
            (self._kept, "run", RETAINED_TOLD),
        ):
            mine = [each for each in self.points if each.series == series and key in each.values]
            curve.setData([each.step for each in mine], [each.values[key] for each in mine])
        self.plot.getPlotItem().setXRange(0, self._steps, padding=0.02)

    def rows(self) -> Rows:
        """What is drawn, a row for each measurement."""
        return [["model", "step", "forgotten", "stays"]] + [
            [
                NETS[each.series],
                str(each.step),
                number_text(each.values.get(FORGOTTEN_TOLD)),
                number_text(each.values.get(RETAINED_TOLD)),
            ]
            for each in self.points
        ]

    @Slot()
    def _restyle(self) -> None:
        c = theme.colours()
        dress(self.plot)
        self._back.setPen(pg.mkPen(QColor(c.forget), width=1))
        self._never.setPen(pg.mkPen(QColor(c.text), width=1, style=Qt.PenStyle.DashLine))
        self._kept.setPen(pg.mkPen(QColor(c.retain), width=1, style=Qt.PenStyle.DotLine))
