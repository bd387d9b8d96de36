"""The queue: what a person wants of it, and running it in this window."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Slot

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Begun, Ended, Event
from maga_desk.domain.queue import QueueEntry, Wish
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.queue import add, give_memory_back
from maga_desk.services.workspace import Workspace
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.asking import Asking, Say
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.controllers.planned_runs import view_of
from maga_desk.ui.controllers.queue_commands import QueueCommands
from maga_desk.ui.controllers.run_jobs import RunJobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.job_view import OPEN, RUN
from maga_desk.ui.pages.run import RunPage
from maga_desk.ui.runs import RunView

Asked = Callable[[tuple[str, ...]], list[tuple[RunSpec, list[str]]]]

LOOK_EVERY = 1000
"""Milliseconds between looks at the queue while it holds something to come: another process may change it."""

log = logging.getLogger(__name__)


class PerformService(Protocol):
    """What runs an entry: ``services.queue.perform``."""

    def __call__(
        self, store: SessionStore, entry: QueueEntry, control: RunControl, /, *, workspace: Workspace | None = None
    ) -> Generator[Event, None, Workspace | None]: ...


class QueueController(QObject):
    """Connects the Run page's queue, the store's, and the worker thread.

    :param asked: the runs that the desk asks for now, in folders other than those given.
    """

    def __init__(
        self,
        page: RunPage,
        desk: Desk,
        jobs: Jobs,
        store: SessionStore | None,
        settings: SettingsFile,
        say: Say,
        launcher: RunJobs,
        asked: Asked,
        perform_service: PerformService,
    ) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._store = page, desk, jobs, store
        self._ask, self._ask_quietly = Asking(store, say), Asking(store, _note)
        self._settings, self._say, self._launcher, self._asked = settings, say, launcher, asked
        self._perform, self._queue, self._runs = perform_service, desk.queue, desk.runs
        self._entry: QueueEntry | None = None  # the one that this window runs
        self._run: RunView | None = None
        self._last: RunView | None = None  # the run that went on last, whoever began it
        self._obeyed: Wish = ""
        self._workspace: Workspace | None = None  # of other pictures or another model than those on the desk
        self._going = False
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY)
        self._timer.timeout.connect(self._look)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._next)
        self._commands = QueueCommands(page, self._queue, self)
        page.add_requested.connect(self.add)
        line = page.progress
        line.pause_requested.connect(self._note_pause)
        line.resume_requested.connect(self._note_resume)
        line.cancel_requested.connect(self._note_cancel)
        desk.engine_ready.connect(self._begin)
        self._runs.state_changed.connect(self._on_state)
        jobs.changed.connect(self._on_job)
        self._queue.changed.connect(self._show)
        self._look()

    def close(self) -> None:
        """Run nothing more; what was run waits in the queue."""
        self._timer.stop()
        self._soon.stop()
        if self._going:
            self._ask(lambda store: store.queue.let_go())
        self._going, self._store = False, None  # events that come late find it closed
        self._ask = self._ask_quietly = Asking(None, self._say)

    # What a person wants

    @Slot()
    def add(self) -> None:
        """Put what the desk asks for behind all that waits. Where something is run, it follows by itself, unless others
        wait or the queue is paused: somebody left it so.
        """
        specs = [spec for spec, _ in self._asked(tuple(entry.folder for entry in self._queue.view.to_come))]
        if specs:
            self.add_specs(specs, self._desk.session_id)

    def add_specs(self, specs: list[RunSpec], session: int | None) -> None:
        """Put runs behind all that waits."""
        waited = bool(self._queue.view.to_come)
        numbers = self._ask(lambda store: add(store, specs, session))
        if not numbers:
            return
        self._page.below.show_queue()
        self._look()
        self._page.below.queue.select(numbers[-1])
        view = self._queue.view
        if self._runs.busy and not (waited or view.paused or self._going) and view.runner is None:
            self.run()

    @Slot()
    def run(self) -> None:
        """Run what waits, one after the other, until nothing waits."""
        if self._ask(_taking_over) is None:
            self._look()
            return
        self._going = True
        self._look()
        self._next()

    @Slot()
    def pause(self) -> None:
        """Pause all of it, or let it go on."""
        if self._queue.view.paused:
            self._change(lambda store: store.queue.resume_all())
            self._next()
        else:
            self._change(lambda store: store.queue.pause_all())

    @Slot()
    def free(self) -> None:
        """Pause all of it; what is run stops and gives its memory back."""
        self._change(lambda store: store.queue.pause_all("free"))
        self._let_go()
        self._say("The queue is paused and gives its memory back. The model on the Load page stays open.", "info")

    def _let_go(self) -> None:
        """Keep nothing open for the queue."""
        self._workspace = None
        give_memory_back()

    def on_entry(self, act: Callable[[SessionStore, int], object]) -> None:
        """Do something with the entry that is selected."""
        entry = self._page.below.queue.current()
        if entry is not None:
            self._change(lambda store: act(store, entry.id))
            self._next()

    def on_all(self, act: Callable[[SessionStore], object]) -> None:
        """Do something with the queue."""
        self._change(act)

    def move(self, entry_id: int, to: int) -> None:
        """Give an entry another place among those to come."""
        self._change(lambda store: store.queue.move(entry_id, to))
        self._page.below.queue.select(entry_id)

    @Slot()
    def show_run(self) -> None:
        """Show the run of the entry that is selected."""
        entry = self._page.below.queue.current()
        if entry is None or entry.run_id is None:
            return
        number = entry.run_id
        here = self._runs.find(number)
        if here is None:
            record = self._ask(lambda store: store.run(number))
            here = view_of(record) if record is not None else None
        if here is not None:
            self._runs.show(here)

    @Slot()
    def _note_pause(self) -> None:
        self._note(lambda store, number: store.queue.pause(number))

    @Slot()
    def _note_resume(self) -> None:
        def go_on(store: SessionStore, number: int) -> None:
            store.queue.resume(number)
            store.queue.resume_all()

        self._note(go_on)

    @Slot()
    def _note_cancel(self) -> None:
        self._note(lambda store, number: store.queue.cancel(number))

    def _note(self, act: Callable[[SessionStore, int], object]) -> None:
        """What is pressed on the line of the run counts for its entry as well."""
        entry = self._entry
        if entry is not None:
            self._change(lambda store: act(store, entry.id))

    # Running it

    @Slot()
    def _begin(self) -> None:
        """The engine is there: go on with what was left, or say that something was."""
        view = self._queue.view
        if view.next is None or view.runner is not None:
            return
        if self._settings.values.queue.at_start == "go on" and not view.paused:
            self.run()
            return
        left = f"{len(view.to_come)} {'run waits' if len(view.to_come) == 1 else 'runs wait'} in the queue"
        begun = any(entry.begun is not None for entry in view.to_come)
        text = f"{left}{', one of them begun' if begun else ''}. Run the queue (on the Run page) to go on."
        self._page.below.show_queue()
        self._say(text, "info")

    @Slot()
    def _next(self) -> None:
        """Begin the next entry, if it is time."""
        if not self._going or self._entry is not None or self._runs.busy or self._jobs.current(OPEN) is not None:
            return
        if self._jobs.current(RUN) is not None:
            return
        entry = self._ask(lambda store: store.queue.claim())
        if entry is None:
            self._stop_if_empty()
            return
        spec = self._ask_quietly(lambda store: store.queue.spec(entry.id))
        self._launch(entry, spec)
        self._look()

    def _launch(self, entry: QueueEntry, spec: RunSpec | None) -> None:
        run = RunView(run_id=entry.run_id, spec=spec, folder=entry.folder)
        self._entry, self._run, self._obeyed = entry, run, ""
        workspace = self._fitting(spec)
        store = self._store
        assert store is not None  # it was claimed there
        self._launcher.launch(
            run,
            lambda control: self._perform(store, entry, control, workspace=workspace),
            on_events=partial(self._hear, run, entry.id),
            on_ended=self._on_over,
            on_result=self._keep_workspace,
        )
        if self._runs.shown.state == "none" or self._runs.shown is self._last:  # it was being watched
            self._runs.show(run)

    def _fitting(self, spec: RunSpec | None) -> Workspace | None:
        """What is open and can be used; what cannot is let go before another is opened."""
        here: Workspace | None = self._desk.workspace
        if spec is None or here is None or not here.fits(spec):
            here = self._workspace if spec is not None and self._workspace and self._workspace.fits(spec) else None
            self._workspace = here
        return here

    def _keep_workspace(self, used: Workspace | None) -> None:
        self._workspace = used if used is not self._desk.workspace else None

    def _hear(self, run: RunView, entry_id: int, batch: list[Event]) -> None:
        if any(isinstance(event, Begun | Ended) for event in batch):
            entry = self._ask_quietly(lambda store: store.queue.entry(entry_id))
            if entry is not None and entry.run_id is not None:
                self._runs.identify(run, entry.run_id)

    def _on_over(self) -> None:
        self._entry = None
        self._look()
        if self._queue.view.paused == "free":
            self._let_go()
        if self._queue.view.paused and self._queue.view.reason:  # a disk is full
            self._say(f"The queue is paused. {self._queue.view.reason}", "error")
        self._next()

    def _stop_if_empty(self) -> None:
        """Leave the queue to others while nothing of it can go on."""
        view = self._ask(lambda store: store.queue.view())
        if view is None or (view.next is not None and view.paused):
            return  # it goes on here, once it is let go
        self._going = False
        self._let_go()
        self._ask(lambda store: store.queue.let_go())
        self._look()

    @Slot()
    def _look(self) -> None:
        """See how the queue stands, and do what is wanted of the entry that is run."""
        view = self._ask_quietly(lambda store: store.queue.view())
        if view is None:
            return
        self._queue.show(view, going=self._going)
        if (view.to_come or view.running is not None) and not self._timer.isActive():
            self._timer.start()
        elif not view.to_come and view.running is None:
            self._timer.stop()
        self._obey()
        if self._going and self._entry is None and not view.paused:
            self._next()

    def _obey(self) -> None:
        entry, view = self._entry, self._queue.view
        if entry is None or self._run is None or not self._run.going_on:
            return
        wanted = self._ask_quietly(lambda store: store.queue.wish(entry.id))
        if wanted is None or wanted == self._obeyed:
            return
        before, self._obeyed = self._obeyed, wanted
        if view.running is None or view.running.id != entry.id:
            return
        if wanted == "pause":
            self._jobs.pause(RUN)
        elif wanted == "" and before == "pause":
            self._jobs.resume(RUN)
        elif wanted in ("free", "skip", "cancel"):
            self._jobs.stop(RUN)

    @Slot(object)
    def _on_state(self, run: RunView) -> None:
        self._last = run if run.state == "running" else self._last
        self._next()

    @Slot(str, object)
    def _on_job(self, purpose: str, view: object) -> None:
        if self._going and view is None and purpose in (RUN, OPEN):
            self._soon.start()  # after whoever waits for this job has begun what follows it

    @Slot()
    def _show(self) -> None:
        view = self._queue.view
        self._page.below.count(len(view.to_come))
        self._page.below.queue.show_queue(view, self._queue.words())
        self._page.set_may_queue(self._queue.kept)
        self._page.commands_changed.emit()

    def _change(self, act: Callable[[SessionStore], object]) -> None:
        self._ask(act)
        self._look()


def _note(fault: str, level: str) -> None:
    """For what is asked again and again: a fault goes to the log."""
    log.warning("the queue cannot be read: %s", fault)


def _taking_over(store: SessionStore) -> bool:
    store.queue.take_over()
    store.queue.resume_all()
    return True
