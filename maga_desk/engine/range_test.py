"""A short learning rate range test: how much a net that came in can bear of what methods take by default.

The defaults were measured on nets that this program trained, by SGD. A net trained by another optimiser may lie in a
place that such a rate throws it out of within a few steps.
"""

from __future__ import annotations

import copy
from collections.abc import Generator

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.routine import supervised, take_step
from maga_desk.engine.step_room import fitting
from maga_desk.models.evenly import evenly
from maga_desk.models.inference import accuracy, logits

SHARES = (1.0, 1 / 3, 0.1, 1 / 30, 0.01, 1 / 300)
"""Of a method's default learning rate, tried in this order."""

RATE = 0.02
"""What the largest share stands for: the rate at which nets of this program's own training keep what they know."""

BEARS = 3.0
"""Points of accuracy on what stays that a net may lose in the test."""

_STEPS, _BATCH, _SHOWN, _SEED = 12, 64, 400, 800_003


def bearable_share(inputs: RunInputs, control: RunControl) -> Generator[Event, None, float]:
    """The largest share of :data:`RATE` at which a few steps of plain training on what stays do not harm the net.

    :raises Cancelled: in between.
    """
    train, runtime, retain = inputs.pictures.train, inputs.runtime, inputs.retain_indices
    shown = evenly(retain, _SHOWN)
    labels = train.labels[shown.to(train.device)]
    batch = fitting(inputs.original, (*train.images.shape[1:],), _BATCH, runtime)
    before = accuracy(logits(inputs.original, train, runtime, shown), labels) or 0.0
    for number, share in enumerate(SHARES):
        control.checkpoint()
        yield Progress("Trying how large a learning rate the model bears", number, len(SHARES))
        model = copy.deepcopy(inputs.original).train().requires_grad_(True)
        recipe = TrainRecipe(
            lr=RATE * share, schedule="constant", batch_size=batch, augment=train.augmentation, epochs=_STEPS
        )
        routine = supervised(model, train, retain, runtime, recipe, _SEED)
        for step in range(_STEPS):
            take_step(routine, step)
        after = accuracy(logits(model.eval(), train, runtime, shown), labels) or 0.0
        finite = all(bool(weight.isfinite().all()) for weight in model.parameters())
        if finite and after >= before - BEARS:
            return share
    return SHARES[-1]
