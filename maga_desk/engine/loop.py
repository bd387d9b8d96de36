"""The loop that takes every routine's steps: pauses, cancels, saves, measures and reports progress."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from maga_desk.data.batches import Pictures
from maga_desk.domain.control import Cancelled, Clock, RunControl
from maga_desk.domain.cost import Passes
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Checkpointed, Event, Message, Progress, Scalars, Series
from maga_desk.domain.methods import AUTO, FollowsNet, MethodParams
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.engine.crowding import Crowding
from maga_desk.engine.guard import Guard
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.passes import Tally, counted
from maga_desk.engine.range_test import bearable_share
from maga_desk.engine.registry import METHODS
from maga_desk.engine.resume import load_progress, save_progress
from maga_desk.engine.routine import Routine, described, take_step
from maga_desk.engine.step_room import watching_step
from maga_desk.models.evenly import evenly
from maga_desk.models.inference import accuracy, logits
from maga_desk.models.runtime import Runtime

WATCHED_PICTURES = 400  # of the retain and of the forget set each, for the live curves
WATCHED_TIMES = 20
SAVE_EVERY_SECONDS = 10.0
REPORT_EVERY_SECONDS = 0.1
_LARGEST_LOSS = 1e6  # far above any loss of a net that trains

Watch = Callable[[nn.Module], Mapping[str, float]]


@dataclass(frozen=True)
class Outcome:
    """The trained net, and its seconds of work: without pauses, with those of attempts before an interruption.

    :param passes: of pictures through the net, preparation included; ``None`` where nobody counted.
    :param scaled: parameters whose defaults were scaled to what the net bears, and the values that were used.
    :param training: how the steps were taken, for records.
    """

    model: nn.Module
    seconds: float
    steps: int
    passes: Passes | None = None
    scaled: Mapping[str, float] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Resumable:
    """Where an interrupted run leaves its state.

    :param digest: fingerprint of the run; the file of another run is ignored.
    :param go_on: continue from the file if there is one; otherwise begin with the first step.
    """

    path: Path
    digest: str
    go_on: bool = False


def run(
    method: MethodSpec,
    inputs: RunInputs,
    control: RunControl,
    resumable: Resumable | None = None,
    *,
    watched: bool = True,
) -> Generator[Event, None, Outcome]:
    """Unlearn: prepare the method, then take its steps.

    :param watched: measure on the way, for the live curves.
    :raises MethodError: the method is unknown, cannot do the task, has a wrong parameter, or diverged.
    :raises Cancelled: after a resumable checkpoint was left.
    """
    chosen = METHODS.find(method.name)
    parameters = chosen.info.parameters(inputs.situation, method.params, method.preset)
    clock = Clock(control)
    tally = Tally(inputs.original, inputs.pictures.train, inputs.runtime)
    scaled = yield from counted(_scaled(method, parameters, inputs, control), tally)
    parameters = parameters.model_copy(update=scaled)
    routine = yield from counted(chosen.build(inputs, parameters, control), tally)
    training = described(routine)
    inputs.runtime.synchronise()
    prepared = clock.seconds
    watch = watching(
        {
            "retain_accuracy": (inputs.pictures.train, inputs.retain_indices),
            "forget_accuracy": (inputs.pictures.train, inputs.forget_indices),
        },
        inputs.runtime,
    )
    seen = watch if watched else None
    guarded = inputs.guarded or inputs.foreign
    guard = Guard(100 / inputs.classes, patient=not inputs.foreign) if guarded else None
    outcome = yield from drive(routine, inputs.runtime, control, seen, resumable, prepared, tally=tally, guard=guard)
    return replace(outcome, scaled=scaled, training=training)


def _scaled(
    method: MethodSpec, parameters: MethodParams, inputs: RunInputs, control: RunControl
) -> Generator[Event, None, dict[str, float]]:
    """Default learning rates that a net of another program does not bear, and what it bears; those that a person set,
    or chose by a preset, stay.
    """
    fields = type(parameters).model_fields
    rates = [name for name, each in fields.items() if any(isinstance(entry, FollowsNet) for entry in each.metadata)]
    rates = [name for name in rates if name not in method.params]
    if not rates or not inputs.foreign or method.preset != AUTO:
        return {}
    share = yield from bearable_share(inputs, control)
    if share == 1:
        return {}
    scaled = {name: float(f"{getattr(parameters, name) * share:.2g}") for name in rates}
    told = ", ".join(f"{name} {getattr(parameters, name):g} becomes {value:g}" for name, value in scaled.items())
    yield Message(
        f"A few steps at the default learning rate harm this model, which another program trained: {told}. "
        f"Set {rates[0]} yourself to use another."
    )
    return scaled


def drive(
    routine: Routine,
    runtime: Runtime,
    control: RunControl,
    watch: Watch | None = None,
    resumable: Resumable | None = None,
    prepared: float = 0.0,
    series: Series = "run",
    *,
    tally: Tally | None = None,
    guard: Guard | None = None,
) -> Generator[Event, None, Outcome]:
    """Take a routine's steps, from the first or from those that ``resumable`` holds.

    :param prepared: seconds of preparation, which count too.
    :param series: to which the measurements belong.
    :param tally: counts the passes, and has counted those of the preparation; ``None``: nobody counts.
    :param guard: stops where the net loses what stays and does not regain it; it needs ``watch``.
    :raises Diverged: loss or weights are no longer finite, or what stays is lost.
    :raises Cancelled: after a resumable checkpoint was left.
    """
    first, before = 0, prepared
    if resumable and resumable.go_on:
        first, spent, passes = load_progress(resumable.path, routine, resumable.digest)
        if first:
            before = spent
            _restart(tally, passes)
            yield Message(f"Continuing from step {first} of {routine.steps}")
    clock = _WorkClock(control, runtime, before)
    crowding = Crowding(lambda: clock.busy_seconds, on_cpu=runtime.device.type == "cpu")
    every = max(1, routine.steps // WATCHED_TIMES)
    reported = saved = time.perf_counter()
    last_good = _LastGood(routine, first)
    look = _Look(routine, watch, last_good, series, guard)

    def save(next_step: int) -> Iterator[Event]:
        if resumable is not None:
            spent = clock.seconds(), resumable.digest, _passes(tally)
            save_progress(resumable.path, routine, runtime, next_step, *spent)
            yield Checkpointed(str(resumable.path), next_step)

    if watch and first == 0:
        with clock.stopped():
            yield look.at(0)
    for step in range(first, routine.steps):
        try:
            control.checkpoint()
        except Cancelled:
            yield from save(step)
            raise
        with _counting(tally), watching_step(routine.model, runtime) if step == first else nullcontext():
            loss = take_step(routine, step)
        yield from crowding.news()
        now, done, last = time.perf_counter(), step + 1, step + 1 == routine.steps
        due = now - saved >= SAVE_EVERY_SECONDS and not last
        if due or done % every == 0 or last:
            with clock.stopped():
                value = last_good.checked(loss, done, keep=not look.guards)
                if watch and (done % every == 0 or last):
                    yield look.at(done, loss=value)
                    look.settle(done, last=last)
                if due:
                    saved = now
                    yield from save(done)
        if now - reported >= REPORT_EVERY_SECONDS or last:
            reported = now
            left = clock.seconds_left(done - first, routine.steps - done)
            yield Progress(routine.stage, done, routine.steps, left)
    last_good.checked(None, routine.steps, keep=not look.guards)
    return Outcome(routine.finish(routine.model).eval(), clock.seconds(), routine.steps, _passes(tally))


def _counting(tally: Tally | None) -> AbstractContextManager[None]:
    return nullcontext() if tally is None else tally.counting()


def _restart(tally: Tally | None, passes: Passes | None) -> None:
    if tally is not None:
        tally.restart(passes)


def _passes(tally: Tally | None) -> Passes | None:
    return None if tally is None else tally.passes


class Diverged(MethodError):
    """The loss or the weights are not finite, or the loss is far too large.

    :param model: the net at ``step``, the last time that both were checked and fine.
    """

    def __init__(self, stage: str, at: int, steps: int, model: nn.Module, step: int, why: str = "") -> None:
        diverged = f"{stage.lower()} diverged by step {at} of {steps}"
        super().__init__(f"{stage.lower()} {why} by step {at}" if why else diverged, todo="lower the learning rate")
        self.model, self.step = model, step


class _LastGood:
    """The last state of a routine's net that was checked and fine, in memory."""

    def __init__(self, routine: Routine, step: int) -> None:
        self._routine = routine
        self.keep(step)

    def checked(self, loss: torch.Tensor | None, step: int, *, keep: bool = True) -> float:
        """Check a step's loss and the weights after it, and keep these; returns the loss. Waits for the device.

        :param keep: whether these count as good, once they are checked.
        :raises Diverged: something is not finite, or the loss is far too large.
        """
        value = 0.0 if loss is None else float(loss)
        finite = torch.stack([tensor.isfinite().all() for tensor in self._routine.model.parameters()]).all()
        if not math.isfinite(value) or abs(value) > _LARGEST_LOSS or not bool(finite):
            raise self.error(step)
        if keep:
            self.keep(step)
        return value

    def error(self, step: int, why: str = "") -> Diverged:
        """What is raised at a step, with the net as it was when it was last good."""
        model = self._routine.model
        model.load_state_dict(self._state)
        net = self._routine.finish(model).eval()
        return Diverged(self._routine.stage, step, self._routine.steps, net, self._step, why)

    def keep(self, step: int) -> None:
        """Hold the net's state as the last good one."""
        self._step = step
        self._state = {name: tensor.detach().clone() for name, tensor in self._routine.model.state_dict().items()}


class _Look:
    """Measures a net on the way, and where it is guarded, judges by that whether its state is good."""

    def __init__(
        self, routine: Routine, watch: Watch | None, last_good: _LastGood, series: Series, guard: Guard | None
    ) -> None:
        self._routine, self._watch, self._last_good, self._series = routine, watch, last_good, series
        self._guard = guard if watch else None
        self._good = True

    @property
    def guards(self) -> bool:
        """Whether a state counts as good only once it was looked at."""
        return self._guard is not None

    def at(self, step: int, **more: float) -> Scalars:
        """Measure now."""
        found = self._watch(self._routine.finish(self._routine.model)) if self._watch else {}
        self._good = self._guard is None or self._guard.look(found)
        return Scalars(step, {**found, **more}, self._series)

    def settle(self, step: int, *, last: bool) -> None:
        """Hold a good state.

        :raises Diverged: what stays is lost.
        """
        if self._guard is None:
            return
        if self._good:
            self._last_good.keep(step)
        elif self._guard.lost(last=last):
            raise self._last_good.error(step, self._guard.text())


def watching(parts: Mapping[str, tuple[Pictures, torch.Tensor | None]], runtime: Runtime) -> Watch:
    """Accuracies in percent on the same few pictures each time, without augmentation, for the live curves.

    :param parts: from a curve's name to its pictures and positions ``(n,) int64`` among them (``None``: all).
    """
    chosen = {
        name: (pictures, evenly(torch.arange(len(pictures)) if positions is None else positions, WATCHED_PICTURES))
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


class _WorkClock:
    """Seconds of work, without pauses, measuring, saving, and what those who listen do with events.

    :param before: seconds to start with.
    """

    def __init__(self, control: RunControl, runtime: Runtime, before: float) -> None:
        self._control, self._runtime, self._before = control, runtime, before
        self._all, self._aside = Clock(control), 0.0
        self._stopped_at: float | None = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """While open, nothing counts; waits for the device first, so that what it still does counts."""
        self._runtime.synchronise()
        self._stopped_at, aside = self._all.seconds, Clock(self._control)
        yield
        self._aside += aside.seconds
        self._stopped_at = None

    @property
    def busy_seconds(self) -> float:
        """Since it was made, without pauses; measuring and saving count."""
        return self._all.seconds

    def seconds(self) -> float:
        self._runtime.synchronise()
        return self._before + self._here()

    def seconds_left(self, done: int, left: int) -> float | None:
        return self._here() / done * left if done else None

    def _here(self) -> float:
        return (self._all.seconds if self._stopped_at is None else self._stopped_at) - self._aside
