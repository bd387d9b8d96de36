"""Pictures as points in the plane of their features; a rectangle that is drawn with the mouse selects.

Importing this module imports pyqtgraph, which takes about 0.6 s: import it when the plot is first shown.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from maga_desk.ui import theme
from maga_desk.ui.plots.quiet import dress, quiet_plot
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway, number_text

Points = NDArray[np.float64]
SIZES = (4.0, 5.0, 6.0)
"""Diameters in pixels: in the background, marked, selected."""


class _BrushBox(pg.ViewBox):  # type: ignore[misc]
    """Signal: ``brushed(QRectF)`` in the plot's own units, when the mouse has drawn a rectangle."""

    brushed = Signal(QRectF)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        event.accept()
        start, now = self.mapToView(event.buttonDownPos()), self.mapToView(event.pos())
        if event.isFinish():
            self.rbScaleBox.hide()
            self.brushed.emit(QRectF(start, now).normalized())
        else:
            self.updateScaleBox(event.buttonDownPos(), event.pos())

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        event.ignore()


class FeatureScatter(QWidget):
    """Points in three layers: the rest, the marked, the selected. Signal: ``brushed(QRectF)``."""

    brushed = Signal(QRectF)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._points: Points = np.zeros((0, 2))
        self._marked: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self._hollow: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self._selected: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        box = _BrushBox(enableMenu=False)
        box.brushed.connect(self.brushed)
        self.plot = quiet_plot(self, "", "", box)
        self.plot.setMinimumHeight(130)
        self.plot.getPlotItem().showGrid(x=False, y=False)
        self.takeaway = Takeaway(self, name.lower().replace(" ", "-"), self.rows)
        self._layers = [pg.ScatterPlotItem(pxMode=True) for _ in range(4)]
        for layer in self._layers:
            self.plot.getPlotItem().addItem(layer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        theme.follow(self._draw)

    def sizeHint(self) -> QSize:
        return QSize(300, 180)

    def set_points(self, points: Points, low: Points, high: Points) -> None:
        """:param low: corner of the frame ``(2,)``, the same for both maps."""
        self._points = points
        self._selected = np.zeros(len(points), dtype=bool)
        self._marked = self._hollow = self._selected
        room = np.maximum(0.04 * (high - low), 1e-6)
        item = self.plot.getPlotItem()
        item.setXRange(low[0] - room[0], high[0] + room[0], padding=0)
        item.setYRange(low[1] - room[1], high[1] + room[1], padding=0)

    def mark(self, marked: NDArray[np.bool_], hollow: NDArray[np.bool_], selected: NDArray[np.bool_]) -> None:
        """Which points stand out, which of these as outlines, and which are selected; ``(n,) bool`` each."""
        self._marked, self._hollow, self._selected = marked, hollow, selected
        self._draw()

    def rows(self) -> Rows:
        """A row for each point."""
        told = zip(self._points, self._marked, self._selected, strict=True)
        return [["x", "y", "marked", "selected"]] + [
            [number_text(x), number_text(y), "yes" if marked else "no", "yes" if selected else "no"]
            for (x, y), marked, selected in told
        ]

    @Slot()
    def _draw(self) -> None:
        dress(self.plot)
        c = theme.colours()
        rest, orange, chosen = QColor(c.retain), QColor(c.forget), QColor(c.text)
        rest.setAlpha(90)
        parts = (
            (~self._marked, SIZES[0], None, pg.mkBrush(rest)),
            (self._marked & self._hollow, SIZES[1], pg.mkPen(orange, width=1), pg.mkBrush(None)),
            (self._marked & ~self._hollow, SIZES[1], None, pg.mkBrush(orange)),
            (self._selected, SIZES[2], None, pg.mkBrush(chosen)),
        )
        for layer, (mask, size, pen, brush) in zip(self._layers, parts, strict=True):
            points = self._points[mask]
            layer.setData(points[:, 0], points[:, 1], size=size, pen=pen or pg.mkPen(None), brush=brush)
