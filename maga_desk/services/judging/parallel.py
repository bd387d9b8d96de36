"""Several trainings at the same time, each in a process of its own.

Worth it where one training does not fill the machine: a GPU, many cores. Every process opens the pictures once and
takes training after training; pausing and cancelling reach it through shared flags, and it leaves what it needs to
go on.
"""

from __future__ import annotations

import multiprocessing
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.synchronize import Event as Flag
from typing import Any

from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.events import Event, Progress, drained
from maga_desk.domain.memory import keep_freed_memory
from maga_desk.domain.specs.run import RunSpec, parse_spec
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.trainings import Training, train_without
from maga_desk.services.workspace import opening

_WAIT = 0.2
_STAGE = "Training shadow models"


def trained_at_once(
    spec: RunSpec,
    trainings: Sequence[Training],
    jobs: int,
    control: RunControl,
    begun: tuple[str, str] | None = None,
) -> Iterator[Event]:
    """Do trainings in up to ``jobs`` processes; the nets are then found among the references.

    :param begun: titles of the device and the number format in which they are wanted; ``None``: each process chooses.
    :raises Cancelled: in between; each training can be resumed.
    """
    context = multiprocessing.get_context("spawn")
    flags, steps = Flags(context.Event(), context.Event()), context.Queue()
    flags.go.set()
    seed_of = {training.seed: 0.0 for training in trainings}
    raw = spec.model_dump(mode="json")
    workers = min(jobs, len(trainings))
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(raw, begun, workers, flags, steps))
    try:
        running = [pool.submit(_train, training) for training in trainings]
        while not all(job.done() for job in running):
            _wait_while_paused(control, flags)
            _take(steps, seed_of)
            yield Progress(_STAGE, round(1000 * sum(seed_of.values())), 1000 * len(trainings))
    except BaseException:
        flags.stop.set()
        flags.go.set()
        # nobody waits for a process that just starts or writes; until it ends, it needs what it was given
        threading.Thread(target=_end, args=(pool, flags, steps), name="ending").start()
        raise
    with pool:
        _raise_first(running)
    yield Progress(_STAGE, 1000 * len(trainings), 1000 * len(trainings))


@dataclass(frozen=True)
class Flags:
    """What the processes are told: ``stop``, and ``go`` while they are not paused."""

    stop: Flag
    go: Flag


def _end(pool: ProcessPoolExecutor, *_kept: object) -> None:
    pool.shutdown(wait=True, cancel_futures=True)


def _wait_while_paused(control: RunControl, flags: Flags) -> None:
    """Hold the processes for as long as the control is paused.

    :raises Cancelled: the control was cancelled.
    """
    if control.paused:
        flags.go.clear()
    control.checkpoint()
    flags.go.set()


def _take(steps: Any, seed_of: dict[int, float]) -> None:
    """Wait a moment for news of the processes."""
    try:
        seed, share = steps.get(timeout=_WAIT)
        seed_of[seed] = share
    except queue.Empty:
        return


def _raise_first(jobs: Sequence[Future[bool]]) -> None:
    for job in jobs:
        job.result()


class _Shared(RunControl):
    """A control that another process can pause and cancel."""

    def __init__(self, flags: Flags) -> None:
        super().__init__()
        self._flags = flags

    def checkpoint(self) -> None:
        if not self._flags.go.is_set():
            since = time.perf_counter()
            self._flags.go.wait()
            self.paused_seconds += time.perf_counter() - since
        if self._flags.stop.is_set():
            raise Cancelled


_here: dict[str, Any] = {}
"""What a process keeps between its trainings."""


def _begin(raw: dict[str, Any], begun: tuple[str, str] | None, workers: int, flags: Flags, steps: Any) -> None:
    """Set a process up: its share of the threads, the pictures, the net's shape."""
    keep_freed_memory()
    import torch

    steps.cancel_join_thread()  # news that nobody reads any more must not keep a process alive
    threads = max(1, torch.get_num_threads() // workers)
    spec = parse_spec(raw)
    try:
        workspace = drained(opening(spec, _Shared(flags), begun))
    except Cancelled:
        return
    _here.update(erasure=Erasure.of(workspace, spec), flags=flags, steps=steps)
    torch.set_num_threads(threads)  # only now: fingerprints name the device as the parent sees it


def _train(training: Training) -> bool:
    """One training in a process; whether it was finished."""
    if not _here:
        return False
    try:
        for event in train_without(_here["erasure"], training, _Shared(_here["flags"]), _STAGE, watched=False):
            if isinstance(event, Progress) and event.total:
                _here["steps"].put((training.seed, event.done / event.total))
    except Cancelled:
        return False
    return True
