"""Run: choose a method and its parameters, start it, and watch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.events import Message, NoisePair, Progress, Scalars
from maga_desk.domain.methods import AUTO, MethodInfo, Situation
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.ui import theme
from maga_desk.ui.widgets.basic.deferred import Deferred
from maga_desk.ui.widgets.basic.legend import LegendKey
from maga_desk.ui.widgets.basic.page import Page
from maga_desk.ui.widgets.basic.param_fields import ChoiceBox
from maga_desk.ui.widgets.basic.progress import ProgressLine
from maga_desk.ui.widgets.run.message_log import MessageLog
from maga_desk.ui.widgets.run.noise_strip import NoiseStrip
from maga_desk.ui.widgets.run.param_form import ParamForm
from maga_desk.ui.widgets.run.run_options import RunOptions

LOWEST = 590
"""Pixels that buttons, plot, noise pairs and messages need to be readable together."""

PRESET_WORDS: Mapping[str, str] = {AUTO: "measured, for this task and data", "paper": "as in the paper"}

RunState = Literal["idle", "running", "paused", "cancelling", "finished", "cancelled", "failed"]
STATE_WORDS: Mapping[str, str] = {
    "idle": "Ready to start.",
    "running": "Running.",
    "paused": "Paused. Nothing is lost; Resume goes on.",
    "cancelling": "Stopping after this step…",
    "finished": "Finished. See Verify for the figures.",
    "cancelled": "Cancelled. Continue goes on from the last checkpoint.",
    "failed": "The run failed.",
}


class RunPage(Page):
    """Emits what a person wants of the run and shows how it goes.

    Signals: ``start_requested(method, options)`` with a ``MethodSpec`` that holds only those parameters that differ
    from its preset, and ``options = {"intent", "seed", "device", "retrained"}``; ``pause_requested()``,
    ``resume_requested()``, ``cancel_requested()``, ``continue_requested()``.
    """

    start_requested = Signal(object, object)
    pause_requested = Signal()
    resume_requested = Signal()
    cancel_requested = Signal()
    continue_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Run", parent)
        self._methods: list[MethodInfo] = []
        self._situation: Situation | None = None
        self._given: dict[str, MethodSpec] = {}
        self._filled_for = AUTO
        self._history: list[Scalars] = []
        self._state: RunState = "idle"
        self._can_continue = False
        self._missing = False
        self.method = ChoiceBox(self)
        self.method.setAccessibleName("Method")
        self.summary, self.paper = QLabel(self), QLabel(self)
        self.preset = ChoiceBox(self)
        self.preset.setAccessibleName("Settings")
        self.preset_label = QLabel("Settings", self)
        self.preset_label.setBuddy(self.preset)
        self.form = ParamForm(self)
        self.defaults_button = QPushButton("Reset to defaults", self)
        self.options = RunOptions(self)
        self.fault = QLabel(self)
        self.start_button = QPushButton("Start", self)
        self.start_button.setObjectName("primary")
        self.pause_button = QPushButton("Pause", self)
        self.cancel_button = QPushButton("Cancel", self)
        self.continue_button = QPushButton("Continue", self)
        self.state_text = QLabel(self)
        self.progress = ProgressLine(self)
        self.retain_key = LegendKey("Retain accuracy", "retain", "line", self)
        self.forget_key = LegendKey("Forget accuracy", "forget", "dashed", self)
        self.plot = Deferred(_make_curves, self)
        self.noise = NoiseStrip(self)
        self.log = MessageLog(self)
        self._lay_out()
        self._connect()
        self.show_state("idle", "")

    def show_missing(self, lines: list[str]) -> None:
        """What must be done elsewhere first; ``[]`` when a run can start."""
        super().show_missing(lines)
        self._missing = bool(lines)
        self._check()

    def show_methods(self, methods: list[MethodInfo], situation: Situation | None, spec: MethodSpec) -> None:
        """The methods to choose from, what they would face (``None``: nothing is chosen), and the method so far."""
        self._methods = list(methods)
        self._situation = situation
        self._given = {spec.name: spec}
        self.method.blockSignals(True)
        self.method.clear()
        items = cast(QStandardItemModel, self.method.model())
        for i, info in enumerate(self._methods):
            self.method.addItem(_named(info, situation), info.name)
            items.item(i).setEnabled(situation is None or situation.task in info.tasks)
            if situation is not None and situation.task in info.recommended:
                items.item(i).setToolTip("The best choice for this task by our own measurements")
        self.method.setCurrentIndex(max(0, self.method.findData(spec.name)))
        self.method.blockSignals(False)
        self._method_chosen()

    def show_options(self, options: Mapping[str, Any]) -> None:
        """Fill intent, seed, device and comparison; keys as in ``start_requested``."""
        self.options.set_values(options)

    def show_state(self, state: RunState, text: str) -> None:
        """Where the run is; ``text`` replaces the standing words when it is not empty."""
        self._state = state
        self.state_text.setText(text or STATE_WORDS[state])
        active = state in ("running", "paused", "cancelling")
        self.start_button.setText("Start" if state == "idle" else "Start again")
        self.pause_button.setText("Resume" if state == "paused" else "Pause")
        self.start_button.setVisible(not active)
        self.pause_button.setVisible(active)
        self.cancel_button.setVisible(active)
        self.pause_button.setEnabled(state in ("running", "paused"))
        self.cancel_button.setEnabled(state in ("running", "paused"))
        for widget in (self.method, self.preset, self.form, self.defaults_button, self.options):
            widget.setEnabled(not active)
        if not active:
            self.progress.show_progress(None)
        self._check()
        self._restyle()

    def show_progress(self, progress: Progress | None) -> None:
        """The stage that the run is in."""
        self.progress.show_progress(progress)

    def show_scalars(self, history: list[Scalars]) -> None:
        """Draw the whole history so far."""
        self._history = history
        for key, entry in (("retain_accuracy", self.retain_key), ("forget_accuracy", self.forget_key)):
            last = next((s.values[key] for s in reversed(history) if key in s.values), None)
            entry.set_value("" if last is None else f"{last:.1f} %")
        self._draw()

    def show_noise(self, pairs: list[NoisePair]) -> None:
        """The noise pairs made so far."""
        self.noise.set_pairs(pairs)

    def show_message(self, message: Message) -> None:
        """Add a line to the log."""
        self.log.add(message)

    def clear_messages(self) -> None:
        """Empty the log, for a new run."""
        self.log.clear_messages()

    def set_can_continue(self, possible: bool) -> None:
        """Whether an unfinished run is there to go on with."""
        self._can_continue = possible
        self._check()

    def chosen(self) -> MethodInfo | None:
        """The chosen method."""
        place = self.method.currentIndex()
        return self._methods[place] if 0 <= place < len(self._methods) else None

    def _lay_out(self) -> None:
        for label in (self.summary, self.paper, self.fault, self.state_text):
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
        splitter.setMinimumHeight(LOWEST)
        self.body.addWidget(splitter, 1)

    def _settings(self, parent: QWidget) -> QWidget:
        inside = QWidget(parent)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 12, 0)
        column.addWidget(_heading("Method", inside))
        for widget in (self.method, self.summary, self.paper):
            column.addWidget(widget)
        settings = QHBoxLayout()
        settings.addWidget(self.preset_label)
        settings.addWidget(self.preset, 1)
        column.addLayout(settings)
        column.addSpacing(10)
        column.addWidget(_heading("Options", inside))
        column.addWidget(self.options)
        column.addSpacing(10)
        head = QHBoxLayout()
        head.addWidget(_heading("Parameters", inside))
        head.addStretch(1)
        head.addWidget(self.defaults_button)
        column.addLayout(head)
        column.addWidget(self.form)
        column.addStretch(1)
        scroll = QScrollArea(parent)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        scroll.setMinimumWidth(300)
        return scroll

    def _watch(self, parent: QWidget) -> QWidget:
        right = QWidget(parent)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        buttons = QHBoxLayout()
        for button in (self.start_button, self.pause_button, self.cancel_button, self.continue_button):
            buttons.addWidget(button)
        buttons.addSpacing(8)
        buttons.addWidget(self.state_text, 1)
        column.addLayout(buttons)
        column.addWidget(self.fault)
        column.addWidget(self.progress)
        legend = QHBoxLayout()
        legend.setContentsMargins(0, 6, 0, 0)
        legend.addWidget(self.retain_key)
        legend.addSpacing(20)
        legend.addWidget(self.forget_key)
        legend.addStretch(1)
        column.addLayout(legend)
        self.plot.setMinimumHeight(160)
        column.addWidget(self.plot, 4)
        column.addWidget(_heading("Noise pairs", right))
        column.addWidget(self.noise)
        self.log.setMinimumHeight(52)
        column.addWidget(_heading("Messages", right))
        column.addWidget(self.log, 1)
        right.setMinimumWidth(360)
        return right

    def _connect(self) -> None:
        self.method.currentIndexChanged.connect(self._method_chosen)
        self.form.changed.connect(self._check)
        self.preset.currentIndexChanged.connect(self._preset_chosen)
        self.options.changed.connect(self._options_changed)
        self.defaults_button.clicked.connect(self.form.reset)
        self.start_button.clicked.connect(self._start)
        self.pause_button.clicked.connect(self._pause_or_resume)
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.continue_button.clicked.connect(self.continue_requested)
        self.plot.built.connect(self._draw)
        theme.notifier().changed.connect(self._restyle)

    @Slot()
    def _method_chosen(self) -> None:
        info = self.chosen()
        if info is not None:
            self.summary.setText(info.summary)
            self.paper.setText(info.paper)
            self.paper.setVisible(bool(info.paper))
            given = self._given.get(info.name, MethodSpec(name=info.name))
            self.preset.blockSignals(True)
            self.preset.clear()
            for name in (AUTO, *info.presets):
                self.preset.addItem(PRESET_WORDS.get(name, name), name)
            self.preset.setCurrentIndex(max(0, self.preset.findData(given.preset)))
            self.preset.blockSignals(False)
            for widget in (self.preset, self.preset_label):
                widget.setVisible(bool(info.presets))
            self._fill(info, given.params)
        self._check()

    @Slot()
    def _preset_chosen(self) -> None:
        info = self.chosen()
        if info is not None:
            self._fill(info, {})
        self._check()

    @Slot()
    def _options_changed(self) -> None:
        """Another intent has other defaults; what a person changed stays changed."""
        info = self.chosen()
        if info is not None and self.options.intent.currentData() != self._filled_for:
            self._fill(info, self.form.values())
        self._check()

    def _fill(self, info: MethodInfo, given: Mapping[str, Any]) -> None:
        intent, situation = self.options.intent.currentData(), self._situation
        if situation is not None:
            sizes = {"forget": situation.forget, "retain": situation.retain, "classes": situation.classes}
            situation = Situation.of(situation.task, intent, **sizes)
        self._filled_for = intent
        self.form.set_method(info, situation, given, self.preset.currentData() or AUTO)

    @Slot()
    def _check(self) -> None:
        info = self.chosen()
        fault = self.form.fault() or self.options.fault()
        task = self._situation.task if self._situation else None
        if info is not None and task is not None and task not in info.tasks:
            fault = f"{info.title} cannot do the task '{task}': choose another method."
        self.fault.setText(fault or "")
        self.fault.setVisible(bool(fault))
        active = self._state in ("running", "paused", "cancelling")
        self.start_button.setEnabled(info is not None and fault is None and not active and not self._missing)
        self.continue_button.setVisible(self._can_continue and not active)
        self.defaults_button.setEnabled(bool(self.form.values()) and not active)

    @Slot()
    def _start(self) -> None:
        info = self.chosen()
        if info is not None:
            spec = MethodSpec(name=info.name, preset=self.preset.currentData(), params=self.form.values())
            self._given[info.name] = spec
            self.start_requested.emit(spec, self.options.values())

    @Slot()
    def _pause_or_resume(self) -> None:
        if self._state == "paused":
            self.resume_requested.emit()
        else:
            self.pause_requested.emit()

    @Slot()
    def _draw(self) -> None:
        curves = cast(Any, self.plot.content)
        if curves is not None:
            curves.set_history(self._history)

    @Slot()
    def _restyle(self) -> None:
        colours = theme.colours()
        self.paper.setStyleSheet(f"color: {colours.text_muted};")
        self.fault.setStyleSheet(f"color: {colours.danger};")
        tone = {"failed": colours.danger, "paused": colours.warning, "finished": colours.positive}
        self.state_text.setStyleSheet(f"color: {tone.get(self._state, colours.text)};")


def _named(info: MethodInfo, situation: Situation | None) -> str:
    if situation is not None and situation.task not in info.tasks:
        return f"{info.title} (not for this task)"
    if situation is not None and situation.task in info.recommended:
        return f"{info.title} (recommended)"
    return info.title


def _heading(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setObjectName("heading")
    return label


def _make_curves(parent: QWidget) -> QWidget:
    from maga_desk.ui.plots.curves import Curves  # imports pyqtgraph, so not before the window is painted

    return Curves(parent)
