"""Shadow models for the attacks that can be trusted most: their cost is told before they are trained.

N nets are trained without the forget set (which RMIA and U-LiRA compare with) and N with it; these then unlearn it by
the judged method (U-LiRA). All are kept in the user's data folder by what they were trained on, so that an interrupted
audit goes on, and another method on the same forget set trains nothing anew.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from maga_desk.domain.control import RunControl
from maga_desk.domain.durations import rough
from maga_desk.domain.errors import ResourceError
from maga_desk.domain.events import Ended, Event, Message, Progress, Started
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.run import OPENED
from maga_desk.services.erasure import Erasure
from maga_desk.services.guidance import reproposed
from maga_desk.services.judging.costs import training_cost
from maga_desk.services.judging.memory import jobs_that_fit
from maga_desk.services.judging.trainings import SHADOW_SEEDS, Reference, Training, find_trained, train_without

if TYPE_CHECKING:
    from maga_desk.auditing.shadow_figures import Shadows


@dataclass(frozen=True)
class ShadowPlan:
    """What is to be made.

    :param missing: trainings that were not done before.
    :param seconds_each: estimate of one of them on this machine, ``None`` when nothing is missing.
    :param shared: whether several at once are sooner done; on a CPU one training has all of it already.
    """

    count: int
    missing: tuple[Training, ...]
    seconds_each: float | None
    shared: bool = False

    def text(self, jobs: int, unlearning: float) -> str:
        """One line about the cost."""
        if not self.missing or self.seconds_each is None:
            training = "All shadow models were trained before"
        else:
            total = self.seconds_each * len(self.missing) / (jobs if self.shared else 1)
            training = (
                f"{len(self.missing)} shadow models to train, {rough(self.seconds_each)} each, {rough(total)} in all"
            )
        return f"{training}; then {self.count} unlearnings, {rough(self.count * unlearning)}"


def plan_shadows(erasure: Erasure, control: RunControl) -> ShadowPlan:
    """Which shadow models are missing, and what one costs: a few steps of a training are taken and timed.

    :raises Cancelled: in between.
    """
    wanted = [training for pair in _trainings(erasure) for training in pair]
    missing = tuple(each for each in wanted if find_trained(erasure, each) is None)
    seconds = training_cost(erasure, missing[0], control).seconds if missing else None
    shared = erasure.workspace.runtime.device.type != "cpu"
    return ShadowPlan(erasure.spec.audit.shadows, missing, seconds, shared)


def missing_shadows(erasure: Erasure) -> int:
    """How many shadow models are still to be trained."""
    return sum(find_trained(erasure, each) is None for pair in _trainings(erasure) for each in pair)


def estimate(erasure: Erasure, seconds: float, control: RunControl) -> Iterator[Event]:
    """Say what an audit's shadow models would cost: one ``Message``. A few training steps are taken and timed.

    :param seconds: what the judged unlearning took.
    """
    yield Started("Measuring what shadow models cost")
    plan = plan_shadows(erasure, control)
    control.checkpoint()
    yield Message(plan.text(erasure.spec.audit.jobs, seconds))
    yield Ended("finished")


def shadows(
    erasure: Erasure, proposal: Proposal | None, unlearning: float, control: RunControl
) -> Generator[Event, None, Shadows]:
    """Train what is missing, unlearn, and note what every net says.

    :param unlearning: seconds that the judged unlearning took, for the estimate.
    :raises Cancelled: in between; what is trained is kept.
    """
    from concurrent.futures.process import BrokenProcessPool

    from maga_desk.auditing.outputs import compute_outputs
    from maga_desk.auditing.parts import parts_of
    from maga_desk.auditing.shadow_figures import Confidences, Shadows, confidences
    from maga_desk.engine.loop import run
    from maga_desk.services.judging.parallel import trained_at_once

    workspace, spec = erasure.workspace, erasure.spec
    plan = plan_shadows(erasure, control)
    yield Message(plan.text(spec.audit.jobs, unlearning))
    jobs = jobs_that_fit(erasure, min(spec.audit.jobs, len(plan.missing)))
    if jobs < min(spec.audit.jobs, len(plan.missing)):
        yield Message(f"Of {spec.audit.jobs} trainings at a time {jobs} fit into memory; so many are done", "warning")
    if jobs > 1:
        opened = {key: getattr(workspace.spec, key) for key in OPENED}
        try:
            wanted, same = spec.model_copy(update=opened), (workspace.card.device, workspace.card.precision)
            yield from trained_at_once(wanted, plan.missing, jobs, control, same)
        except (BrokenProcessPool, ResourceError):  # the system ends a process where memory runs out
            yield Message("A process that trained beside others was ended; going on one after another", "warning")
    parts, pictures, runtime = parts_of(workspace.images, erasure.forget), workspace.pictures, workspace.runtime
    unseen: list[Confidences] = []
    seen: list[Confidences] = []
    forgotten: list[Confidences] = []
    for number, (without, whole) in enumerate(_trainings(erasure)):
        stage = f"Shadow model {number + 1} of {plan.count}"
        net = yield from _trained(erasure, without, control, f"{stage}, trained without")
        unseen.append(confidences(compute_outputs(net.model, pictures, runtime, control), parts))
        net = yield from _trained(erasure, whole, control, f"{stage}, trained with")
        seen.append(confidences(compute_outputs(net.model, pictures, runtime, control), parts))
        yield Progress(f"{stage}, unlearning", 0, 0)
        theirs = reproposed(erasure, proposal, net.model, control) if proposal is not None else None
        inputs = replace(erasure.inputs(theirs), original=net.model, seed=whole.seed)
        outcome = yield from run(spec.method, inputs, control, watched=False)
        forgotten.append(confidences(compute_outputs(outcome.model, pictures, runtime, control), parts))
    return Shadows(tuple(unseen), tuple(forgotten), tuple(seen))


def _trained(
    erasure: Erasure, training: Training, control: RunControl, stage: str
) -> Generator[Event, None, Reference]:
    found = find_trained(erasure, training)
    return found if found is not None else (yield from train_without(erasure, training, control, stage, watched=False))


def _trainings(erasure: Erasure) -> list[tuple[Training, Training]]:
    """For each shadow the training without the forget set, and that with it."""
    without, whole = erasure.gone, np.setdiff1d(erasure.gone, erasure.forget.indices)
    return [
        (Training(without, SHADOW_SEEDS[2 * number]), Training(whole, SHADOW_SEEDS[2 * number + 1]))
        for number in range(erasure.spec.audit.shadows)
    ]
