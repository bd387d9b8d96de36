"""What is left inside, drawn: how fast the forgotten is relearned, and how alike the layers are to the retrained net's.

Importing this module imports pyqtgraph, which takes about 0.6 s: import it when the plots are first shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from maga_desk.domain.results import Audit, Report
from maga_desk.ui import theme
from maga_desk.ui.plots.quiet import dress, quiet_plot
from maga_desk.ui.widgets.basic.labels import TextLabel, heading
from maga_desk.ui.widgets.basic.takeaway import Rows, Takeaway, number_text, take_button

BEFORE, AFTER, RETRAINED, COMPARED = "before", "after", "retrained", "compared with"
RELEARN_TITLE = "Relearning: accuracy on the forgotten, %"
LAYERS_TITLE = "Likeness (CKA) of each layer to the retrained model's"
LAYERS_TITLE_BESIDE = "Likeness (CKA) of each layer to the compared model's"
NOTHING_RELEARNED = "Relearning is measured for whole classes and sub-classes, in a full audit."
NOTHING_COMPARED = "Layers are compared with a retrained model, in a full audit."


class ResiduePlots(QWidget):
    """Two plots side by side; a line of text where there is nothing to draw."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._report: Report | None = None
        self.relearn = quiet_plot(self, "", "Training steps")
        self.relearn.setAccessibleName("Accuracy on the forgotten while it is relearned")
        self.layers = quiet_plot(self, "", "Layer, from the picture to the answer")
        self.layers.setAccessibleName("Likeness of each layer to the retrained model's")
        self.no_relearn, self.no_layers = TextLabel(NOTHING_RELEARNED, self), TextLabel(NOTHING_COMPARED, self)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        self.layers_title = heading(LAYERS_TITLE, self)
        self.relearn_takeaway = Takeaway(self.relearn, "relearning", self._relearn_rows)
        self.layers_takeaway = Takeaway(self.layers, "likeness-of-layers", self._layer_rows)
        for column, (title, plot, empty, takeaway) in enumerate(
            (
                (heading(RELEARN_TITLE, self), self.relearn, self.no_relearn, self.relearn_takeaway),
                (self.layers_title, self.layers, self.no_layers, self.layers_takeaway),
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
        beside = report.retrained is not None and not report.judged
        self.layers_title.setText(LAYERS_TITLE_BESIDE if beside else LAYERS_TITLE)
        self.layers.setAccessibleName(self.layers_title.text())
        audits: dict[str, Audit | None] = {BEFORE: report.before, AFTER: report.after, RETRAINED: report.retrained}
        drawn = False
        for name, audit in audits.items():
            points = audit.curves.get("relearn", ()) if audit else ()
            if points and name != BEFORE:  # before, nothing has to be relearned
                self._line(self.relearn, [x for x, _ in points], [y for _, y in points], tones[name], name)
                drawn = True
        self._show(self.relearn, self.no_relearn, drawn)
        self.relearn.getPlotItem().setYRange(0, 100, padding=0.05)
        names = list(report.after.layers)
        drawn = False
        for name in (BEFORE, AFTER):
            audit = audits[name]
            values = [audit.layers.get(layer, {}).get("retrained") for layer in names] if audit else []
            known = [(place, value) for place, value in enumerate(values) if value is not None]
            if known:
                self._line(self.layers, [p for p, _ in known], [v for _, v in known], tones[name], name)
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
        return [["layer", BEFORE, AFTER]] + [
            [layer, *(number_text(a.layers.get(layer, {}).get("retrained")) for a in (report.before, report.after))]
            for layer in report.after.layers
        ]

    @staticmethod
    def _show(plot: pg.PlotWidget, empty: QLabel, drawn: bool) -> None:
        plot.setVisible(drawn)
        empty.setVisible(not drawn)

    @staticmethod
    def _line(plot: pg.PlotWidget, x: Sequence[float], y: Sequence[float], tone: str, name: str) -> None:
        style = Qt.PenStyle.DashLine if name == RETRAINED else Qt.PenStyle.SolidLine
        pen = pg.mkPen(QColor(tone), width=1, style=style)
        brush = pg.mkBrush(QColor(tone))
        plot.plot(x, y, pen=pen, symbol="o", symbolSize=5, symbolPen=pen, symbolBrush=brush)


def _same(takeaway: Takeaway) -> Takeaway:
    return takeaway
