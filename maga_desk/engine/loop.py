"""The loop that takes every routine's steps: pauses, cancels, saves, measures and reports progress."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from torch import nn

from maga_desk.domain.control import Cancelled, Clock, RunControl
from maga_desk.domain.cost import Passes
from maga_desk.domain.events import Checkpointed, Event, Message, Progress, Series
from maga_desk.domain.methods import AUTO, FollowsNet, MethodParams
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.engine.budget import Budget
from maga_desk.engine.crowding import Crowding
from maga_desk.engine.guard import Guard
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.looking import Bounds, LastGood, StepLook, Watch, watching
from maga_desk.engine.passes import Tally, counted
from maga_desk.engine.pulse import Pulse
from maga_desk.engine.range_test import bearable_share
from maga_desk.engine.registry import METHODS
from maga_desk.engine.resume import load_best, load_progress, save_progress
from maga_desk.engine.routine import Routine, described, take_step
from maga_desk.engine.step_room import watching_step
from maga_desk.models.runtime import Runtime

WATCHED_TIMES = 20
SAVE_EVERY_SECONDS = 10.0
REPORT_EVERY_SECONDS = 0.1
NO_BOUNDS = Bounds()


@dataclass(frozen=True)
class Outcome:
    """The trained net, and its seconds of work: without pauses, with those of attempts before an interruption.

    :param passes: of pictures through the net, preparation included; ``None`` where nobody counted.
    :param scaled: parameters whose defaults were scaled to what the net bears, and the values that were used.
    :param training: how the steps were taken, for records.
    :param stopped: the limit of a person's that ended it early, in words; else empty.
    """

    model: nn.Module
    seconds: float
    steps: int
    passes: Passes | None = None
    scaled: Mapping[str, float] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    stopped: str = ""


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
    clock = Clock(control)
    ready = yield from preparing(method, inputs, control)
    routine, tally = ready.routine, ready.tally
    training = described(routine)
    inputs.runtime.synchronise()
    prepared = clock.seconds
    watch = watching(
        {
            "retain_accuracy": (inputs.pictures.train, inputs.retain_indices),
            "forget_accuracy": (inputs.pictures.train, inputs.forget_indices),
        },
        inputs.runtime,
        None if inputs.retrained is None else {"forget_accuracy": inputs.retrained},
    )
    seen = watch if watched else None
    guarded = inputs.guarded or inputs.foreign
    guard = Guard(100 / inputs.classes, patient=not inputs.foreign) if guarded else None
    timed = METHODS.find(method.name).info.exact
    bounds = Bounds(guard, _budget(inputs, timed=timed), inputs.spent)
    outcome = yield from drive(routine, inputs.runtime, control, seen, resumable, prepared, tally=tally, bounds=bounds)
    return replace(outcome, scaled=ready.scaled, training=training)


@dataclass(frozen=True)
class Prepared:
    """A method before its first step.

    :param scaled: parameters whose defaults were scaled to what the net bears, and the values that are used.
    :param tally: has counted the passes of the preparation.
    """

    routine: Routine
    scaled: Mapping[str, float]
    tally: Tally


def preparing(method: MethodSpec, inputs: RunInputs, control: RunControl) -> Generator[Event, None, Prepared]:
    """What a method does before its steps.

    :raises MethodError: the method is unknown, cannot do the task, or has a wrong parameter.
    :raises Cancelled: in between.
    """
    chosen = METHODS.find(method.name)
    parameters = chosen.info.parameters(inputs.situation, method.params, method.preset)
    tally = Tally(inputs.original, inputs.pictures.train, inputs.runtime)
    scaled = yield from counted(_scaled(method, parameters, inputs, control), tally)
    routine = yield from counted(chosen.build(inputs, parameters.model_copy(update=scaled), control), tally)
    return Prepared(routine, scaled, tally)


def _budget(inputs: RunInputs, *, timed: bool) -> Budget | None:
    """What watches the limits that a person set; nets of shadow models have none."""
    if inputs.limits is None or not inputs.limits.any or not inputs.guarded:
        return None
    return Budget(
        inputs.limits,
        inputs.pictures.classes,
        inputs.original,
        inputs.pictures.train,
        inputs.retain_indices,
        inputs.runtime,
        latest=inputs.situation.intent == "membership",
        timed=timed,
    )


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
    bounds: Bounds = NO_BOUNDS,
) -> Generator[Event, None, Outcome]:
    """Take a routine's steps, from the first or from those that ``resumable`` holds.

    :param prepared: seconds of preparation, which count too.
    :param series: to which the measurements belong.
    :param tally: counts the passes, and has counted those of the preparation; ``None``: nobody counts.
    :param bounds: what stops it before its end.
    :raises Diverged: loss or weights are no longer finite, or what stays is lost.
    :raises OverLimit: a limit was broken before any net was within all of them.
    :raises Cancelled: after a resumable checkpoint was left.
    """
    first, before, passes = _left(routine, resumable, bounds)
    if first:
        _restart(tally, passes)
        yield Message(f"Continuing from step {first} of {routine.steps}")
    else:
        before = prepared
    clock = _WorkClock(control, runtime, before)
    crowding = Crowding(lambda: clock.busy_seconds, on_cpu=runtime.device.type == "cpu")
    every = max(1, routine.steps // WATCHED_TIMES)
    reported = saved = time.perf_counter()
    last_good = LastGood(routine, first)
    pulse = Pulse(routine, runtime, tally, clock.seconds, first)
    look = StepLook(routine, watch, last_good, series, bounds, pulse)

    def save(next_step: int) -> Iterator[Event]:
        if resumable is not None:
            spent = clock.seconds(), resumable.digest, _passes(tally)
            save_progress(resumable.path, routine, runtime, next_step, *spent, best=bounds.best)
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
        over = not last and look.overdue(bounds.spent + clock.counted)
        if due or over or done % every == 0 or last:
            with clock.stopped():
                value = last_good.checked(loss, done, keep=not look.guards)
                if watch and (over or done % every == 0 or last):
                    yield look.at(done, loss=value)
                    look.settle(done, last=last)
                if due:
                    saved = now
                    yield from save(done)
        if look.stopped:
            best = look.back_to_best()
            yield Message(f"{look.stopped}. Stopped at step {done} of {routine.steps}; the net of step {best} is taken")
            break
        if now - reported >= REPORT_EVERY_SECONDS or last:
            reported = now
            left = clock.seconds_left(done - first, routine.steps - done)
            yield Progress(routine.stage, done, routine.steps, left)
    else:
        best = routine.steps
        last_good.checked(None, best, keep=not look.guards)
    net = routine.finish(routine.model).eval()
    return Outcome(net, clock.seconds(), best, _passes(tally), stopped=look.stopped)


def _left(routine: Routine, resumable: Resumable | None, bounds: Bounds) -> tuple[int, float, Passes | None]:
    """Load what an interrupted run left: the next step, and the seconds and passes that were spent; 0: nothing."""
    if resumable is None or not resumable.go_on:
        return 0, 0.0, None
    found = load_progress(resumable.path, routine, resumable.digest)
    if found[0] and bounds.budget is not None:
        bounds.budget.take_up(load_best(resumable.path))
    return found


def _counting(tally: Tally | None) -> AbstractContextManager[None]:
    return nullcontext() if tally is None else tally.counting()


def _restart(tally: Tally | None, passes: Passes | None) -> None:
    if tally is not None:
        tally.restart(passes)


def _passes(tally: Tally | None) -> Passes | None:
    return None if tally is None else tally.passes


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

    @property
    def counted(self) -> float:
        """:meth:`seconds` so far, without waiting for what the device still does."""
        return self._before + self._here()

    def seconds(self) -> float:
        self._runtime.synchronise()
        return self.counted

    def seconds_left(self, done: int, left: int) -> float | None:
        return self._here() / done * left if done else None

    def _here(self) -> float:
        return (self._all.seconds if self._stopped_at is None else self._stopped_at) - self._aside
