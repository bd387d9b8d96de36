"""Verification models: nets that are trained on a small share of the retained pictures, and so never saw the others.

They are kept in the user's data folder by what they were trained on: an interrupted audit goes on, and another method
on the same forget set trains nothing anew.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import ForgetError
from maga_desk.domain.events import Ended, Event, Message, Started
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.costs import TrainingCost, training_cost
from maga_desk.services.judging.starting import check_start
from maga_desk.services.judging.trainings import Reference, Training, find_trained, train_without

SHARE = 0.15
"""Of the retained pictures of each class, as in arXiv 2606.16110."""

VERIFICATION_SEEDS = range(2_000_003, 2_100_003)
"""Of the verification models; far from what people choose, and from those of the shadow models."""

_FEWEST = 16


@dataclass(frozen=True)
class VerificationPlan:
    """What is to be made.

    :param missing: trainings that were not done before; ``cost`` of all of them, ``None`` where there are none.
    """

    wanted: tuple[Training, ...]
    missing: tuple[Training, ...]
    cost: TrainingCost | None

    def text(self) -> str:
        """One line about the cost."""
        if self.cost is None:
            return "All verification models were trained before"
        models = "1 verification model" if len(self.missing) == 1 else f"{len(self.missing)} verification models"
        return f"{models} to train, each on {100 * SHARE:.0f} % of what stays: {self.cost.text()}"


def verification_trainings(erasure: Erasure) -> tuple[Training, ...]:
    """Which pictures each is trained without: all that go, and most of those that stay, drawn anew for each of them.

    :raises ForgetError: too few would be left to train with.
    """
    everything = np.arange(len(erasure.workspace.images.train))
    stays = np.setdiff1d(everything, erasure.gone)
    labels = erasure.workspace.images.train.labels[stays]
    found = []
    for number in range(erasure.spec.audit.verification_models):
        seed = VERIFICATION_SEEDS[number]
        rng = np.random.default_rng(seed)
        chosen = [
            rng.choice(of_class, max(1, round(SHARE * len(of_class))), replace=False)
            for of_class in (stays[labels == label] for label in np.unique(labels))
        ]
        kept = np.concatenate(chosen) if chosen else stays
        if len(kept) < _FEWEST:
            raise ForgetError(
                f"{100 * SHARE:.0f} % of the pictures that stay are only {len(kept):,}: too few to train verification "
                "models with",
                todo="judge by a retrained model instead",
            )
        found.append(Training(np.setdiff1d(everything, kept), seed))
    return tuple(found)


def plan_verification(erasure: Erasure, control: RunControl) -> VerificationPlan:
    """Which are missing, and what they cost: a few steps of a training are taken and timed.

    :raises Cancelled: in between.
    """
    wanted = verification_trainings(erasure)
    missing = tuple(each for each in wanted if find_trained(erasure, each) is None)
    cost = training_cost(erasure, missing[0], control).times(len(missing)) if missing else None
    return VerificationPlan(wanted, missing, cost)


def estimate_verification(erasure: Erasure, control: RunControl) -> Iterator[Event]:
    """Say what judging without retraining would cost: one ``Message``.

    :raises Cancelled: in between.
    """
    yield Started("Measuring what verification models cost")
    yield Message(plan_verification(erasure, control).text())
    yield Ended("finished")


def verification_models(erasure: Erasure, control: RunControl) -> Generator[Event, None, tuple[Reference, ...]]:
    """Train what is missing.

    :raises CheckpointError: what training starts from has seen what must be forgotten.
    :raises Cancelled: in between; what is trained is kept.
    """
    plan = plan_verification(erasure, control)
    yield Message(plan.text())
    if plan.missing:
        yield from check_start(erasure, control)
    models = []
    for number, training in enumerate(plan.wanted):
        stage = f"Verification model {number + 1} of {len(plan.wanted)}"
        found = find_trained(erasure, training)
        models.append(found or (yield from train_without(erasure, training, control, stage, watched=False)))
    return tuple(models)
