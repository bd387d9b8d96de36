"""What retraining to compare costs: measured by a few steps, or told by the last training of such a net."""

from __future__ import annotations

import statistics
import time
from contextlib import nullcontext
from dataclasses import dataclass

from maga_desk.domain.control import RunControl
from maga_desk.domain.cost import Passes, made_at_cost
from maga_desk.domain.durations import rough
from maga_desk.domain.yardstick import FRESH
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.trainings import Training, rate_of_training, training_routine

_TRIAL_STEPS, _WARM_UP = 8, 2


@dataclass(frozen=True)
class TrainingCost:
    """What one training takes.

    :param seconds: an estimate for this machine as it is now.
    """

    seconds: float
    passes: Passes

    def times(self, count: int) -> TrainingCost:
        """What so many of them take."""
        passes = Passes(count * self.passes.forward, count * self.passes.backward)
        return TrainingCost(count * self.seconds, passes)

    def text(self) -> str:
        """``about 4 min on this machine, 1,200,000 picture passes (600,000 forward, 600,000 backward)``."""
        return f"{rough(self.seconds)} on this machine, {self.passes.text()}"


def training_cost(erasure: Erasure, training: Training, control: RunControl) -> TrainingCost:
    """Take a few steps of a training and time them.

    :raises Cancelled: in between.
    """
    from maga_desk.engine.routine import take_step
    from maga_desk.engine.step_room import watching_step

    routine, runtime = training_routine(erasure, training, ""), erasure.workspace.runtime
    times = []
    for step in range(min(_TRIAL_STEPS, routine.steps)):
        control.checkpoint()
        runtime.synchronise()
        start = time.perf_counter()
        with watching_step(routine.model, runtime) if step == 0 else nullcontext():
            take_step(routine, step)
        runtime.synchronise()
        times.append(time.perf_counter() - start)
    seconds = statistics.median(times[_WARM_UP:] or times) * routine.steps
    passes = _passes_of_training(erasure, len(training.left_out))
    rate_of_training(erasure.workspace).remember(seconds, passes.total)
    return TrainingCost(seconds, passes)


def _passes_of_training(erasure: Erasure, left_out: int) -> Passes:
    """What training without so many of the pictures counts."""
    seen = (len(erasure.workspace.images.train) - left_out) * erasure.recipe.epochs
    return Passes(seen, seen)


def expected_retraining(erasure: Erasure) -> float | None:
    """Seconds that retraining to compare takes here, by what the last training of such a net took,
    be it the original's own on this machine; ``None`` where no such training is known. Nothing is measured.
    """
    workspace = erasure.workspace
    count = erasure.spec.audit.guesses if erasure.recipe_is_guessed else 1
    passes = count * _passes_of_training(erasure, len(erasure.gone)).total
    known = rate_of_training(workspace).for_units(passes)
    if known is not None:
        return known
    seconds, counted, machine = made_at_cost(workspace.info.made)
    here = machine == workspace.runtime.machine and workspace.info.made.get("start") == FRESH
    return seconds / counted.total * passes if here and seconds and counted and counted.total else None
