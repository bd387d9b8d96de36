"""Pausing and cancelling, and a clock that knows pauses."""

from __future__ import annotations

import threading
import time

import pytest

from maga_desk.domain.control import Cancelled, Clock, RunControl, aside


def test_a_clock_does_not_count_pauses() -> None:
    control = RunControl()
    began, clock = time.perf_counter(), Clock(control)
    control.pause()
    timer = threading.Timer(0.3, control.resume)
    timer.start()
    control.checkpoint()
    timer.join()
    measured, passed = clock.seconds, time.perf_counter() - began
    assert passed >= 0.3
    assert measured < passed - 0.25
    assert Clock(control).seconds < measured + 0.25, "pauses before it was made are not taken off"


def test_a_cancelled_control_stays_so_and_wakes_a_paused_run() -> None:
    control = RunControl()
    control.pause()
    timer = threading.Timer(0.05, control.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        control.checkpoint()
    timer.join()
    control.resume()
    with pytest.raises(Cancelled):
        control.checkpoint()


def test_what_cannot_be_interrupted_is_left_alone_and_undone() -> None:
    control, go_on, undone = RunControl(), threading.Event(), threading.Event()

    def work() -> str:
        control.cancel()
        go_on.wait()
        return "too late"

    with pytest.raises(Cancelled):
        aside(work, control, undone.set)
    assert not undone.is_set(), "it is still at work"
    go_on.set()
    assert undone.wait(10)


def test_work_aside_gives_back_what_it_makes_and_raises_what_it_raises() -> None:
    undone = threading.Event()
    assert aside(lambda: 7, RunControl(), undone.set) == 7
    with pytest.raises(ZeroDivisionError):
        aside(lambda: 1 / 0, RunControl(), undone.set)
    assert not undone.is_set()
