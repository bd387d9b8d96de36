"""The fine-tuning that attacks do on a copy of a net: plain, seeded, and watched from step to step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext

import torch.nn.functional as F
from torch import Tensor, nn

from maga_desk.data.batches import Pictures, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.engine.routine import Routine, sgd, take_step
from maga_desk.engine.schedules import constant
from maga_desk.engine.step_room import watching_step
from maga_desk.models.randomness import drawn_from
from maga_desk.models.runtime import Runtime

RATE, SEED = 0.01, 0


def fine_tuning(
    trained: nn.Module,
    train: Pictures,
    batch_of: Callable[[int], Tensor],
    steps: int,
    runtime: Runtime,
    control: RunControl,
) -> Iterator[int]:
    """Train a net in place on training pictures with their true labels; yields how many steps were taken, from 1 on.

    SGD with Nesterov momentum .9, learning rate .01 and the weight decay of :func:`~maga_desk.engine.routine.sgd`;
    pictures are changed at random as in training. What is random comes from a seed and the step, dropout too.

    :param batch_of: positions ``(b,) int64`` of a step, counted from 0.
    :raises ResourceError: a step does not fit into memory.
    :raises Cancelled: in between.
    """

    def loss(step: int) -> Tensor:
        batch = batch_of(step)
        images = train.augmented(batch, step_generator(SEED, step))
        with runtime.autocast():
            outputs = trained(runtime.shape(images))
        return F.cross_entropy(outputs.float(), train.labels[batch.to(train.device)])

    routine = Routine(trained, sgd(trained, RATE), constant(RATE), steps, loss)
    for step in range(steps):
        control.checkpoint()
        with drawn_from(SEED + step, runtime.device), watching_step(trained, runtime) if step == 0 else nullcontext():
            take_step(routine, step)
        yield step + 1
