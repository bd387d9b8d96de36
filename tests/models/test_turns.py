"""Timing in turns, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from maga_desk.models.turns import TURNS, timed_in_turns


class Bench:
    """A clock, and pieces of work that each move it by what the next turn takes."""

    def __init__(self) -> None:
        self.now, self.done = 0.0, ""

    def clock(self) -> float:
        return self.now

    def work(self, name: str, turns: Iterator[float] | list[float]) -> Callable[[], None]:
        left = iter(turns)

        def work() -> None:
            self.now += next(left)
            self.done += name

        return work


def always(seconds: float) -> Iterator[float]:
    while True:
        yield seconds


def test_rounds_go_to_and_fro_and_the_warm_up_does_not_count() -> None:
    bench = Bench()
    work = {"a": bench.work("a", [0.2, *[0.01] * TURNS]), "b": bench.work("b", [0.3, *[0.02] * TURNS])}
    timed = timed_in_turns(work, clock=bench.clock)
    assert timed.seconds == pytest.approx({"a": 0.01, "b": 0.02}) and timed.steady
    assert bench.done == "abba" * ((TURNS + 1) // 2)


def test_a_burst_of_other_work_changes_no_median_but_unsteady_turns_are_said() -> None:
    bench = Bench()
    burst = timed_in_turns(
        {"a": bench.work("a", [0.01, 0.09, *[0.01] * 6]), "b": bench.work("b", always(0.02))}, clock=bench.clock
    )
    assert burst.seconds == pytest.approx({"a": 0.01, "b": 0.02}) and burst.steady
    mixed = timed_in_turns(
        {"a": bench.work("a", [0.01, *[0.05, 0.01, 0.05, 0.05, 0.01, 0.05, 0.05]]), "b": bench.work("b", always(0.02))},
        clock=bench.clock,
    )
    assert not mixed.steady


@pytest.mark.parametrize(("each", "rounds"), [(5.0, 1), (0.5, 2), (0.2, 4), (0.001, TURNS + 1)])
def test_no_round_begins_after_the_budget(each: float, rounds: int) -> None:
    bench = Bench()
    timed = timed_in_turns(
        {"a": bench.work("a", always(each)), "b": bench.work("b", always(each))}, budget=1.5, clock=bench.clock
    )
    assert len(bench.done) == 2 * rounds
    assert timed.seconds == pytest.approx({"a": each, "b": each})
