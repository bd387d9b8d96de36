"""Timing some steps: which ones are taken, and what the interval is."""

from __future__ import annotations

import math
import time

import pytest
import torch
from torch import Tensor, nn

from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.engine.pilot import BLOCKS, Bounded, OutOfTime, Pace, paced, spread
from maga_desk.engine.routine import Routine, sgd
from maga_desk.models.runtime import Runtime

RUNTIME = Runtime(torch.device("cpu"))


def pace_of(steps: int, seconds: float, sleep: float = 0.0) -> tuple[list[int], Pace]:
    model, taken = nn.Linear(2, 1), list[int]()

    def loss(step: int) -> Tensor:
        taken.append(step)
        time.sleep(sleep)
        return model.weight.sum()

    routine = Routine(model, sgd(model, 0.1), lambda _step: 0.1, steps, loss)
    events = paced(routine, RUNTIME, RunControl(), seconds, "Trying")
    while True:
        try:
            next(events)
        except StopIteration as stop:
            return taken, stop.value


def test_blocks_are_spread_over_the_whole_routine() -> None:
    taken, pace = pace_of(1_200, 60.0)
    assert len(pace.blocks) == BLOCKS and all(each > 0 for each in pace.blocks)
    assert sorted(taken[2:]) == list(range(1_200)), "so few are all taken, after two that warm up"
    for first in (3, 4, 6):
        shares = {first * number // BLOCKS for number in spread(BLOCKS)[:first]}
        assert len(shares) >= first - 1, "the first blocks lie all over it, should time be over early"
    assert sorted(spread(BLOCKS)) == list(range(BLOCKS)) and spread(1) == [0]


def test_few_steps_are_all_taken_and_slow_ones_are_few() -> None:
    taken, pace = pace_of(5, 5.0)
    assert taken[:2] == [0, 1] and sorted(taken[2:]) == [0, 1, 2, 3, 4] and len(pace.blocks) == 5
    taken, pace = pace_of(1000, 0.05, sleep=0.1)
    assert taken == [0] and len(pace.blocks) == 1 and pace.factor == 1.5


def test_the_interval_has_one_further_block_and_is_never_narrow() -> None:
    # logs 0, ln 2, 0, ln 2: standard deviation .4002, t for three degrees of freedom 3.1824
    wide = Pace((1.0, 2.0, 1.0, 2.0), measured=100.0)
    assert wide.factor == pytest.approx(math.exp(3.18245 * 0.40019 * math.sqrt(1.25)), rel=1e-3)
    expected, low, high = wide.between(10)
    assert (expected, low, high) == (15.0, pytest.approx(15 / wide.factor), pytest.approx(15 * wide.factor))
    for measured in (0.0, 3.0, 24.0):
        assert Pace((1.0,) * 12, measured).factor == pytest.approx(1 + 0.5 / math.sqrt(1 + measured))
    assert Pace((1.0, 1.0), measured=1e9).factor == 1.5, "two measurements tell nothing of chance"


def test_a_bounded_control_ends_by_time_and_by_its_outer() -> None:
    outer = RunControl()
    bounded = Bounded(outer, 0.01)
    bounded.checkpoint()
    time.sleep(0.02)
    with pytest.raises(OutOfTime):
        bounded.checkpoint()
    outer.cancel()
    assert bounded.cancelled
    with pytest.raises(Cancelled):
        Bounded(outer, 100).checkpoint()
