"""Bad Teacher: distil forget pictures from an untrained net, retain pictures from the original.

Chundawat et al., "Can Bad Teaching Induce Forgetting?" (AAAI 2023, arXiv 2205.08096). KL to a randomly initialised
teacher on the forget set, and to the original on a share of the retain set; Adam 1e-4, one pass, 256 pictures a step,
T = 1. A batch holds pictures of both sets in their proportion, and the loss of a step is the mean over its pictures.
"""

from __future__ import annotations

from collections.abc import Generator

import torch
from pydantic import Field
from torch import Tensor

from maga_desk.data.batches import Shuffled, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.distillation import kl_to, teacher_logits
from maga_desk.engine.parts.subsets import kept_share
from maga_desk.engine.routine import Method, Routine, fresh_model, working_copy
from maga_desk.engine.schedules import constant


class BadTeacherParams(MethodParams):
    """Defaults as published."""

    epochs: int = Field(1, ge=1, le=1000, description="Passes over the forget set and the share of the retain set")
    lr: float = Field(1e-4, gt=0, le=1, description="Adam's learning rate, constant")
    retain_share: float = Field(0.3, gt=0, le=1, description="Share of the retain pictures that is used")
    batch_size: int = Field(256, ge=2, le=4096, description="Pictures per step, of both sets together")
    temperature: float = Field(1.0, gt=0, le=100, description="Softmax temperature of both teachers")


INFO = MethodInfo(
    name="bad-teacher",
    title="Bad Teacher",
    summary="Distil forget pictures from an untrained net. Leaves it less confident on them than a retrained net is.",
    paper="Chundawat et al., AAAI 2023, arXiv 2205.08096",
    tasks=("class", "sub-class", "random"),
    group="away",
    cost={"class": 2.8, "sub-class": 8, "random": 7.7},
    firmer=Turn("epochs", up=True),
    gentler=Turn("retain_share", up=True),
    params=BadTeacherParams,
    search={"epochs": (1, 3), "lr": (1e-4, 3e-4, 1e-3), "retain_share": (0.3, 1.0)},
)


def build(inputs: RunInputs, params: BadTeacherParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Distillation from two teachers."""
    yield from ()
    train, runtime = inputs.pictures.train, inputs.runtime
    model, good = working_copy(inputs), inputs.original.eval()
    bad = fresh_model(inputs.original, inputs.classes, inputs.seed + 1, runtime).eval().requires_grad_(False)
    positions = torch.cat([inputs.forget_indices, kept_share(inputs, params.retain_share)])
    leaves = torch.zeros(len(train), dtype=torch.bool)
    leaves[inputs.forget_indices] = True
    walk = Shuffled(positions, params.batch_size, inputs.seed)

    def loss(step: int) -> Tensor:
        batch = walk.at(step)
        images = train.augmented(batch, step_generator(inputs.seed, step))
        with runtime.autocast():
            outputs = model(runtime.shape(images))
        leaving = leaves[batch].to(images.device).unsqueeze(1)
        wanted = torch.where(leaving, teacher_logits(bad, images, inputs), teacher_logits(good, images, inputs))
        return kl_to(outputs.float(), wanted, params.temperature)

    optimizer = torch.optim.Adam(model.parameters(), params.lr)
    return Routine(model, optimizer, constant(params.lr), params.epochs * walk.per_epoch, loss)


METHOD = Method(INFO, build)
