"""The curves of a run with their legend, and apart from them that of a retraining that it is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from maga_desk.domain.events import Scalars
from maga_desk.domain.live import VIEWS, LiveView, last_value
from maga_desk.ui import icons
from maga_desk.ui.widgets.basic.deferred import Deferred
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.flow import FlowLayout
from maga_desk.ui.widgets.basic.labels import muted
from maga_desk.ui.widgets.basic.legend import LegendKey
from maga_desk.ui.widgets.basic.takeaway import Takeaway, take_button

if TYPE_CHECKING:
    from maga_desk.ui.plots.curves import Curves, Earlier

MOST_EARLIER = 5
"""Runs that lie under the curves at once: more cannot be told apart."""


class CurvePanel(QWidget):
    """Two plots side by side, the second only where a net was retrained: its steps are others than the run's.

    Signal: ``earlier_chosen(list[int])``, the numbers of the runs that a person wants under the curves.
    """

    earlier_chosen = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history: Sequence[Scalars] = ()
        self._reference: Sequence[Scalars] = ()
        self._runs: list[tuple[int, str]] = []
        self._chosen: list[int] = []
        self._earlier: Sequence[tuple[str, Sequence[Scalars]]] = ()
        self.retain_key = LegendKey("Retain accuracy", "retain", "line", self)
        self.forget_key = LegendKey("Forget accuracy", "forget", "dashed", self)
        self.value_key = LegendKey("", "retain", "line", self)
        self.plot = Deferred(_make_curves, self)
        self.take_button = take_button(self, lambda: self._takeaway(self.plot), "the curves")
        self.reference_key = LegendKey("Retraining: retain accuracy", "text_muted", "dotted", self)
        self.reference_plot = Deferred(_make_reference, self)
        self.reference_button = take_button(self, lambda: self._takeaway(self.reference_plot), "the retraining's curve")
        self.lacking = muted("", self)
        self.lacking.hide()
        self._make_choices()
        self._beside = QWidget(self)
        self._lay_out()
        self._beside.hide()
        self.choice.currentIndexChanged.connect(self._show_view)
        self.all_button.clicked.connect(self._show_all)
        self._show_legend()

    def _make_choices(self) -> None:
        self.choice = ChoiceBox(self)
        self.choice.setAccessibleName("Shown in the plot")
        for view in VIEWS:
            self.choice.addItem(view.title, view.name)
        self.earlier_button = QToolButton(self)
        self.earlier_button.setText("Earlier")
        self.earlier_button.setAccessibleName("Earlier runs")
        self.earlier_button.setToolTip("Lay earlier runs of this session under the curves")
        self.earlier_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.earlier_button)
        self._menu.aboutToShow.connect(self._fill)
        self.earlier_button.setMenu(self._menu)
        self.earlier_button.setEnabled(False)
        self.all_button = QToolButton(self)
        self.all_button.setText("Show all")
        self.all_button.setToolTip("Drag to move, turn the wheel to zoom; this shows all again")
        self.all_button.setEnabled(False)
        icons.put(self.all_button, "arrows-out")

    def _lay_out(self) -> None:
        own = QWidget(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(own, 3)
        row.addWidget(self._beside, 2)
        head = FlowLayout(spacing=6)
        shown = (self.choice, self.earlier_button, self.all_button, self.take_button)
        for widget in (*shown, self.retain_key, self.forget_key, self.value_key):
            head.addWidget(widget)
        column = QVBoxLayout(own)
        column.setContentsMargins(0, 6, 0, 0)
        column.addLayout(head)
        column.addWidget(self.lacking)
        column.addWidget(self.plot, 1)
        legend = QHBoxLayout()
        legend.addWidget(self.reference_key)
        legend.addStretch(1)
        legend.addWidget(self.reference_button)
        column = QVBoxLayout(self._beside)
        column.setContentsMargins(0, 6, 0, 0)
        column.addLayout(legend)
        column.addWidget(self.reference_plot, 1)
        for plot, button in ((self.plot, self.take_button), (self.reference_plot, self.reference_button)):
            button.setEnabled(False)
            plot.setMinimumHeight(140)
            plot.built.connect(self._built)

    @property
    def view(self) -> LiveView:
        """What is drawn."""
        return VIEWS[max(0, self.choice.currentIndex())]

    def show_scalars(self, history: Sequence[Scalars], reference: Sequence[Scalars] = ()) -> None:
        """Draw the whole history so far, and that of a retraining."""
        self._history, self._reference = history, reference
        self._beside.setVisible(bool(reference))
        self._show_legend()
        self._draw()

    def offer_earlier(self, runs: Iterable[tuple[int, str]]) -> None:
        """The runs that can be laid under the curves, by number and title."""
        self._runs = list(runs)
        self.earlier_button.setEnabled(bool(self._runs))
        known = {number for number, _ in self._runs}
        left = [number for number in self._chosen if number in known]
        if left != self._chosen:
            self._chosen = left
            self.earlier_chosen.emit(left)

    def show_earlier(self, runs: Sequence[tuple[str, Sequence[Scalars]]]) -> None:
        """Lay these under the curves, by title."""
        self._earlier = runs
        self.earlier_button.setText(f"Earlier ({len(runs)})" if runs else "Earlier")
        curves = self._content(self.plot)
        if curves is not None:
            curves.set_earlier(_as_earlier(runs))

    @Slot()
    def _fill(self) -> None:
        self._menu.clear()
        for number, title in self._runs:
            action = QAction(title.replace("&", "&&"), self._menu)
            action.setCheckable(True)
            action.setChecked(number in self._chosen)
            action.setEnabled(number in self._chosen or len(self._chosen) < MOST_EARLIER)
            action.toggled.connect(partial(self._choose, number))
            self._menu.addAction(action)

    def _choose(self, number: int, wanted: bool) -> None:
        self._chosen = [each for each in self._chosen if each != number] + ([number] if wanted else [])
        self.earlier_chosen.emit(self._chosen)

    @Slot()
    def _show_view(self) -> None:
        curves = self._content(self.plot)
        if curves is not None:
            curves.show_view(self.view)
        self._show_legend()

    @Slot()
    def _show_all(self) -> None:
        curves = self._content(self.plot)
        if curves is not None:
            curves.show_all()

    @Slot()
    def _built(self) -> None:
        curves = self._content(self.plot)
        if curves is not None and not self.take_button.isEnabled():
            curves.zoomed.connect(self.all_button.setEnabled)
            curves.show_view(self.view)
            curves.set_earlier(_as_earlier(self._earlier))
        self._draw()

    def _show_legend(self) -> None:
        view, history = self.view, self._history
        several = len(view.keys) > 1
        for key, entry in (("retain_accuracy", self.retain_key), ("forget_accuracy", self.forget_key)):
            entry.setVisible(several)
            entry.set_value(VIEWS[0].text(last_value(history, key)))
        self.reference_key.set_value(VIEWS[0].text(last_value(self._reference, "retain_accuracy")))
        self.value_key.setVisible(not several)
        if several:
            self.lacking.hide()
            return
        (key, name), *_ = view.keys.items()
        value = last_value(history, key)
        self.value_key.set_name(name)
        self.value_key.set_value(view.text(value))
        nothing = value is None and len(history) > 1 and bool(view.lacking)
        self.lacking.setText(view.lacking if nothing else "")
        self.lacking.setVisible(nothing)

    @Slot()
    def _draw(self) -> None:
        for plot, button, history in (
            (self.plot, self.take_button, self._history),
            (self.reference_plot, self.reference_button, self._reference),
        ):
            curves = self._content(plot)
            button.setEnabled(curves is not None)
            if curves is not None:
                curves.set_history(history)

    def _content(self, plot: Deferred) -> Curves | None:
        return cast("Curves | None", plot.content)

    def _takeaway(self, plot: Deferred) -> Takeaway:
        curves = self._content(plot)
        assert curves is not None  # the button is off before
        return curves.takeaway


def _as_earlier(runs: Sequence[tuple[str, Sequence[Scalars]]]) -> list[Earlier]:
    from maga_desk.ui.plots.curves import Earlier

    return [Earlier(title, history) for title, history in runs]


def _make_curves(parent: QWidget) -> QWidget:
    from maga_desk.ui.plots.curves import Curves  # imports pyqtgraph, so not before the window is painted

    return Curves(parent)


def _make_reference(parent: QWidget) -> QWidget:
    from maga_desk.ui.plots.curves import REFERENCE, Curves

    return Curves(parent, REFERENCE, reference=True)
