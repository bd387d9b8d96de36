"""Jobs by purpose: starts them on the one thread, hands their events to whoever asked, drops late results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from maga_desk.domain.errors import UserError, full_behind
from maga_desk.domain.events import Ended, Event, Progress
from maga_desk.ui.job_view import JOB_KINDS, JobKind, JobState, JobView
from maga_desk.ui.workers.job_thread import Job, JobThread, Tap, Work


@dataclass
class _Listener:
    on_events: Callable[[list[Event]], None]
    on_failed: Callable[[str], None]
    on_ended: Callable[[], None]
    on_result: Callable[[Any], None]
    on_refused: Callable[[UserError], None] | None


@dataclass
class _Entry:
    """A job that is not over.

    :param listener: ``None`` once its results are for nobody.
    """

    kind: JobKind
    job: Job
    listener: _Listener | None
    state: JobState = "waiting"
    progress: Progress | None = None
    outcome: str = "failed"

    @property
    def purpose(self) -> str:
        return self.kind.purpose


def _nothing(*_: object) -> None:
    return


class Jobs(QObject):
    """At most one job is current for each purpose; starting another cancels the one before and drops its results.

    Signals: ``changed(purpose, JobView or None)`` about the current job of a purpose, ``moved()`` when anything at all
    has changed, ``over(JobKind, outcome)`` when a job came to its end (``finished``, ``cancelled`` or ``failed``), and
    ``broken(exception)`` for faults of ours.
    """

    changed = Signal(str, object)
    moved = Signal()
    over = Signal(object, str)
    broken = Signal(object)

    def __init__(self, thread: JobThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = thread
        self._entries: dict[int, _Entry] = {}  # in their order: the first one has the thread
        queued = Qt.ConnectionType.QueuedConnection
        thread.begun.connect(self._on_begun, queued)
        thread.events.connect(self._on_events, queued)
        thread.failed.connect(self._on_failed, queued)
        thread.returned.connect(self._on_returned, queued)
        thread.ended.connect(self._on_ended, queued)

    def start(
        self,
        purpose: str,
        work: Work,
        on_events: Callable[[list[Event]], None],
        on_failed: Callable[[str], None],
        on_ended: Callable[[], None] = _nothing,
        on_result: Callable[[Any], None] = _nothing,
        tap: Tap | None = None,
        on_refused: Callable[[UserError], None] | None = None,
    ) -> Job:
        """Begin a job.

        :param purpose: one of :data:`JOB_KINDS`.
        :param on_failed: gets one line for a person; for a fault of ours ``broken`` is emitted too.
        :param on_refused: gets a mistake that a person can mend as it is, in the place of ``on_failed``.
        :param on_result: gets what the job's generator returned, after its last event.
        """
        self.cancel(purpose)
        job = self._thread.submit(work, tap)
        listener = _Listener(on_events, on_failed, on_ended, on_result, on_refused)
        self._entries[job.number] = _Entry(JOB_KINDS[purpose], job, listener)
        self._tell(purpose)
        return job

    def current(self, purpose: str) -> Job | None:
        """The running or waiting job of a purpose."""
        entry = self._current(purpose)
        return entry.job if entry is not None else None

    def view(self, purpose: str) -> JobView | None:
        """How the current job of a purpose stands."""
        entry = self._current(purpose)
        return self._view(entry) if entry is not None else None

    def views(self) -> list[JobView]:
        """How all jobs stand that are not over, in their order; the first has the thread."""
        return [self._view(entry) for entry in self._entries.values()]

    def pause(self, purpose: str) -> None:
        """Let the job wait after its step."""
        entry = self._current(purpose)
        if entry is not None and entry.state == "running":
            entry.job.control.pause()
            entry.state = "paused"
            self._tell_all()

    def resume(self, purpose: str) -> None:
        """Let a paused job go on."""
        entry = self._current(purpose)
        if entry is not None and entry.state == "paused":
            entry.job.control.resume()
            entry.state = "running"
            self._tell_all()

    def stop(self, purpose: str) -> None:
        """Cancel the job and let it say so: one that waits is over at once, one that runs ends after its step."""
        entry = self._current(purpose)
        if entry is None:
            return
        entry.job.control.cancel()
        if entry.state != "waiting":
            entry.state = "stopping"
            self._tell_all()
            return
        ended = Ended("cancelled")
        if entry.job.tap is not None:
            entry.job.tap(ended)
        if entry.listener is not None:
            entry.listener.on_events([ended])
        self._finish(entry, "cancelled")

    def cancel(self, purpose: str) -> None:
        """Cancel a job and drop the events that it still sends."""
        entry = self._current(purpose)
        if entry is None:
            return
        entry.job.control.cancel()
        entry.listener = None
        if entry.state == "waiting":
            del self._entries[entry.job.number]
        else:
            entry.state = "stopping"
        self.changed.emit(purpose, None)
        self._tell_all()

    def _current(self, purpose: str) -> _Entry | None:
        return next((e for e in self._entries.values() if e.purpose == purpose and e.listener is not None), None)

    def _view(self, entry: _Entry) -> JobView:
        places = list(self._entries.values())
        place = places.index(entry)
        if place == 0:
            return JobView(entry.kind, entry.state, entry.progress)
        first = places[0]
        running = JobView(first.kind, "running" if first.state == "waiting" else first.state, first.progress)
        return JobView(entry.kind, "waiting", None, running, place - 1)

    def _tell(self, purpose: str) -> None:
        self.changed.emit(purpose, self.view(purpose))
        self.moved.emit()

    def _tell_all(self) -> None:
        """What one job does is news for those that wait for it as well."""
        for purpose in [entry.purpose for entry in self._entries.values() if entry.listener is not None]:
            self.changed.emit(purpose, self.view(purpose))
        self.moved.emit()

    def _finish(self, entry: _Entry, outcome: str) -> None:
        self._entries.pop(entry.job.number, None)
        if entry.listener is not None:
            listener, entry.listener = entry.listener, None
            self.changed.emit(entry.purpose, None)
            listener.on_ended()
            self.over.emit(entry.kind, outcome)
        self._tell_all()

    @Slot(int)
    def _on_begun(self, number: int) -> None:
        entry = self._entries.get(number)
        if entry is not None and entry.state == "waiting":
            entry.state = "running"
            self._tell_all()

    @Slot(int, list)
    def _on_events(self, number: int, batch: list[Event]) -> None:
        entry = self._entries.get(number)
        if entry is None:
            return
        progress = next((event for event in reversed(batch) if isinstance(event, Progress)), None)
        if progress is not None:
            entry.progress = progress
            self._tell_all()
        if isinstance(batch[-1], Ended):
            entry.outcome = batch[-1].status
        if entry.listener is not None:
            entry.listener.on_events(batch)

    @Slot(int, object)
    def _on_failed(self, number: int, error: Exception) -> None:
        entry = self._entries.get(number)
        if entry is None or entry.listener is None:
            return
        error = full_behind(error) or error
        if isinstance(error, UserError):
            if entry.listener.on_refused is not None:
                entry.listener.on_refused(error)
            else:
                entry.listener.on_failed(str(error))
        else:
            self.broken.emit(error)
            entry.listener.on_failed("Something went wrong on our side; the log file has the details.")

    @Slot(int, object)
    def _on_returned(self, number: int, result: object) -> None:
        entry = self._entries.get(number)
        if entry is not None:
            entry.outcome = "finished" if entry.outcome == "failed" else entry.outcome
            if entry.listener is not None:
                entry.listener.on_result(result)

    @Slot(int)
    def _on_ended(self, number: int) -> None:
        entry = self._entries.get(number)
        if entry is not None:
            self._finish(entry, entry.outcome)
