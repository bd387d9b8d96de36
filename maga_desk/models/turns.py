"""Timing alternatives in turns: what else the machine does then falls on all of them alike."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)

TURNS = 7
SECONDS = 1.5
"""No round begins later, so that a small net's trial stays below two seconds."""

_STEADY = 1.5
"""So far apart may a median and the least of the same turns be on a machine that does little else."""


@dataclass(frozen=True)
class Timed(Generic[T]):
    """What the turns took.

    :param seconds: the median of each alternative's turns.
    :param steady: whether the turns of each took about the same time; else something else ran in between.
    """

    seconds: Mapping[T, float]
    steady: bool


def timed_in_turns(
    work: Mapping[T, Callable[[], object]], *, budget: float = SECONDS, clock: Callable[[], float] = time.perf_counter
) -> Timed[T]:
    """Do each piece of work in turns, every other round in reverse, up to ``TURNS`` times after a warm-up.

    Each is done once, however long that takes; the warm-up counts only where there was no time for more.

    :param budget: seconds after which no round begins.
    :param clock: gives the time in seconds.
    """
    begin = clock()
    rounds: list[dict[T, float]] = []
    while not rounds or (len(rounds) <= TURNS and clock() - begin < budget):
        order = list(work)[:: -1 if len(rounds) % 2 else 1]
        rounds.append({name: _seconds(work[name], clock) for name in order})
    counted = rounds[1:] or rounds
    turns = {name: [each[name] for each in counted] for name in work}
    medians = {name: statistics.median(times) for name, times in turns.items()}
    return Timed(medians, all(medians[name] <= _STEADY * min(times) for name, times in turns.items()))


def _seconds(work: Callable[[], object], clock: Callable[[], float]) -> float:
    start = clock()
    work()
    return clock() - start


def crowded() -> bool:
    """Whether more threads wanted to run than there are cores, in the last minute; Windows does not tell."""
    try:
        return os.getloadavg()[0] > (os.cpu_count() or 1)
    except (AttributeError, OSError):
        return False
