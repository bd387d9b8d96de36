"""Two live curves, retain and forget accuracy over the steps of a run.

Importing this module imports pyqtgraph, which takes about 0.6 s: import it when the plot is first shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from maga_desk.domain.events import Scalars
from maga_desk.ui import theme
from maga_desk.ui.plots.quiet import dress, quiet_plot
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway, number_text

EMPTY_STEPS = 100.0
KEYS = ("retain_accuracy", "forget_accuracy")
REFERENCE = "retain_accuracy"
"""What is measured of a retraining; it is drawn in a plot of its own: its steps are others."""


class Series:
    """Points that only grow, kept in arrays that double: adding one costs nothing.

    Non-finite values are left out, so that the curve need not look for them.
    """

    def __init__(self, room: int = 256) -> None:
        self._x: NDArray[np.float64] = np.empty(room)
        self._y: NDArray[np.float64] = np.empty(room)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def room(self) -> int:
        return len(self._x)

    @property
    def x(self) -> NDArray[np.float64]:
        """A view of the steps so far."""
        return self._x[: self._count]

    @property
    def y(self) -> NDArray[np.float64]:
        """A view of the values so far."""
        return self._y[: self._count]

    def clear(self) -> None:
        self._count = 0

    def add(self, x: float, y: float) -> None:
        if not math.isfinite(y):
            return
        if self._count == len(self._x):
            self._x = np.concatenate([self._x, np.empty_like(self._x)])
            self._y = np.concatenate([self._y, np.empty_like(self._y)])
        self._x[self._count], self._y[self._count] = x, y
        self._count += 1


class Curves(QWidget):
    """The plot: y from 0 to 100 percent, x in steps, retain solid and forget dashed."""

    def __init__(self, parent: QWidget | None = None, keys: Sequence[str] = KEYS, *, reference: bool = False) -> None:
        """:param reference: it is the curve of a retraining, dotted."""
        super().__init__(parent)
        self._reference = reference
        what = "Retain accuracy of the retraining" if reference else "Retain and forget accuracy"
        self.setAccessibleName(f"{what} over the steps")
        self.series = {key: Series() for key in keys}
        self._taken: list[Scalars] = []
        self.takeaway = Takeaway(self, "accuracy-of-retraining" if reference else "accuracy-over-steps", self.rows)
        self._plot = quiet_plot(self, "Accuracy, %", "Step of the retraining" if reference else "Step")
        item = self._plot.getPlotItem()
        item.setYRange(0, 100, padding=0.05)
        item.setXRange(0, EMPTY_STEPS, padding=0.02)
        item.setClipToView(True)
        item.setDownsampling(auto=True, mode="peak")
        item.getAxis("left").setTickSpacing(25, 25)
        self.curves: dict[str, Any] = {
            key: item.plot(skipFiniteCheck=True, autoDownsample=True, clipToView=True) for key in keys
        }
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        theme.follow(self._restyle)

    def sizeHint(self) -> QSize:
        return QSize(480, 240)

    def set_history(self, history: Sequence[Scalars]) -> None:
        """Draw the whole history so far; what was drawn before is not read again."""
        known = len(self._taken)
        grown = known <= len(history) and (known == 0 or history[known - 1] == self._taken[-1])
        if not grown or (known and history[0] != self._taken[0]):
            for series in self.series.values():
                series.clear()
            known, self._taken = 0, []
        for scalars in history[known:]:
            self._taken.append(scalars)
            for key, series in self.series.items():
                if key in scalars.values:
                    series.add(scalars.step, scalars.values[key])
        for key, curve in self.curves.items():
            curve.setData(self.series[key].x, self.series[key].y)
        last = max((series.x[-1] for series in self.series.values() if len(series)), default=0.0)
        self._plot.getPlotItem().setXRange(0, float(last) if last else EMPTY_STEPS, padding=0.02)

    def rows(self) -> Rows:
        """What is drawn, a row for each measured step."""
        named = [["step", *self.series]]
        return named + [
            [str(scalars.step), *(number_text(scalars.values.get(key)) for key in self.series)]
            for scalars in self._taken
        ]

    @Slot()
    def _restyle(self) -> None:
        colours = theme.colours()
        dress(self._plot)
        pens = {
            "retain_accuracy": (colours.retain, Qt.PenStyle.SolidLine),
            "forget_accuracy": (colours.forget, Qt.PenStyle.DashLine),
        }
        for key in self.curves:
            colour, style = (colours.text_muted, Qt.PenStyle.DotLine) if self._reference else pens[key]
            # width 1: pyqtgraph draws wider lines a hundred times more slowly
            self.curves[key].setPen(pg.mkPen(QColor(colour), width=1, style=style))
