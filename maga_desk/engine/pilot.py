"""A pilot: some steps of a routine, timed, that say what all of them will take. Nothing of the net is kept.

Steps are taken in blocks that are spread over the whole routine, so that methods whose steps are of several kinds
are measured at all of them. The interval is that of one further block: a 95 % t interval over the blocks' mean
seconds per step, on a logarithmic scale. It is meant to be wide: what slows the machine for the length of a block may
do so for the whole run.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from maga_desk.domain.control import Clock, RunControl
from maga_desk.domain.events import Event, Progress
from maga_desk.engine.passes import Tally
from maga_desk.engine.routine import Routine, take_step
from maga_desk.engine.step_room import watching_step
from maga_desk.models.runtime import Runtime

BLOCKS = 12
"""At most; each has one step at least."""

LEAST = 0.5
"""How narrow an interval becomes at most, as a share to either side: this, divided by the root of one plus the seconds
that were measured. Who looks at a machine for a moment does not see what comes and goes on it.
"""

ALONE = 0.5
"""Likewise where something could be measured only once or twice."""

_GOLDEN = (5**0.5 - 1) / 2
_WARM_UP = 2
_CONFIDENCE = 0.975  # of the t distribution's quantile: 95 % between both ends


class OutOfTime(Exception):
    """A pilot's time is over; never shown to a user as a fault."""


class Bounded(RunControl):
    """Another control with an end: :meth:`checkpoint` raises :class:`OutOfTime` once the seconds are over, without
    pauses.
    """

    def __init__(self, control: RunControl, seconds: float) -> None:
        super().__init__()
        self._outer, self._clock, self._room = control, Clock(control), seconds

    @property
    def seconds(self) -> float:
        """That are spent."""
        return self._clock.seconds

    @property
    def paused(self) -> bool:
        return self._outer.paused

    @property
    def cancelled(self) -> bool:
        return self._outer.cancelled

    def checkpoint(self) -> None:
        self._outer.checkpoint()
        self.paused_seconds = self._outer.paused_seconds
        if self._clock.seconds > self._room:
            raise OutOfTime


@dataclass(frozen=True)
class Pace:
    """Seconds of a unit of work, measured in blocks.

    :param blocks: mean seconds of a unit in each block; ``measured``: seconds of all blocks together.
    """

    blocks: tuple[float, ...]
    measured: float = 0.0

    @property
    def mean(self) -> float:
        return statistics.fmean(self.blocks)

    @property
    def factor(self) -> float:
        """By which one further block may be longer or shorter, with 95 %."""
        logs = [math.log(max(each, 1e-9)) for each in self.blocks]
        count = len(logs)
        if count < 3:
            return 1 + ALONE
        from scipy.stats import t  # not at the top: it takes half a second

        wide = float(t.ppf(_CONFIDENCE, count - 1)) * statistics.stdev(logs) * math.sqrt(1 + 1 / count)
        return max(1 + LEAST / math.sqrt(1 + self.measured), math.exp(min(wide, 3.0)))

    def between(self, units: float) -> tuple[float, float, float]:
        """Seconds of so many units: expected, at least, at most."""
        expected, factor = units * self.mean, self.factor
        return expected, expected / factor, expected * factor


def spread(count: int) -> list[int]:
    """The numbers below ``count`` in an order whose first few lie all over them: time may be over before the last."""
    return sorted(range(count), key=lambda number: number * _GOLDEN % 1)


def paced(
    routine: Routine, runtime: Runtime, control: RunControl, seconds: float, stage: str, tally: Tally | None = None
) -> Generator[Event, None, Pace]:
    """Take some of a routine's steps, for so many seconds at most, and time them. The routine is worth nothing after.

    :param tally: counts passes, as it does in a run.
    :raises ResourceError: a step does not fit into memory.
    :raises Cancelled: between two steps.
    """

    def counting() -> AbstractContextManager[None]:
        return nullcontext() if tally is None else tally.counting()

    def took(steps: Sequence[int]) -> float:
        runtime.synchronise()
        start = time.perf_counter()
        for step in steps:
            control.checkpoint()
            with counting():
                take_step(routine, step)
        runtime.synchronise()
        return (time.perf_counter() - start) / len(steps)

    yield Progress(stage, 0, BLOCKS)
    clock, total = Clock(control), routine.steps
    with watching_step(routine.model, runtime):
        first = took([0])
    for step in range(1, min(_WARM_UP, total)):
        if clock.seconds < seconds:
            first = took([step])
    if clock.seconds >= seconds:  # steps that long tell enough by themselves
        return Pace((first,), clock.seconds)
    room = max(0.0, seconds - clock.seconds)
    count = min(BLOCKS, total, max(1, int(room / max(first, 1e-6))))
    each = max(1, min(total // count, int(room / count / max(first, 1e-6))))
    found: list[float] = []
    for number in spread(count):
        if found and clock.seconds > seconds:
            break
        begin = number * total // count
        found.append(took(range(begin, min(total, begin + each))))
        yield Progress(stage, len(found), count)
    return Pace(tuple(found), clock.seconds)
