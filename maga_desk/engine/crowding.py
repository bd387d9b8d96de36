"""Telling a person when other programs take the processor from a run.

The run itself goes on as it began: the number of its threads decides how sums are divided, and with it the last bits of
the result. Its threads sleep while they wait (:mod:`maga_desk.domain.waiting`), so that they cost no more than one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import torch

from maga_desk.domain.events import Message

SECONDS = 30.0
"""So long the processor is watched before anything is said."""

_TAKEN, _FREE = 0.6, 0.9  # of one core; what computes alone gets at least a whole one


class Crowding:
    """Compares what a run computed on the CPU with the time that went by.

    :param seconds: a clock of the run's work, without pauses.
    :param cpu: CPU seconds of this process.
    :param on_cpu: whether the run computes there; else there is no news.
    """

    def __init__(
        self, seconds: Callable[[], float], cpu: Callable[[], float] = time.process_time, *, on_cpu: bool = True
    ) -> None:
        self._clock, self._cpu, self._on_cpu = seconds, cpu, on_cpu
        self._since, self._used = seconds(), cpu()
        self._taken = False

    def news(self) -> Iterator[Message]:
        """What to tell now: nothing where nothing has changed. To be asked after each step."""
        seconds = self._clock() - self._since
        if seconds < SECONDS or not self._on_cpu:
            return
        share = (self._cpu() - self._used) / seconds
        self._since, self._used = self._clock(), self._cpu()
        if share < _TAKEN and not self._taken:
            self._taken = True
            threads = torch.get_num_threads()
            these = "one thread" if threads == 1 else f"{threads} threads"
            yield Message(f"Other programs take the processor: this run, with {these}, gets {share:.0%} of a core")
        elif share > _FREE and self._taken:
            self._taken = False
            yield Message("The processor is free again")
