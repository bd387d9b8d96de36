"""The loop that every routine runs in: pausing, cancelling, saving, measuring, saying how far it is."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from maga_desk.data.batches import Pictures
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Checkpointed, Event, Message, Progress, Scalars
from maga_desk.domain.methods import AUTO
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.registry import find_method
from maga_desk.engine.resume import load_progress, save_progress
from maga_desk.engine.routine import Routine
from maga_desk.models.inference import accuracy, logits
from maga_desk.models.runtime import Runtime

WATCHED_PICTURES = 400  # of the retain and of the forget set each, for the live curves
WATCHED_TIMES = 20
SAVE_EVERY_SECONDS = 10.0
SAY_EVERY_SECONDS = 0.1

Watch = Callable[[nn.Module], Mapping[str, float]]


@dataclass(frozen=True)
class Outcome:
    """The trained net and the seconds of work that went into it, without pauses, earlier attempts included."""

    model: nn.Module
    seconds: float
    steps: int


@dataclass(frozen=True)
class Resumable:
    """Where an interrupted run leaves its state, and whose state it is.

    :param digest: fingerprint of the run; a file of another run is ignored.
    :param go_on: use what is there; otherwise start anew.
    """

    path: Path
    digest: str
    go_on: bool = False


def run(
    method: str,
    params: Mapping[str, object],
    inputs: RunInputs,
    control: RunControl,
    resumable: Resumable | None = None,
    preset: str = AUTO,
) -> Generator[Event, None, Outcome]:
    """Unlearn: prepare the method, then take its steps.

    :param params: what differs from the preset.

    :raises MethodError: the method is unknown, cannot do the task, has a wrong parameter, or diverged.
    :raises Cancelled: after a resumable checkpoint was left.
    """
    chosen = find_method(method)
    parameters = chosen.info.parameters(inputs.situation, params, preset)
    started, paused = time.perf_counter(), control.paused_seconds
    routine = yield from chosen.build(inputs, parameters, control)
    inputs.runtime.synchronise()
    prepared = time.perf_counter() - started - (control.paused_seconds - paused)
    watch = watching(
        {
            "retain_accuracy": (inputs.pictures.train, inputs.retain_indices),
            "forget_accuracy": (inputs.pictures.train, inputs.forget_indices),
        },
        inputs.runtime,
    )
    return (yield from drive(routine, inputs.runtime, control, watch, resumable, prepared))


def drive(
    routine: Routine,
    runtime: Runtime,
    control: RunControl,
    watch: Watch | None = None,
    resumable: Resumable | None = None,
    prepared: float = 0.0,
) -> Generator[Event, None, Outcome]:
    """Take a routine's steps from the first, or from where ``resumable`` left off.

    :param prepared: seconds of preparation to count in.
    :raises MethodError: the loss is no longer finite.
    :raises Cancelled: after a resumable checkpoint was left.
    """
    first, before = 0, prepared
    if resumable and resumable.go_on:
        first, spent = load_progress(resumable.path, routine, resumable.digest)
        if first:
            before = spent
            yield Message(f"Going on from step {first} of {routine.steps}")
    clock = _Clock(control, before)
    every = max(1, routine.steps // WATCHED_TIMES)
    said = saved = time.perf_counter()

    def leave(next_step: int) -> Iterator[Event]:
        if resumable is not None:
            save_progress(resumable.path, routine, next_step, clock.seconds(), resumable.digest)
            yield Checkpointed(str(resumable.path), next_step)

    if watch and first == 0:
        yield Scalars(0, watch(routine.finish(routine.model)))
    for step in range(first, routine.steps):
        try:
            control.checkpoint()
        except Cancelled:
            yield from leave(step)
            raise
        loss = _take_step(routine, step)
        now = time.perf_counter()
        if watch and ((step + 1) % every == 0 or step + 1 == routine.steps):
            measured = watch(routine.finish(routine.model))
            yield Scalars(step + 1, {**measured, "loss": _finite(loss, step, routine)})
        if now - said >= SAY_EVERY_SECONDS or step + 1 == routine.steps:
            said = now
            yield Progress(
                routine.stage, step + 1, routine.steps, clock.seconds_left(step + 1 - first, routine.steps - step - 1)
            )
        if now - saved >= SAVE_EVERY_SECONDS and step + 1 < routine.steps:
            saved = now
            yield from leave(step + 1)
    if not all(parameter.isfinite().all() for parameter in routine.model.parameters()):
        raise _diverged(routine.steps, routine)
    runtime.synchronise()
    return Outcome(routine.finish(routine.model).eval(), clock.seconds(), routine.steps)


def _take_step(routine: Routine, step: int) -> torch.Tensor:
    for group in routine.optimizer.param_groups:
        group["lr"] = routine.schedule(step)
    routine.optimizer.zero_grad(set_to_none=True)
    loss = routine.loss(step)
    loss.backward()
    routine.optimizer.step()
    return loss.detach()


def _finite(loss: torch.Tensor, step: int, routine: Routine) -> float:
    value = float(loss)  # a sync point, a few times a run
    if not math.isfinite(value):
        raise _diverged(step, routine)
    return value


def _diverged(step: int, routine: Routine) -> MethodError:
    return MethodError(
        f"{routine.stage.lower()} diverged at step {step} of {routine.steps}", todo="lower the learning rate"
    )


def watching(parts: Mapping[str, tuple[Pictures, torch.Tensor | None]], runtime: Runtime) -> Watch:
    """Accuracies in percent on a fixed spread of pictures, without augmentation, for live curves.

    :param parts: a curve's name to its pictures and the positions ``(n,) int64`` among them (``None``: all).
    """
    chosen = {
        name: (pictures, _spread(torch.arange(len(pictures)) if positions is None else positions))
        for name, (pictures, positions) in parts.items()
        if positions is None or len(positions)
    }

    def watch(model: nn.Module) -> Mapping[str, float]:
        values = {}
        for name, (pictures, positions) in chosen.items():
            outputs = logits(model, pictures, runtime, positions)
            values[name] = accuracy(outputs, pictures.labels[positions.to(pictures.device)]) or 0.0
        return values

    return watch


def _spread(positions: torch.Tensor) -> torch.Tensor:
    if len(positions) <= WATCHED_PICTURES:
        return positions
    return positions[torch.linspace(0, len(positions) - 1, WATCHED_PICTURES).long()]


class _Clock:
    """Seconds of work, without pauses."""

    def __init__(self, control: RunControl, before: float) -> None:
        self._control = control
        self._before = before
        self._start = time.perf_counter()
        self._paused = control.paused_seconds

    def seconds(self) -> float:
        return self._before + self._here()

    def seconds_left(self, done: int, left: int) -> float | None:
        return self._here() / done * left if done else None

    def _here(self) -> float:
        return time.perf_counter() - self._start - (self._control.paused_seconds - self._paused)
