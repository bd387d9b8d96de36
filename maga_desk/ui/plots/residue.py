"""What is left inside, drawn: how fast the forgotten is relearned, and how alike the layers are to the retrained net's.

Importing this module imports pyqtgraph, which takes about 0.6 s: import it when the plots are first shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from maga_desk.domain.results import Audit, Report
from maga_desk.ui import theme
from maga_desk.ui.plots.quiet import dress, quiet_plot
from maga_desk.ui.widgets.basic.flow import FlowLayout
from maga_desk.ui.widgets.basic.labels import TextLabel, heading
from maga_desk.ui.widgets.basic.legend import LINES, LegendKey
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway, number_text, take_button

BEFORE, AFTER, RETRAINED, COMPARED = "before", "after", "retrained", "compared with"
RELEARN_TITLE = "Relearning: accuracy on the forgotten, %"
LAYERS_TITLE = "Likeness (CKA) of each layer between two models"
ORIGINAL = "original"
PAIRS = (
    (BEFORE, RETRAINED, "text_muted", "line"),
    (AFTER, RETRAINED, "accent", "line"),
    (AFTER, ORIGINAL, "accent", "dashed"),
)
"""Whose layers are compared with whose, and how that is drawn. Likeness is the same both ways: the first line is what
*after and original* comes to where the result is like the retrained net.
"""
NOTHING_RELEARNED = "Relearning is measured for whole classes and sub-classes, in a full audit."
NOTHING_COMPARED = "Layers are compared in a full audit."


class ResiduePlots(QWidget):
    """Two plots side by side; a line of text where there is nothing to draw."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._report: Report | None = None
        self.relearn = quiet_plot(self, "", "Training steps")
        self.relearn.setAccessibleName("Accuracy on the forgotten while it is relearned")
        self.layers = quiet_plot(self, "", "Layer, from the picture to the answer")
        self.layers.setAccessibleName(LAYERS_TITLE)
        self.no_relearn, self.no_layers = TextLabel(NOTHING_RELEARNED, self), TextLabel(NOTHING_COMPARED, self)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        self.keys = [LegendKey("", tone, cast(Any, sample), self) for _, _, tone, sample in PAIRS]
        self.relearn_takeaway = Takeaway(self.relearn, "relearning", self._relearn_rows)
        self.layers_takeaway = Takeaway(self.layers, "likeness-of-layers", self._layer_rows)
        for column, (title, plot, empty, takeaway) in enumerate(
            (
                (heading(RELEARN_TITLE, self), self.relearn, self.no_relearn, self.relearn_takeaway),
                (heading(LAYERS_TITLE, self), self.layers, self.no_layers, self.layers_takeaway),
            )
        ):
            empty.setObjectName("muted")
            empty.setWordWrap(True)
            empty.setAlignment(Qt.AlignmentFlag.AlignTop)
            head = QHBoxLayout()
            title.setWordWrap(True)
            head.addWidget(title, 1)
            head.addWidget(take_button(self, partial(_same, takeaway), plot.accessibleName()))
            grid.addLayout(head, 0, column)
            grid.addWidget(plot, 1, column)
            grid.addWidget(empty, 2, column)
            grid.setColumnStretch(column, 1)
        legend = FlowLayout(spacing=12)
        for key in self.keys:
            legend.addWidget(key)
        grid.addLayout(legend, 3, 1)
        grid.setRowStretch(1, 1)
        self.setMinimumHeight(150)
        theme.follow(self._draw)

    def sizeHint(self) -> QSize:
        return QSize(640, 180)

    def set_report(self, report: Report) -> None:
        """Draw another report."""
        self._report = report
        self._draw()

    @Slot()
    def _draw(self) -> None:
        colours = theme.colours()
        tones = {BEFORE: colours.text_muted, AFTER: colours.accent, RETRAINED: colours.text}
        for plot in (self.relearn, self.layers):
            plot.clear()
            dress(plot)
        report = self._report
        if report is None:
            return
        audits: dict[str, Audit | None] = {BEFORE: report.before, AFTER: report.after, RETRAINED: report.retrained}
        drawn = False
        for name, audit in audits.items():
            points = audit.curves.get("relearn", ()) if audit else ()
            if points and name != BEFORE:  # before, nothing has to be relearned
                style = LINES["dashed" if name == RETRAINED else "line"]
                self._line(self.relearn, [x for x, _ in points], [y for _, y in points], tones[name], style)
                drawn = True
        self._show(self.relearn, self.no_relearn, drawn)
        self.relearn.getPlotItem().setYRange(0, 100, padding=0.05)
        self._draw_layers(report, audits)

    def _draw_layers(self, report: Report, audits: Mapping[str, Audit | None]) -> None:
        """A line for each pair of models that was compared."""
        names, drawn = list(report.after.layers), False
        called = {RETRAINED: RETRAINED if report.judged or report.retrained is None else COMPARED}
        for key, (whose, other, tone, sample) in zip(self.keys, PAIRS, strict=True):
            audit = audits[whose]
            values = [audit.layers.get(layer, {}).get(other) for layer in names] if audit else []
            known = [(place, value) for place, value in enumerate(values) if value is not None]
            key.set_name(f"{called.get(whose, whose).capitalize()} and {called.get(other, other)}")
            key.setVisible(bool(known))
            if known:
                shade = getattr(theme.colours(), tone)
                self._line(self.layers, [p for p, _ in known], [v for _, v in known], shade, LINES[sample])
                drawn = True
        self._show(self.layers, self.no_layers, drawn)
        self.layers.getPlotItem().setYRange(0, 1, padding=0.05)
        self.layers.getPlotItem().getAxis("bottom").setTicks([list(enumerate(names))])

    def _relearn_rows(self) -> Rows:
        """Accuracy on the forgotten by steps."""
        report = self._report
        if report is None:
            return []
        nets = {AFTER: report.after, RETRAINED if report.judged else COMPARED: report.retrained}
        rows = [["net", "step", "accuracy"]]
        for name, audit in nets.items():
            points = audit.curves.get("relearn", ()) if audit else ()
            rows += [[name, number_text(x), number_text(y)] for x, y in points]
        return rows

    def _layer_rows(self) -> Rows:
        """Likeness by layers."""
        report = self._report
        if report is None:
            return []
        audits: dict[str, Audit | None] = {BEFORE: report.before, AFTER: report.after, RETRAINED: report.retrained}
        rows = [["layer", *(f"{whose} and {other}" for whose, other, *_ in PAIRS)]]
        for layer in report.after.layers:
            found = [(audits[whose], other) for whose, other, *_ in PAIRS]
            values = [None if a is None else a.layers.get(layer, {}).get(other) for a, other in found]
            rows.append([layer, *map(number_text, values)])
        return rows

    @staticmethod
    def _show(plot: pg.PlotWidget, empty: QLabel, drawn: bool) -> None:
        plot.setVisible(drawn)
        empty.setVisible(not drawn)

    @staticmethod
    def _line(plot: pg.PlotWidget, x: Sequence[float], y: Sequence[float], tone: str, style: Qt.PenStyle) -> None:
        pen = pg.mkPen(QColor(tone), width=1, style=style)
        brush = pg.mkBrush(QColor(tone))
        plot.plot(x, y, pen=pen, symbol="o", symbolSize=5, symbolPen=pen, symbolBrush=brush)


def _same(takeaway: Takeaway) -> Takeaway:
    return takeaway
