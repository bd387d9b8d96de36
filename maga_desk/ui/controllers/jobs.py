"""Jobs by purpose: starts them on the one thread, hands their events to whoever asked, drops late results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from maga_desk.domain.errors import UserError
from maga_desk.domain.events import Event, Progress
from maga_desk.ui.workers.job_thread import Job, JobThread, Tap, Work


@dataclass
class _Listener:
    purpose: str
    job: Job
    on_events: Callable[[list[Event]], None]
    on_failed: Callable[[str], None]
    on_ended: Callable[[], None]
    on_result: Callable[[Any], None]
    on_refused: Callable[[UserError], None] | None


def _nothing(*_: object) -> None:
    return


class Jobs(QObject):
    """At most one job is current for each purpose; starting another cancels the one before and drops its results.

    Signals: ``busy(purpose, Progress or None)``, and ``broken(exception)`` for faults of ours.
    """

    busy = Signal(str, object)
    broken = Signal(object)

    def __init__(self, thread: JobThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = thread
        self._listeners: dict[int, _Listener] = {}
        self._unfinished: set[int] = set()
        thread.events.connect(self._on_events, Qt.ConnectionType.QueuedConnection)
        thread.failed.connect(self._on_failed, Qt.ConnectionType.QueuedConnection)
        thread.returned.connect(self._on_returned, Qt.ConnectionType.QueuedConnection)
        thread.ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)

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

        :param on_failed: gets one line for a person; for a fault of ours ``broken`` is emitted too.
        :param on_refused: gets a mistake that a person can mend as it is, in the place of ``on_failed``.
        :param on_result: gets what the job's generator returned, after its last event.
        """
        self.cancel(purpose)
        stage = "Waiting for the current job" if self._unfinished else "Starting"
        job = self._thread.submit(work, tap)
        self._unfinished.add(job.number)
        self._listeners[job.number] = _Listener(purpose, job, on_events, on_failed, on_ended, on_result, on_refused)
        self.busy.emit(purpose, Progress(stage, 0, 0))
        return job

    def current(self, purpose: str) -> Job | None:
        """The running or waiting job of a purpose."""
        return next((entry.job for entry in self._listeners.values() if entry.purpose == purpose), None)

    def cancel(self, purpose: str) -> None:
        """Cancel a job and drop the events that it still sends."""
        for number, entry in list(self._listeners.items()):
            if entry.purpose == purpose:
                entry.job.control.cancel()
                del self._listeners[number]
                self.busy.emit(purpose, None)

    @Slot(int, list)
    def _on_events(self, number: int, batch: list[Event]) -> None:
        entry = self._listeners.get(number)
        if entry is None:
            return
        progress = next((event for event in reversed(batch) if isinstance(event, Progress)), None)
        if progress is not None:
            self.busy.emit(entry.purpose, progress)
        entry.on_events(batch)

    @Slot(int, object)
    def _on_failed(self, number: int, error: Exception) -> None:
        entry = self._listeners.get(number)
        if entry is None:
            return
        if isinstance(error, UserError):
            if entry.on_refused is not None:
                entry.on_refused(error)
            else:
                entry.on_failed(str(error))
        else:
            self.broken.emit(error)
            entry.on_failed("Something went wrong on our side; the log file has the details.")

    @Slot(int, object)
    def _on_returned(self, number: int, result: object) -> None:
        entry = self._listeners.get(number)
        if entry is not None:
            entry.on_result(result)

    @Slot(int)
    def _on_ended(self, number: int) -> None:
        self._unfinished.discard(number)
        entry = self._listeners.pop(number, None)
        if entry is not None:
            self.busy.emit(entry.purpose, None)
            entry.on_ended()
