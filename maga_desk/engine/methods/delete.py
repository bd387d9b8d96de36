"""DELETE: distil the original, with the true class masked out, on the forget pictures alone.

Zhou et al., "Decoupled Distillation to Erase" (CVPR 2025, arXiv 2503.23751): KL from the original's softmax with the
true logit at minus infinity. Like MaGA it uses relations between classes, but takes them from the original alone. SGD
with momentum .9, 20 passes, learning rate 1e-4 (CIFAR-10; 5e-5 on CIFAR-100).
"""

from __future__ import annotations

from collections.abc import Generator

import torch
from pydantic import Field
from torch import Tensor

from maga_desk.data.batches import Shuffled
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.distillation import kl_to, teacher_logits
from maga_desk.engine.parts.fields import ConstantRate, ForgetBatch
from maga_desk.engine.parts.joint import forget_labels, forget_loss
from maga_desk.engine.routine import Method, Routine, sgd, working_copy
from maga_desk.engine.schedules import constant


class DeleteParams(MethodParams):
    """Defaults as published for CIFAR-10."""

    epochs: int = Field(20, ge=1, le=1000, description="Passes over the forget pictures")
    lr: ConstantRate = 1e-4
    forget_batch: ForgetBatch = 64


INFO = MethodInfo(
    name="delete",
    title="DELETE",
    summary="Distil the original without the true class into the forget pictures. Needs no retain pictures.",
    paper="Zhou et al., CVPR 2025, arXiv 2503.23751",
    tasks=("class", "sub-class", "random"),
    group="labels",
    cost={"class": 2.9, "sub-class": 7.7, "random": 4.3},
    firmer=Turn("lr", up=True),
    gentler=Turn("lr", up=False),
    retain_free=True,
    params=DeleteParams,
    search={"epochs": (5, 10, 20), "lr": (1e-4, 3e-4, 1e-3, 3e-3)},
)


def build(inputs: RunInputs, params: DeleteParams, control: RunControl) -> Generator[Event, None, Routine]:
    """KL to the original's masked softmax."""
    yield from ()
    model, original, labels = working_copy(inputs), inputs.original.eval(), forget_labels(inputs)
    forget = Shuffled(torch.arange(len(inputs.forget)), params.forget_batch, inputs.seed)

    def others(outputs: Tensor, images: Tensor, rows: Tensor) -> Tensor:
        wanted = teacher_logits(original, images, inputs)
        wanted = wanted.scatter(1, labels[rows.to(labels.device)].unsqueeze(1), -torch.inf)
        return kl_to(outputs, wanted)

    steps = params.epochs * forget.per_epoch
    loss = forget_loss(inputs, model, forget, others)
    return Routine(model, sgd(model, params.lr), constant(params.lr), steps, loss)


METHOD = Method(INFO, build)
