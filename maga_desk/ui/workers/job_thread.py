"""The one thread in which work happens: it loops over jobs' events and hands them on as signals."""

from __future__ import annotations

import itertools
import queue
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QThread, Signal

from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.events import Ended, Event, Progress, Scalars, drained
from maga_desk.domain.lacks import lack_behind
from maga_desk.domain.memory import give_back

SECONDS_BETWEEN_SIGNALS = 0.05  # at most twenty a second, whatever the engine does

Work = Callable[[RunControl], Iterator[Event]]
Tap = Callable[[Event], None]


@dataclass
class Job:
    """One piece of work.

    :param work: makes the generator of events; called in the thread. What it returns is the job's result.
    :param tap: sees every event at once, in the thread (recording); it must not touch widgets.
    """

    number: int
    work: Work
    control: RunControl = field(default_factory=RunControl)
    tap: Tap | None = None


class JobThread(QThread):
    """Runs jobs one after another.

    Signals, all from the thread itself (connect queued, to decorated slots): ``begun(int job)`` when a job's turn has
    come, ``events(int job, list of Event)``, ``failed(int job, object error)``, ``returned(int job, object result)``
    where the work came to its end, and ``ended(int job)``, which is always a job's last one.
    """

    begun = Signal(int)
    events = Signal(int, list)
    failed = Signal(int, object)
    returned = Signal(int, object)
    ended = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Job] = {}

    def submit(self, work: Work, tap: Tap | None = None) -> Job:
        """Queue a job; its number comes with every signal about it."""
        job = Job(next(self._numbers), work, tap=tap)
        self._waiting[job.number] = job
        self._jobs.put(job)
        return job

    def close(self) -> None:
        """Cancel everything, end the thread, and wait for it. Called from the window's thread."""
        for job in list(self._waiting.values()):
            job.control.cancel()
        self._jobs.put(None)
        self.wait()

    def run(self) -> None:
        """The thread's loop; an override of ``QThread.run``."""
        while self._perform_next():
            give_back()

    def _perform_next(self) -> bool:
        """One job, ``False`` at the end. While the thread waits, it holds nothing of the job before."""
        job = self._jobs.get()
        if job is None:
            return False
        self._perform(job)
        self._waiting.pop(job.number, None)
        return True

    def _perform(self, job: Job) -> None:
        throttle = _Throttle()
        try:
            job.control.checkpoint()  # it may have been cancelled while it waited
            self.begun.emit(job.number)
            result = drained(job.work(job.control), lambda event: self._hand_on(job, throttle, event))
            self._send(job, throttle.flush())
            self.returned.emit(job.number, result)
        except Cancelled:
            ended = Ended("cancelled")
            if job.tap is not None:
                job.tap(ended)
            self._send(job, throttle.offer(ended))
        except Exception as error:  # a user's mistake or a bug: the window tells them apart; the thread lives on
            self._send(job, throttle.flush())
            self.failed.emit(job.number, lack_behind(error) or error)
        self._send(job, throttle.flush())
        self.ended.emit(job.number)

    def _hand_on(self, job: Job, throttle: _Throttle, event: Event) -> None:
        if job.tap is not None:
            job.tap(event)
        self._send(job, throttle.offer(event))

    def _send(self, job: Job, batch: list[Event]) -> None:
        if batch:
            self.events.emit(job.number, batch)


class _Throttle:
    """Gathers events: scalars pile up, the latest progress of a stage wins, all else goes out at once with them."""

    def __init__(self) -> None:
        self._batch: list[Event] = []
        self._sent = 0.0

    def offer(self, event: Event) -> list[Event]:
        """What to send now; empty while there is time."""
        last = self._batch[-1] if self._batch else None
        if isinstance(event, Progress) and isinstance(last, Progress) and last.stage == event.stage:
            self._batch[-1] = event
        else:
            self._batch.append(event)
        patient = isinstance(event, Progress | Scalars)
        if patient and time.monotonic() - self._sent < SECONDS_BETWEEN_SIGNALS:
            return []
        return self.flush()

    def flush(self) -> list[Event]:
        self._sent = time.monotonic()
        batch, self._batch = self._batch, []
        return batch
