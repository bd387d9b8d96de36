"""The curves of a run with their legend, and apart from them that of a retraining that it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from maga_desk.domain.events import Scalars
from maga_desk.ui.widgets.basic.deferred import Deferred
from maga_desk.ui.widgets.basic.legend import LegendKey
from maga_desk.ui.widgets.basic.takeaway import take_button


class CurvePanel(QWidget):
    """Two plots side by side, the second only where a net was retrained: its steps are others than the run's."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history: Sequence[Scalars] = ()
        self._reference: Sequence[Scalars] = ()
        self.retain_key = LegendKey("Retain accuracy", "retain", "line", self)
        self.forget_key = LegendKey("Forget accuracy", "forget", "dashed", self)
        self.plot = Deferred(_make_curves, self)
        self.take_button = take_button(self, lambda: cast(Any, self.plot.content).takeaway, "the curves")
        self.reference_key = LegendKey("Retraining: retain accuracy", "text_muted", "dotted", self)
        self.reference_plot = Deferred(_make_reference, self)
        self.reference_button = take_button(
            self, lambda: cast(Any, self.reference_plot.content).takeaway, "the curve of the retraining"
        )
        self._beside = QWidget(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        for place, stretch, keys, button, plot in (
            (QWidget(self), 3, (self.retain_key, self.forget_key), self.take_button, self.plot),
            (self._beside, 2, (self.reference_key,), self.reference_button, self.reference_plot),
        ):
            column, legend = QVBoxLayout(place), QHBoxLayout()
            column.setContentsMargins(0, 6, 0, 0)
            legend.setSpacing(0)
            for key in keys:
                legend.addWidget(key)
                legend.addSpacing(6)
            legend.addStretch(1)
            legend.addWidget(button)
            button.setEnabled(False)
            column.addLayout(legend)
            column.addWidget(plot, 1)
            plot.setMinimumHeight(140)
            plot.built.connect(self._draw)
            row.addWidget(place, stretch)
        self._beside.hide()

    def show_scalars(self, history: Sequence[Scalars], reference: Sequence[Scalars] = ()) -> None:
        """Draw the whole history so far, and that of a retraining."""
        self._history, self._reference = history, reference
        for key, entry in (("retain_accuracy", self.retain_key), ("forget_accuracy", self.forget_key)):
            entry.set_value(_last(history, key))
        self.reference_key.set_value(_last(reference, "retain_accuracy"))
        self._beside.setVisible(bool(reference))
        self._draw()

    @Slot()
    def _draw(self) -> None:
        for plot, button, history in (
            (self.plot, self.take_button, self._history),
            (self.reference_plot, self.reference_button, self._reference),
        ):
            curves = cast(Any, plot.content)
            button.setEnabled(curves is not None)
            if curves is not None:
                curves.set_history(history)


def _last(history: Sequence[Scalars], key: str) -> str:
    last = next((scalars.values[key] for scalars in reversed(history) if key in scalars.values), None)
    return "" if last is None else f"{last:.1f} %"


def _make_curves(parent: QWidget) -> QWidget:
    from maga_desk.ui.plots.curves import Curves  # imports pyqtgraph, so not before the window is painted

    return Curves(parent)


def _make_reference(parent: QWidget) -> QWidget:
    from maga_desk.ui.plots.curves import REFERENCE, Curves

    return Curves(parent, (REFERENCE,), reference=True)
