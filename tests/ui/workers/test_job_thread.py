"""The one worker thread: order, throttling, cancelling, faults, closing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QObject, Qt, Slot
from pytestqt.qtbot import QtBot

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import DataError
from maga_desk.domain.events import Ended, Event, Message, Progress, Scalars
from maga_desk.ui.workers.job_thread import JobThread


class Ear(QObject):
    """Hears a thread's signals, in the window's thread."""

    def __init__(self, thread: JobThread) -> None:
        super().__init__()
        self.batches: list[tuple[int, list[Event]]] = []
        self.failures: list[tuple[int, object]] = []
        self.ended: list[int] = []
        self.threads: set[Any] = set()
        queued = Qt.ConnectionType.QueuedConnection
        thread.events.connect(self._events, queued)
        thread.failed.connect(self._failed, queued)
        thread.ended.connect(self._ended, queued)

    @Slot(int, list)
    def _events(self, number: int, batch: list[Event]) -> None:
        self.threads.add(threading.current_thread())
        self.batches.append((number, batch))

    @Slot(int, object)
    def _failed(self, number: int, error: object) -> None:
        self.failures.append((number, error))

    @Slot(int)
    def _ended(self, number: int) -> None:
        self.ended.append(number)

    def all(self, number: int) -> list[Event]:
        return [event for job, batch in self.batches if job == number for event in batch]


def test_events_arrive_whole_in_order_and_in_the_windows_thread(qtbot: QtBot, thread: JobThread) -> None:
    ear = Ear(thread)

    def work(_control: RunControl) -> Iterator[Event]:
        for step in range(50):
            yield Scalars(step, {"loss": float(step)})
            yield Progress("Working", step + 1, 50)
        yield Message("done")
        yield Ended("finished", {"answer": 42})

    first, second = thread.submit(work), thread.submit(work)
    qtbot.waitUntil(lambda: len(ear.ended) == 2)
    assert ear.ended == [first.number, second.number]
    events = ear.all(first.number)
    assert [e.step for e in events if isinstance(e, Scalars)] == list(range(50))
    assert events[-1] == Ended("finished", {"answer": 42})
    assert ear.threads == {threading.main_thread()}


def test_a_busy_job_sends_at_most_about_twenty_batches_a_second(qtbot: QtBot, thread: JobThread) -> None:
    ear = Ear(thread)

    def work(_control: RunControl) -> Iterator[Event]:
        end = time.monotonic() + 1.0
        step = 0
        while time.monotonic() < end:
            step += 1
            yield Progress("Working", step, 10**9)
            yield Scalars(step, {})
            time.sleep(0.0005)

    job = thread.submit(work)
    qtbot.waitUntil(lambda: bool(ear.ended), timeout=10_000)
    assert 2 <= len(ear.batches) <= 24
    scalars = [e.step for e in ear.all(job.number) if isinstance(e, Scalars)]
    assert scalars == list(range(1, len(scalars) + 1))


def test_cancelling_reaches_a_job_in_its_loop_and_one_that_waits(qtbot: QtBot, thread: JobThread) -> None:
    ear = Ear(thread)
    started = threading.Event()

    def work(control: RunControl) -> Iterator[Event]:
        started.set()
        while True:
            control.checkpoint()
            yield Progress("Working", 0, 0)

    running, waiting = thread.submit(work), thread.submit(work)
    assert started.wait(5)
    waiting.control.cancel()
    running.control.cancel()
    qtbot.waitUntil(lambda: len(ear.ended) == 2)
    assert ear.all(running.number)[-1] == Ended("cancelled")
    assert ear.all(waiting.number) == [Ended("cancelled")]


def test_faults_are_handed_on_and_the_thread_lives(qtbot: QtBot, thread: JobThread) -> None:
    ear = Ear(thread)

    def wrong(_control: RunControl) -> Iterator[Event]:
        yield Message("before")
        raise DataError("no pictures")

    def broken(_control: RunControl) -> Iterator[Event]:
        yield Message("before")
        raise ZeroDivisionError

    def fine(_control: RunControl) -> Iterator[Event]:
        yield Ended("finished")

    jobs = [thread.submit(work) for work in (wrong, broken, fine)]
    qtbot.waitUntil(lambda: len(ear.ended) == 3)
    assert [type(error) for _, error in ear.failures] == [DataError, ZeroDivisionError]
    assert ear.all(jobs[0].number) == [Message("before")]
    assert ear.all(jobs[2].number) == [Ended("finished")]


def test_closing_under_load_ends_everything(qapp: Any) -> None:
    thread = JobThread()
    thread.start()
    seen: list[Event] = []

    def work(control: RunControl) -> Iterator[Event]:
        while True:
            control.checkpoint()
            sum(range(20_000))
            yield Progress("Working", 0, 0)

    for _ in range(5):
        thread.submit(work, tap=seen.append)
    time.sleep(0.2)
    thread.close()
    assert thread.isFinished()
    assert seen


def test_a_paused_job_can_be_closed(qapp: Any) -> None:
    thread = JobThread()
    thread.start()

    def work(control: RunControl) -> Iterator[Event]:
        while True:
            control.checkpoint()
            yield Progress("Working", 0, 0)

    job = thread.submit(work)
    job.control.pause()
    time.sleep(0.1)
    thread.close()
    assert thread.isFinished()
