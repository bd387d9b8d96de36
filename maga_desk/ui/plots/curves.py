"""Live curves over the steps of a run, with those of earlier runs under them.

Importing this module imports pyqtgraph, which takes about 0.6 s: import it when the plot is first shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor, QFontMetrics
from PySide6.QtWidgets import QVBoxLayout, QWidget

from maga_desk.domain.events import Scalars
from maga_desk.domain.live import VIEWS, LiveView
from maga_desk.ui import theme
from maga_desk.ui.plots.quiet import dress, quiet_plot
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway, number_text

EMPTY_STEPS = 100.0
REFERENCE = replace(VIEWS[0], keys={"retain_accuracy": "Retain accuracy"})
"""What is measured of a retraining; it is drawn in a plot of its own: its steps are others."""

_DIM = 90  # of 255, of earlier runs
_AT_MOST = 20  # times a second that the cursor is followed
_NEARER = 0.8  # of the range that is left when one zooms in


@dataclass(frozen=True)
class Earlier:
    """A run that lies under the curves. :param title: how it is called."""

    title: str
    history: Sequence[Scalars]


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
    """The plot of one view, x in steps; what stays is solid, what is forgotten dashed.

    Dragging moves it, the wheel zooms, a double click shows all again. Signal: ``zoomed(bool)``, whether less or more
    than all is seen.
    """

    zoomed = Signal(bool)

    def __init__(self, parent: QWidget | None = None, view: LiveView = VIEWS[0], *, reference: bool = False) -> None:
        """:param reference: it is the curve of a retraining, dotted."""
        super().__init__(parent)
        self._reference, self._view = reference, view
        self.series: dict[str, Series] = {}
        self.curves: dict[str, Any] = {}
        self._taken: list[Scalars] = []
        self._earlier: tuple[Earlier, ...] = ()
        self._beneath: list[tuple[str, Any]] = []  # the key of each curve of an earlier run, and the curve
        self._free = False
        self.takeaway = Takeaway(self, "curve-of-retraining" if reference else "curves-of-the-run", self.rows)
        self._plot = quiet_plot(self, view.axis, "Step of the retraining" if reference else "Step")
        item = self._plot.getPlotItem()
        item.setMouseEnabled(x=True, y=True)
        item.setClipToView(True)
        item.setDownsampling(auto=True, mode="peak")
        box = item.getViewBox()
        box.sigRangeChangedManually.connect(self._moved)
        self._line = pg.InfiniteLine(angle=90, movable=False)
        self._line.setVisible(False)
        item.addItem(self._line, ignoreBounds=True)
        self._told = pg.LabelItem(justify="right")
        self._told.setParentItem(box)
        self._told.anchor(itemPos=(1, 0), parentPos=(1, 0), offset=(-6, 2))
        self._cursor = pg.SignalProxy(self._plot.scene().sigMouseMoved, rateLimit=_AT_MOST, slot=self._point)
        self._plot.scene().sigMouseClicked.connect(self._clicked)
        for text, slot in (
            ("Zoom in", self.zoom_in),
            ("Zoom out", self.zoom_out),
            ("Show all", self.show_all),
        ):
            self._act(text, slot)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self.show_view(view)
        theme.follow(self._restyle)

    def sizeHint(self) -> QSize:
        return QSize(480, 240)

    @property
    def view(self) -> LiveView:
        return self._view

    def show_view(self, view: LiveView) -> None:
        """Draw other measurements of the same runs."""
        item, taken = self._plot.getPlotItem(), self._taken
        for curve in self.curves.values():
            item.removeItem(curve)
        self._view, self._taken = view, []
        self.series = {key: Series() for key in view.keys}
        self.curves = {key: self._drawn() for key in view.keys}
        what = " and ".join(view.keys.values())
        self.setAccessibleName(f"{what}{' of the retraining' if self._reference else ''} over the steps")
        item.setLabel("left", view.axis)
        item.getAxis("left").setTickSpacing(*((25, 25) if view.high == 100 else (None, None)))
        self._free = False
        self._lay_beneath()
        self._restyle()
        self.set_history(taken)
        self._tell([], 0)
        self.zoomed.emit(False)

    def set_earlier(self, runs: Iterable[Earlier]) -> None:
        """Lay other runs under the curves, dim."""
        self._earlier = tuple(runs)
        self._lay_beneath()
        self._restyle()
        self._fit()

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
        self._fit()

    def rows(self) -> Rows:
        """What is drawn, a row for each measured step; earlier runs have columns of their own."""
        keys = list(self.series)
        columns: list[tuple[str, Sequence[Scalars]]] = [(key, self._taken) for key in keys]
        columns += [(key, run.history) for run in self._earlier for key in keys]
        names = [*keys, *(f"{key}, {run.title}" for run in self._earlier for key in keys)]
        found = [{each.step: each.values[key] for each in history if key in each.values} for key, history in columns]
        steps = sorted({each.step for _, history in columns for each in history})
        return [["step", *names]] + [[str(step), *(number_text(each.get(step)) for each in found)] for step in steps]

    def at(self, step: float) -> list[str]:
        """What was measured nearest to a step, a line for each run; none where nothing was."""
        steps = [each.step for each in self._taken if any(key in each.values for key in self.series)]
        if not steps:
            return []
        nearest = min(steps, key=lambda each: abs(each - step))
        lines = []
        for title, history in (
            (f"step {nearest:,}", self._taken),
            *((run.title, run.history) for run in self._earlier),
        ):
            parts = []
            for key, name in self._view.keys.items():
                value = _value_at(history, key, nearest)
                if value is not None:
                    short = f"{name.partition(' ')[0].lower()} " if len(self._view.keys) > 1 else ""
                    parts.append(f"{short}{self._view.text(value)}")
            lines += [f"{title}: {', '.join(parts)}"] if parts else []
        return lines

    @Slot()
    def zoom_in(self) -> None:
        self._zoom(_NEARER)

    @Slot()
    def zoom_out(self) -> None:
        self._zoom(1 / _NEARER)

    @Slot()
    def show_all(self) -> None:
        """As it is until somebody zooms."""
        self._free = False
        self._fit()
        self.zoomed.emit(False)

    def _zoom(self, factor: float) -> None:
        self._plot.getPlotItem().getViewBox().scaleBy((factor, factor))
        self._moved()

    @Slot()
    def _moved(self, *_which: object) -> None:
        self._free = True
        self.zoomed.emit(True)

    def _clicked(self, event: Any) -> None:
        if event.double():
            self.show_all()

    def _point(self, arguments: tuple[QPointF]) -> None:
        """The cursor has moved."""
        item, place = self._plot.getPlotItem(), arguments[0]
        box = item.getViewBox()
        inside = item.sceneBoundingRect().contains(place)
        step = box.mapSceneToView(place).x()
        self._tell(self.at(step) if inside else [], step)

    def _tell(self, lines: Sequence[str], step: float) -> None:
        self._line.setVisible(bool(lines))
        self._line.setPos(step)
        text, colours = "<br>".join(map(escape, self._in_room(lines))), theme.colours()
        behind = QColor(colours.surface).name()  # or lines would run through the words
        self._told.setText(f'<span style="background-color:{behind}">{text}</span>' if text else "", color=colours.text)

    def _in_room(self, lines: Sequence[str]) -> list[str]:
        """The lines, those that are too wide for the plot cut in two before their figures."""
        metrics = QFontMetrics(self._told.item.font())
        room = int(self._plot.getPlotItem().getViewBox().width()) - 12
        found = list[str]()
        for line in lines:
            head, colon, figures = line.rpartition(": ")
            wide = colon and metrics.horizontalAdvance(line) > room
            found += [f"{head}:", figures] if wide else [line]
        return [metrics.elidedText(line, Qt.TextElideMode.ElideRight, room) for line in found]

    def _fit(self) -> None:
        """All that there is, unless somebody has zoomed."""
        if self._free:
            return
        item, view = self._plot.getPlotItem(), self._view
        beneath = [curve.getData() for _, curve in self._beneath]
        all_x = [each.x for each in self.series.values()] + [x for x, _ in beneath if x is not None]
        all_y = [each.y for each in self.series.values()] + [y for _, y in beneath if y is not None]
        last = max((float(x[-1]) for x in all_x if len(x)), default=0.0)
        item.setXRange(0, last if last else EMPTY_STEPS, padding=0.02)
        found = [value for y in all_y if len(y) for value in (float(y.min()), float(y.max()))]
        low = view.low if view.low is not None else min(found, default=0.0)
        high = view.high if view.high is not None else max(found, default=1.0)
        item.setYRange(low, high if high > low else low + 1, padding=0.05)

    def _lay_beneath(self) -> None:
        item = self._plot.getPlotItem()
        for _, curve in self._beneath:
            item.removeItem(curve)
        self._beneath = []
        for run in self._earlier:
            for key in self.series:
                points = [(each.step, each.values[key]) for each in run.history if key in each.values]
                points = [(x, y) for x, y in points if math.isfinite(y)]
                curve = self._drawn()
                curve.setZValue(-1)
                x, y = (
                    np.array(side, dtype=np.float64) for side in (zip(*points, strict=True) if points else ((), ()))
                )
                curve.setData(x, y)
                self._beneath.append((key, curve))

    def _drawn(self) -> Any:
        return self._plot.getPlotItem().plot(skipFiniteCheck=True, autoDownsample=True, clipToView=True)

    def _act(self, text: str, slot: Callable[[], None]) -> None:
        action = QAction(text, self)
        action.triggered.connect(slot)
        self.takeaway.actions.append(action)
        self.addAction(action)

    @Slot()
    def _restyle(self) -> None:
        colours = theme.colours()
        dress(self._plot)
        self._line.setPen(pg.mkPen(QColor(colours.border)))
        pens = {"forget_accuracy": (colours.forget, Qt.PenStyle.DashLine)}
        for key, curve in [*self.curves.items(), *self._beneath]:
            colour, style = pens.get(key, (colours.retain, Qt.PenStyle.SolidLine))
            if self._reference:
                colour, style = colours.text_muted, Qt.PenStyle.DotLine
            shade = QColor(colour)
            if curve is not self.curves.get(key):
                shade.setAlpha(_DIM)
            # width 1: pyqtgraph draws wider lines a hundred times more slowly
            curve.setPen(pg.mkPen(shade, width=1, style=style))


def _value_at(history: Sequence[Scalars], key: str, step: int) -> float | None:
    """The last value up to a step; ``None`` where the run had ended before, or nothing was measured yet."""
    if not history or step > history[-1].step:
        return None
    return next((each.values[key] for each in reversed(history) if key in each.values and each.step <= step), None)
