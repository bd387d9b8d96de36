"""A pyqtgraph plot without its menu, buttons and dragging, in the window's colours."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from maga_desk.ui import theme


def quiet_plot(parent: QWidget, left: str, bottom: str, box: pg.ViewBox | None = None) -> pg.PlotWidget:
    """A plot with named axes and horizontal grid lines; the caller dresses it by :func:`dress`.

    :param box: one that takes the mouse in its own way.
    """
    plot = pg.PlotWidget(parent=parent) if box is None else pg.PlotWidget(parent=parent, viewBox=box)
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.setFrameStyle(0)
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # no key does anything in it, and nobody would see the focus
    item = plot.getPlotItem()
    menu = item.ctrlMenu  # pyqtgraph makes it without a parent: it would outlive us
    menu.setParent(parent, menu.windowFlags())
    item.stateGroup.setParent(plot)  # nor has this one: it would be collected in whatever thread comes to it
    item.setLabel("left", left)
    item.setLabel("bottom", bottom)
    item.setMouseEnabled(x=False, y=False)
    item.showGrid(x=False, y=True, alpha=0.2)
    item.getAxis("bottom").enableAutoSIPrefix(False)
    return plot


def dress(plot: pg.PlotWidget) -> None:
    """Background and axes in the colours of the theme in force."""
    colours = theme.colours()
    plot.setBackground(QColor(colours.surface))
    for side in ("left", "bottom"):
        axis = plot.getPlotItem().getAxis(side)
        axis.setPen(pg.mkPen(QColor(colours.border)))
        axis.setTextPen(pg.mkPen(QColor(colours.text_muted)))
