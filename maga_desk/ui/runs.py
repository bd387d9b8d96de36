"""The runs in the window: those that wait, the one that is going on, the one that is shown, and the session's list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from PySide6.QtCore import QObject, Signal, SignalInstance

from maga_desk.domain.events import Message, NoisePair, Scalars
from maga_desk.domain.results import Report
from maga_desk.domain.sessions import RunInfo
from maga_desk.domain.specs.run import RunSpec

RunState = Literal["none", "queued", "running", "paused", "stopping", "finished", "cancelled", "failed", "interrupted"]
"""``none``: nothing was run yet. What the store knows (``RunStatus``), and what only the window knows of a run."""

UNFINISHED: tuple[RunState, ...] = ("cancelled", "interrupted", "failed")
GOING_ON: tuple[RunState, ...] = ("queued", "running", "paused", "stopping")


@dataclass(eq=False)
class RunView:
    """All that the window knows of one run. Only a :class:`RunList` changes it.

    :param run_id: its number in the store, ``None`` where it is not kept.
    :param error: why it failed, in one line.
    :param name: what a person calls it.
    :param exports: files that were saved from its checkpoint.
    :param scalars: measurements of the run itself, by step; ``reference``: those of a retraining that it is compared
        with.
    """

    run_id: int | None = None
    spec: RunSpec | None = None
    folder: str = ""
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    state: RunState = "none"
    error: str = ""
    scalars: list[Scalars] = field(default_factory=list)
    reference: list[Scalars] = field(default_factory=list)
    noise: list[NoisePair] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    report: Report | None = None
    checkpoint: str | None = None
    exports: tuple[str, ...] = ()
    name: str = ""

    @property
    def title(self) -> str:
        """How it is called in lists; empty when nothing was run yet."""
        if self.spec is None:
            return ""
        return run_title(self.started, self.spec.method.name, self.state, self.spec.forget.title(), self.name)

    @property
    def going_on(self) -> bool:
        return self.state in GOING_ON

    @property
    def can_continue(self) -> bool:
        return self.state in UNFINISHED and bool(self.folder)


class RunList(QObject):
    """The one owner of what is known of runs.

    ``shown`` is what the pages show, ``live`` the run that is going on, ``queued`` those that wait for the worker
    thread; one run may be two of these. ``recorded`` are the runs of the open session, newest first.

    Signals: ``state_changed(RunView)`` for any run; ``shown_changed()`` when another run is shown, followed by all of
    those that tell of the shown run alone: ``scalars_changed()``, ``noise_changed()``, ``messages_changed()``,
    ``result_changed()`` (report or checkpoint); ``recorded_changed()``; and ``judged_changed()``, with the first run of
    any session that has figures.
    """

    state_changed = Signal(object)
    shown_changed = Signal()
    scalars_changed = Signal()
    noise_changed = Signal()
    messages_changed = Signal()
    result_changed = Signal()
    recorded_changed = Signal()
    judged_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown = RunView()
        self._live: RunView | None = None
        self._queued: list[RunView] = []
        self._recorded: tuple[RunInfo, ...] = ()
        self._any_judged = False

    @property
    def shown(self) -> RunView:
        return self._shown

    @property
    def live(self) -> RunView | None:
        return self._live

    @property
    def queued(self) -> tuple[RunView, ...]:
        return tuple(self._queued)

    @property
    def recorded(self) -> tuple[RunInfo, ...]:
        return self._recorded

    @property
    def any_judged(self) -> bool:
        """Whether a run of any session has figures."""
        return self._any_judged

    def set_any_judged(self, known: bool) -> None:
        if known != self._any_judged:
            self._any_judged = known
            self.judged_changed.emit()

    @property
    def busy(self) -> bool:
        """Whether a run is going on or waits."""
        return self._live is not None or bool(self._queued)

    def find(self, run_id: int) -> RunView | None:
        """The run of that number, if the window holds it: it is shown, goes on or waits."""
        here = (self._shown, self._live, *self._queued)
        return next((run for run in here if run is not None and run.run_id == run_id), None)

    def last_seconds(self) -> dict[str, float]:
        """What the session's last finished run of each method took."""
        oldest_first = reversed(self._recorded)
        return {i.method: i.seconds for i in oldest_first if i.status == "finished" and i.seconds is not None}

    def titles(self) -> list[tuple[int, str]]:
        """The session's runs as (id, title); of a run that the window holds, with the state that it has here."""
        here = {run.run_id: run.state for run in (self._shown, self._live, *self._queued) if run is not None}
        states = [here.get(info.id, info.status) for info in self._recorded]
        return [
            (i.id, run_title(i.started, i.method, state, i.forget, i.name))
            for i, state in zip(self._recorded, states, strict=True)
        ]

    def show(self, run: RunView) -> None:
        """Show another run, whole."""
        self._shown = run
        for signal in (
            self.shown_changed,
            self.scalars_changed,
            self.noise_changed,
            self.messages_changed,
            self.result_changed,
        ):
            signal.emit()

    def set_recorded(self, runs: Iterable[RunInfo]) -> None:
        """The runs of the open session, newest first."""
        self._recorded = tuple(runs)
        self.recorded_changed.emit()

    def enqueue(self, run: RunView) -> None:
        """A run waits for its turn."""
        self._queued = [*(other for other in self._queued if other is not run), run]
        self._set_state(run, "queued")

    def identify(self, run: RunView, run_id: int) -> None:
        """The store keeps a run that has begun, under this number."""
        if run.run_id != run_id:
            run.run_id = run_id
            self.state_changed.emit(run)

    def begin(self, run: RunView) -> None:
        """A run's turn has come."""
        self._queued = [other for other in self._queued if other is not run]
        self._live = run
        self._set_state(run, "running")

    def pause(self, run: RunView) -> None:
        self._set_state(run, "paused")

    def resume(self, run: RunView) -> None:
        self._set_state(run, "running")

    def stop(self, run: RunView) -> None:
        """A run was asked to stop, and will after its step."""
        self._set_state(run, "stopping")

    def end(self, run: RunView, state: Literal["finished", "cancelled", "failed"], error: str = "") -> None:
        """A run is over.

        :param error: why it failed.
        """
        self._queued = [other for other in self._queued if other is not run]
        self._live = None if self._live is run else self._live
        self._set_state(run, state, error)

    def add_scalars(self, run: RunView, batch: Sequence[Scalars]) -> None:
        """New measurements, of the run and of a retraining beside it.

        Steps that were measured before (a run that goes on) are replaced.
        """
        own = [scalars for scalars in batch if scalars.series == "run"]
        other = [scalars for scalars in batch if scalars.series == "reference"]
        if own:
            run.scalars = _followed_by(run.scalars, own)
        if other:
            run.reference = _followed_by(run.reference, other)
        if own or other:
            self._tell(run, self.scalars_changed)

    def add_noise(self, run: RunView, pairs: Sequence[NoisePair]) -> None:
        if pairs:
            run.noise = [*run.noise, *pairs]
            self._tell(run, self.noise_changed)

    def add_messages(self, run: RunView, messages: Sequence[Message]) -> None:
        if messages:
            run.messages = [*run.messages, *messages]
            self._tell(run, self.messages_changed)

    def rename(self, run_id: int, name: str) -> None:
        """A person calls a run of the session by a name."""
        self._recorded = tuple(replace(i, name=name) if i.id == run_id else i for i in self._recorded)
        for run in {id(run): run for run in (self._shown, self._live) if run is not None}.values():
            if run.run_id == run_id:
                run.name = name
                self._tell(run, self.result_changed)
        self.recorded_changed.emit()

    def set_report(self, run: RunView, report: Report) -> None:
        run.report = report
        self._tell(run, self.result_changed)

    def set_checkpoint(self, run: RunView, path: str) -> None:
        """The unlearned net was written."""
        run.checkpoint = path
        self._tell(run, self.result_changed)

    def add_export(self, checkpoint: str, path: str) -> None:
        """A file was saved from a run's checkpoint."""
        for run in {id(run): run for run in (self._shown, self._live) if run is not None}.values():
            if run.checkpoint == checkpoint:
                run.exports = (*run.exports, path)
                self._tell(run, self.result_changed)

    def _set_state(self, run: RunView, state: RunState, error: str = "") -> None:
        run.state, run.error = state, error
        self.state_changed.emit(run)

    def _tell(self, run: RunView, signal: SignalInstance) -> None:
        if run is self._shown:
            signal.emit()


def _followed_by(before: list[Scalars], new: list[Scalars]) -> list[Scalars]:
    return [scalars for scalars in before if scalars.step < new[0].step] + new


def run_title(started: datetime, method: str, state: RunState, forget: str = "", name: str = "") -> str:
    """How a run is called in lists: a person's name for it, its time, what it forgets, its method, how it stands."""
    what = ", ".join(part for part in (forget, method, state) if part)
    return f"{name}{': ' if name else ''}{started.astimezone():%d %b %H:%M}  {what}"
