"""How a run is paused, resumed and cancelled from another thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

T = TypeVar("T")


class Cancelled(Exception):
    """Raised inside a run when its control was cancelled; never shown to a user as a fault."""


class RunControl:
    """A pair of flags that a run looks at between steps.

    Any thread may call :meth:`pause`, :meth:`resume` and :meth:`cancel`; the run calls :meth:`checkpoint`.
    A cancelled control stays cancelled.
    """

    def __init__(self) -> None:
        self._go = threading.Event()
        self._go.set()
        self._cancelled = threading.Event()
        self.paused_seconds = 0.0

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def cancel(self) -> None:
        self._cancelled.set()
        self._go.set()  # a paused run must wake up to end

    @property
    def paused(self) -> bool:
        return not self._go.is_set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def checkpoint(self) -> None:
        """Block while paused; raise :class:`Cancelled` once cancelled. Paused time is added to ``paused_seconds``."""
        if not self._go.is_set():
            since = time.perf_counter()
            self._go.wait()
            self.paused_seconds += time.perf_counter() - since
        if self._cancelled.is_set():
            raise Cancelled


_POLL = 0.05


def aside(work: Callable[[], T], control: RunControl, undo: Callable[[], object] = lambda: None) -> T:
    """Do what cannot be interrupted in a thread of its own, and wait for it no longer once the control is cancelled.

    :param undo: called in that thread when the work is done and nobody waits for it any more.
    :returns: what ``work`` returns; what it raises is raised here.
    :raises Cancelled: in between.
    """
    done: Future[T] = Future()
    left, over, lock = False, False, threading.Lock()

    def run() -> None:
        nonlocal over
        try:
            done.set_result(work())
        except BaseException as error:  # whatever it is, it belongs to the one who waits
            done.set_exception(error)
        with lock:
            over = True
            if left:
                undo()

    threading.Thread(target=run, name="aside").start()
    while not done.done():
        try:
            control.checkpoint()
        except Cancelled:
            with lock:
                left = True
                if over:
                    undo()
            raise
        wait([done], timeout=_POLL)
    return done.result()


class Clock:
    """Seconds since it was made, without those for which its control was paused."""

    def __init__(self, control: RunControl) -> None:
        self._control = control
        self._start, self._paused = time.perf_counter(), control.paused_seconds

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._start - (self._control.paused_seconds - self._paused)
