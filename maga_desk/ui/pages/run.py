"""Run: choose a method and its parameters, start it, and watch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.events import Message, NoisePair, Scalars
from maga_desk.domain.methods import AUTO, MethodInfo, Situation, expected_cost
from maga_desk.domain.results import Report
from maga_desk.domain.run_forecast import RunForecast
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.ui import icons, theme
from maga_desk.ui.plots.curve_panel import CurvePanel
from maga_desk.ui.runs import GOING_ON, UNFINISHED, RunState
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.job_line import JobLine
from maga_desk.ui.widgets.basic.labels import TextLabel, heading
from maga_desk.ui.widgets.basic.page import Lack, Page
from maga_desk.ui.widgets.basic.scroll import frameless_scroll
from maga_desk.ui.widgets.run.below import BelowCurves
from maga_desk.ui.widgets.run.forecast_view import RetrainAdvice
from maga_desk.ui.widgets.run.method_box import MethodBox
from maga_desk.ui.widgets.run.noise_strip import NoiseStrip
from maga_desk.ui.widgets.run.param_form import ParamForm
from maga_desk.ui.widgets.run.preset_button import PresetButton
from maga_desk.ui.widgets.run.run_options import RunOptions

LOWEST, LOWEST_NARROW, WIDE = 590, 690, 1000
"""Pixels that buttons, plot, noise pairs and messages need to be readable together; more where the page is not wide."""

PRESET_WORDS: Mapping[str, str] = {AUTO: "measured, for this task and data", "paper": "as in the paper"}

STATE_WORDS: Mapping[RunState, str] = {
    "none": "Ready to start.",
    "queued": "Waiting for its turn. Cancel takes the run back at once.",
    "running": "Running.",
    "paused": "Paused. Nothing is lost; Resume goes on.",
    "stopping": "Stopping after this step…",
    "finished": "Finished.",
    "cancelled": "Cancelled. Continue goes on from the last checkpoint.",
    "interrupted": "Interrupted. Continue goes on from the last checkpoint.",
    "failed": "The run failed.",
}
STATE_TONES: Mapping[RunState, theme.Tone] = {"failed": "danger", "paused": "warning", "finished": "positive"}


class RunPage(Page):
    """Emits what a person wants of the run and shows how it goes.

    Signals: ``method_changed(MethodSpec)``, which holds only those parameters that differ from its preset, and
    ``options_changed(dict)`` of ``intent``, ``seed``, ``device``, ``retrained``, both when a person changed them;
    ``start_requested()``, ``forecast_requested()``, ``add_requested()`` (to the queue) and ``continue_requested()``.
    Pausing and cancelling are told by ``progress``.
    """

    method_changed = Signal(object)
    options_changed = Signal(dict)
    start_requested = Signal()
    continue_requested = Signal()
    add_requested = Signal()
    figures_requested = Signal()
    forecast_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._methods: list[MethodInfo] = []
        self._situation: Situation | None = None
        self._set_before: dict[str, MethodSpec] = {}  # so that a method chosen again comes back as it was left
        self._last_seconds: dict[str, float] = {}
        self._retraining: float | None = None
        self._filling = False
        self._state: RunState = "none"
        self._can_continue = False
        self._missing, self._error = "", ""
        self._busy, self._may_queue, self._advice = False, False, ""
        self.method, self.presets = MethodBox(self), PresetButton(self)
        self.summary, self.paper, self.cost = TextLabel(self), TextLabel(self), TextLabel(self)
        self.preset = ChoiceBox(self)
        self.preset.setAccessibleName("Settings")
        self.preset_label = TextLabel("Settings", self)
        self.preset_label.setBuddy(self.preset)
        self.form = ParamForm(self)
        self.defaults_button = QPushButton("Reset to defaults", self)
        self.options = RunOptions(self)
        self.fault = TextLabel(self)
        self.start_button = QPushButton("Start", self)
        self.start_button.setObjectName("primary")
        self.add_button = QPushButton("Add to queue", self)
        self.forecast_button = QPushButton("Forecast", self)
        self.forecast_button.setToolTip("Try some steps, and say what the run, a retraining and the audit take here")
        self.advice = RetrainAdvice(self)
        self.continue_button = QPushButton("Continue", self)
        self.figures_button = QPushButton("See the figures", self)
        self.figures_button.setToolTip("What was found, on the Verify page")
        icons.put(self.start_button, "play")
        icons.put(self.add_button, "list-plus")
        icons.put(self.forecast_button, "hourglass-medium")
        icons.put(self.continue_button, "fast-forward")
        icons.put(self.figures_button, "chart-bar")
        icons.put(self.defaults_button, "arrow-counter-clockwise")
        self.state_text = TextLabel(self)
        self.progress = JobLine(self)
        self.curves = CurvePanel(self)
        self.noise = NoiseStrip(self)
        self.below = BelowCurves(self)
        self.log = self.below.log
        self.action_buttons = dict(self.below.queue.buttons)
        theme.set_tone(self.paper, "muted")
        theme.set_tone(self.cost, "muted")
        theme.set_tone(self.fault, "danger")
        self._lay_out()
        self._connect()
        self.show_state("none")

    def show_missing(self, lacks: Sequence[Lack]) -> None:
        """What must be done first, said beside Start; settings can be made before. ``[]`` when a run can start."""
        self._missing = "\n".join(lack.text for lack in lacks)
        self._say_state()
        self._check()

    def said(self) -> str:
        return self._missing if self._state == "none" else ""

    def show_methods(self, methods: Sequence[MethodInfo], situation: Situation | None, spec: MethodSpec) -> None:
        """The methods to choose from, what they would face (``None``: nothing is chosen), and the method so far."""
        if (list(methods), situation, spec) == (self._methods, self._situation, self.method_spec()):
            return
        self._methods, self._situation = list(methods), situation
        self.method.show_methods(self._methods, situation.task if situation else None, spec.name)
        self._show_method(spec)

    def show_seconds(self, last: Mapping[str, float], retraining: float | None = None) -> None:
        """What the last finished run of each method took here, and what retraining would, where that is known."""
        self._last_seconds, self._retraining = dict(last), retraining
        self.options.show_retraining(retraining)
        self._show_cost()

    def show_options(self, options: Mapping[str, Any]) -> None:
        """Fill intent, seed, device and comparison; keys as in ``options_changed``."""
        if options != self.options.values():
            self._filling = True
            self.options.set_values(options)
            self._filling = False
            self._check()

    def forget_earlier_settings(self) -> None:
        """Another session begins: what was set for methods or half typed in the one before is none of it."""
        self._set_before.clear()
        self.show_options({**self.options.values(), "retrained": None})

    def show_state(self, state: RunState, error: str = "", *, can_continue: bool = False) -> None:
        """Where the run is.

        :param error: why it failed; stands in place of the usual words.
        :param can_continue: whether what is left of it can be done.
        """
        self._state, self._can_continue = state, can_continue
        self._error = error
        self._say_state()
        self.noise.set_over(over=state in ("finished", *UNFINISHED))
        self.figures_button.setVisible(state == "finished")
        # It stays where it is: in its place the second click of two would find the button beside it.
        self.start_button.setText("Start" if state == "none" else "Start again")
        self._check()

    def _say_state(self) -> None:
        waits = self._state == "none" and self._missing
        self.state_text.setText(self._missing if waits else self._error or STATE_WORDS[self._state])
        theme.set_tone(self.state_text, "muted" if waits else STATE_TONES.get(self._state, "plain"))

    def set_busy(self, busy: bool) -> None:
        """Whether a run is going on or waits, be it the one that is shown or another."""
        self._busy = busy
        self._check()

    def set_may_queue(self, may_queue: bool) -> None:
        """Whether there is a queue that a run can be added to."""
        self._may_queue = may_queue
        self._check()

    def show_scalars(self, history: Sequence[Scalars], reference: Sequence[Scalars] = ()) -> None:
        """Draw the whole history so far, and apart from it that of a retraining."""
        self.curves.show_scalars(history, reference)

    def show_forecast(self, forecast: RunForecast | None, report: Report | None = None) -> None:
        """What the run is forecast to take; beside it what it took, once it is judged."""
        self.below.forecast.show_forecast(forecast, report)
        self._advice = forecast.advice if forecast is not None and report is None else ""
        self._check()

    def show_noise(self, pairs: list[NoisePair]) -> None:
        """The noise pairs made so far."""
        self.noise.set_pairs(pairs)
        self._show_noise()

    def show_messages(self, messages: Sequence[Message]) -> None:
        """All that the run has told so far."""
        self.log.set_messages(messages)

    def chosen(self) -> MethodInfo | None:
        """The chosen method."""
        return self.method.chosen()

    def method_spec(self) -> MethodSpec | None:
        """The chosen method with what is set in the form."""
        info = self.chosen()
        if info is None:
            return None
        return MethodSpec(name=info.name, preset=self.preset.currentData() or AUTO, params=self.form.values())

    def _lay_out(self) -> None:
        for label in (self.summary, self.paper, self.cost, self.fault, self.state_text):
            label.setWordWrap(True)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(20)
        splitter.addWidget(self._settings(splitter))
        splitter.addWidget(self._watch(splitter))
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([340, 700])
        # the form is long and scrolls by itself: what it would like must not make the page higher than the window
        splitter.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self._splitter = splitter
        self.body.addWidget(splitter, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._splitter.setMinimumHeight(LOWEST if self.width() >= WIDE else LOWEST_NARROW)

    def _settings(self, parent: QWidget) -> QWidget:
        inside = QWidget(parent)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 12, 0)
        top = QHBoxLayout()
        top.addWidget(heading("Method", inside))
        top.addStretch(1)
        top.addWidget(self.presets)
        column.addLayout(top)
        for widget in (self.method, self.summary, self.paper, self.cost):
            column.addWidget(widget)
        column.addWidget(self.forecast_button, 0, Qt.AlignmentFlag.AlignLeft)
        settings = QHBoxLayout()
        settings.addWidget(self.preset_label)
        settings.addWidget(self.preset, 1)
        column.addLayout(settings)
        column.addSpacing(10)
        column.addWidget(heading("Options", inside))
        column.addWidget(self.options)
        column.addSpacing(10)
        head = QHBoxLayout()
        head.addWidget(heading("Parameters", inside))
        head.addStretch(1)
        head.addWidget(self.defaults_button)
        column.addLayout(head)
        column.addWidget(self.form)
        column.addStretch(1)
        scroll = frameless_scroll(inside, parent)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumWidth(300)
        return scroll

    def _watch(self, parent: QWidget) -> QWidget:
        right = QWidget(parent)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        buttons = QHBoxLayout()
        for button in (self.start_button, self.add_button, self.continue_button):
            buttons.addWidget(button)
        buttons.addSpacing(8)
        buttons.addWidget(self.state_text, 1)
        buttons.addWidget(self.figures_button)
        column.addLayout(buttons)
        column.addWidget(self.fault)
        column.addWidget(self.advice)
        column.addWidget(self.progress)
        column.addWidget(self.curves, 4)
        self.noise_title = heading("Noise pairs", right)
        column.addWidget(self.noise_title)
        column.addWidget(self.noise)
        column.addWidget(self.below, 2)
        right.setMinimumWidth(360)
        return right

    def _connect(self) -> None:
        self.method.currentIndexChanged.connect(self._choose_method)
        self.form.changed.connect(self._tell_method)
        self.preset.currentIndexChanged.connect(self._choose_preset)
        self.options.changed.connect(self._tell_options)
        self.defaults_button.clicked.connect(self.form.reset)
        self.start_button.clicked.connect(self.start_requested)
        self.add_button.clicked.connect(self.add_requested)
        self.continue_button.clicked.connect(self.continue_requested)
        self.figures_button.clicked.connect(self.figures_requested)
        self.forecast_button.clicked.connect(self.forecast_requested)
        self.advice.taken.connect(self.method.choose_retraining)

    def _show_method(self, spec: MethodSpec) -> None:
        """What the chosen method is, its presets, and the form as the spec has it."""
        info = self.chosen()
        if info is not None:
            self.summary.setText(info.summary)
            self.paper.setText(info.paper)
            self.paper.setVisible(bool(info.paper))
            self._show_cost()
            self._show_noise()
            with QSignalBlocker(self.preset):
                self.preset.clear()
                for name in (AUTO, *info.presets):
                    self.preset.addItem(PRESET_WORDS.get(name, name), name)
                self.preset.setCurrentIndex(max(0, self.preset.findData(spec.preset)))
            for widget in (self.preset, self.preset_label):
                widget.setVisible(bool(info.presets))
            self._fill(info, spec.params)
        self._check()

    def _show_noise(self) -> None:
        """Room for noise pairs where the run made some, or the method can."""
        info = self.chosen()
        for widget in (self.noise_title, self.noise):
            widget.setVisible(bool(self.noise.tiles) or (info is not None and info.noise))

    def _show_cost(self) -> None:
        info = self.chosen()
        task = self._situation.task if self._situation else None
        text = (
            expected_cost(info, task, self._last_seconds.get(info.name), self._retraining) if info is not None else ""
        )
        self.cost.setText(text)
        self.cost.setVisible(bool(text))

    def _fill(self, info: MethodInfo, given: Mapping[str, Any]) -> None:
        self._filling = True
        self.form.set_method(info, self._situation, given, self.preset.currentData() or AUTO)
        self._filling = False

    @Slot()
    def _choose_method(self) -> None:
        name = self.method.currentData()
        if name is not None:
            self._show_method(self._set_before.get(name, MethodSpec(name=name)))
            self._tell_method()

    @Slot()
    def _choose_preset(self) -> None:
        info = self.chosen()
        if info is not None:
            self._fill(info, {})
            self._tell_method()

    @Slot()
    def _tell_method(self) -> None:
        spec = self.method_spec()
        if self._filling or spec is None:
            return
        self._set_before[spec.name] = spec
        self._check()
        self.method_changed.emit(spec)

    @Slot()
    def _tell_options(self) -> None:
        if not self._filling:
            self._check()
            self.options_changed.emit(self.options.values())

    @Slot()
    def _check(self) -> None:
        info = self.chosen()
        fault = self.form.fault() or self.options.fault()
        task = self._situation.task if self._situation else None
        if info is None and self._methods:
            fault = "The method that the spec names is not known here: choose another."
        if info is not None and task is not None and task not in info.tasks:
            fault = f"{info.title} cannot do the task '{task}': choose another method."
        self.fault.setText(fault or "")
        self.fault.setVisible(bool(fault))
        active = self._state in GOING_ON
        ready = info is not None and fault is None and not self._missing
        self.start_button.setEnabled(ready and not active and not self._busy)
        self.continue_button.setVisible(self._can_continue and not active)
        self.continue_button.setEnabled(not self._busy)
        for button in (self.start_button, self.continue_button):
            button.setToolTip("This run is going on" if active else "Another run is going on" if self._busy else "")
        self.add_button.setEnabled(ready and self._may_queue)
        self.add_button.setToolTip("" if self._may_queue else "There is no session database to keep a queue in")
        self.forecast_button.setEnabled(ready and not active and not self._busy)
        self.below.forecast.set_locked(locked=active or self._busy)
        self.advice.say("" if active else self._advice)
        self.defaults_button.setEnabled(bool(self.form.values()))
