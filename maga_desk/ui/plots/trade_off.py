"""The trade-off of runs: what is still known of the forgotten against what is known of the rest; size is time.

Importing this module imports pyqtgraph, which takes about 0.6 s: import it when the plot is first shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from maga_desk.domain.comparison_table import Kind, RunGroup
from maga_desk.domain.durations import exact
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.results import Figure
from maga_desk.ui import theme
from maga_desk.ui.plots.quiet import dress, quiet_plot
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway, number_text

LEAST, MOST, UNKNOWN = 9.0, 34.0, 11.0
"""Diameters in pixels: of no time, of the longest, and where the time is not known."""
_LINES, _NEAR_ACROSS, _NEAR_UP = 4, 0.25, 0.12
SYMBOLS: dict[Kind, str] = {"original": "s", "retrained": "d", "run": "o"}


@dataclass(frozen=True)
class TradePoint:
    """A net with both figures."""

    kind: Kind
    label: str
    x: Figure
    y: Figure
    seconds: float | None


class TradeOff(QWidget):
    """The plot; original and retrained stand in it as points of their own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group: RunGroup | None = None
        self._keys = ("retain_test", "forget_test")
        self.points: list[TradePoint] = []
        self.left_out: list[str] = []
        self.plot = quiet_plot(self, "", "")
        self.plot.getPlotItem().showGrid(x=True, y=True, alpha=0.2)
        self.plot.getPlotItem().getAxis("left").enableAutoSIPrefix(False)
        self.takeaway = Takeaway(self, "trade-off", self.rows)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        theme.follow(self._draw)

    def sizeHint(self) -> QSize:
        return QSize(520, 320)

    def set_group(self, group: RunGroup | None, stays: str, forgotten: str) -> None:
        """Draw the nets of a group.

        :param stays: key of the figure to the right; ``forgotten``: of the one upwards.
        """
        self._group, self._keys = group, (stays, forgotten)
        self.points, self.left_out = [], []
        for row in group.rows if group is not None else ():
            x, y = row.cells[stays].figure, row.cells[forgotten].figure
            if x is None or y is None:
                self.left_out.append(row.label)
            else:
                self.points.append(TradePoint(row.kind, row.label, x, y, row.seconds))
        titles = [MEASURES[key].title for key in self._keys]
        self.setAccessibleName(f"{titles[1]} against {titles[0]}, a point for each net; its size is its time")
        self.setAccessibleDescription(self.text())
        self._draw()

    def text(self) -> str:
        """All points in words."""
        stays, forgotten = (MEASURES[key] for key in self._keys)
        said = [
            f"{point.label}: {forgotten.title} {forgotten.text(point.y.value)}, {stays.title} "
            f"{stays.text(point.x.value)}, {'time not known' if point.seconds is None else exact(point.seconds)}"
            for point in self.points
        ]
        return "; ".join(said)

    def rows(self) -> Rows:
        """What is drawn, a row for each net."""
        titles = [f"{key}{part}" for key in self._keys for part in ("", " low", " high")]
        rows = [["net", *titles, "seconds"]]
        for point in self.points:
            numbers = [n for each in (point.x, point.y) for n in (each.value, each.low, each.high)]
            rows.append([point.label, *map(number_text, numbers), number_text(point.seconds)])
        return rows

    @Slot()
    def _draw(self) -> None:
        colours, item = theme.colours(), self.plot.getPlotItem()
        self.plot.clear()
        dress(self.plot)
        stays, forgotten = (MEASURES[key] for key in self._keys)
        item.setLabel("bottom", _axis(stays.title, stays.unit))
        item.setLabel("left", _axis(forgotten.title, forgotten.unit))
        tones: dict[Kind, str] = {"original": colours.text_muted, "retrained": colours.text, "run": colours.accent}
        most = max((point.seconds or 0.0 for point in self.points), default=0.0)
        for point in self.points:
            self._whiskers(point, colours.border)
        for point in sorted(self.points, key=lambda point: -(point.seconds or 0.0)):  # the small above the large
            tone = QColor(tones[point.kind])
            ground = QColor(tone)
            ground.setAlpha(110 if point.kind == "run" else 0)
            item.addItem(
                pg.ScatterPlotItem(
                    [point.x.value],
                    [point.y.value],
                    size=_diameter(point.seconds, most),
                    symbol=SYMBOLS[point.kind],
                    pen=pg.mkPen(tone, width=1.5),
                    brush=pg.mkBrush(ground),
                )
            )
        self._name(most, colours.text)
        self._frame()

    def _whiskers(self, point: TradePoint, tone: str) -> None:
        """The 95 % intervals."""
        pen = pg.mkPen(QColor(tone), width=1)
        for across, figure in ((True, point.x), (False, point.y)):
            if figure.low is None or figure.high is None:
                continue
            ends = [figure.low, figure.high]
            x, y = (ends, [point.y.value] * 2) if across else ([point.x.value] * 2, ends)
            self.plot.getPlotItem().plot(x, y, pen=pen)

    def _name(self, most: float, tone: str) -> None:
        """Names above the points, in several lines where points are near one another."""
        across = _spread([point.x.value for point in self.points])
        up = _spread([point.y.value for point in self.points])
        placed: list[TradePoint] = []
        for point in sorted(self.points, key=lambda point: point.x.value):
            near = [
                other
                for other in placed[-_LINES:]
                if point.x.value - other.x.value <= _NEAR_ACROSS * across
                and abs(point.y.value - other.y.value) <= _NEAR_UP * up
            ]
            placed.append(point)
            name = pg.TextItem(point.label, color=QColor(tone))
            height = name.boundingRect().height() or 1.0
            lines = len(near) % _LINES + 0.5 * _diameter(point.seconds, most) / height
            name.setAnchor((0.5, 1.0 + lines))
            name.setPos(point.x.value, point.y.value)
            self.plot.getPlotItem().addItem(name, ignoreBounds=True)

    def _frame(self) -> None:
        """Room around all points and intervals; no mark stands at what no figure can be."""
        for side, key, figures in (
            ("bottom", self._keys[0], [point.x for point in self.points]),
            ("left", self._keys[1], [point.y for point in self.points]),
        ):
            bounds = [n for each in figures for n in (each.value, each.low, each.high) if n is not None]
            low, high = (min(bounds), max(bounds)) if bounds else (0.0, 1.0)
            room = max(0.12 * (high - low), 1e-3 * max(abs(high), 1.0))
            item = self.plot.getPlotItem()
            (item.setXRange if side == "bottom" else item.setYRange)(low - room, high + 1.5 * room, padding=0)
            ends = (
                (max(low - room, 0.0), min(high + 1.5 * room, 100.0))
                if MEASURES[key].unit == "percent"
                else (low, high)
            )
            marks = marks_between(*ends)
            item.getAxis(side).setTicks([[(mark, f"{mark:g}") for mark in marks]])


def marks_between(low: float, high: float, most: int = 8) -> list[float]:
    """Round numbers from ``low`` to ``high``, at most so many."""
    if high <= low:
        return [low]
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(step * factor for factor in (1, 2, 5, 10, 20) if (high - low) / (step * factor) <= most)
    first = math.ceil(low / step - 1e-9)
    return [round(place * step, 12) for place in range(first, math.floor(high / step + 1e-9) + 1)]


def _spread(values: Sequence[float]) -> float:
    return max(values, default=0.0) - min(values, default=0.0)


def _diameter(seconds: float | None, most: float) -> float:
    """The area grows with the time."""
    if seconds is None or not most:
        return UNKNOWN
    return LEAST + (MOST - LEAST) * math.sqrt(seconds / most)


def _axis(title: str, unit: str) -> str:
    return f"{title}, %" if unit == "percent" else title
