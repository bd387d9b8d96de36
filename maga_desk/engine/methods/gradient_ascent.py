"""Gradient ascent: raise the loss on the forget pictures, and nothing else.

Defaults as the RUM benchmark uses it (learning rate 1e-4, 5 passes over the forget set; arXiv 2406.01257). Nothing
protects the rest: it forgets by damage, and the learning rate decides how much.
"""

from __future__ import annotations

from collections.abc import Generator

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from maga_desk.data.batches import Shuffled
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.fields import ConstantRate, ForgetBatch
from maga_desk.engine.parts.joint import forget_labels, forget_loss
from maga_desk.engine.routine import Method, Routine, sgd, working_copy
from maga_desk.engine.schedules import constant


class GradientAscentParams(MethodParams):
    """Defaults as in RUM."""

    epochs: int = Field(5, ge=1, le=1000, description="Passes over the forget pictures")
    lr: ConstantRate = 1e-4
    forget_batch: ForgetBatch = 64


INFO = MethodInfo(
    name="gradient-ascent",
    title="Gradient ascent",
    summary="Raise the loss on the forget pictures. Forgets by damage; nothing protects the rest.",
    paper="baseline; defaults of RUM, arXiv 2406.01257",
    tasks=("class", "sub-class", "random"),
    group="away",
    cost={"class": 0.7, "sub-class": 3.2, "random": 1.9},
    firmer=Turn("epochs", up=True),
    gentler=Turn("lr", up=False),
    retain_free=True,
    params=GradientAscentParams,
    search={"epochs": (1, 3, 5), "lr": (3e-5, 1e-4, 3e-4, 1e-3)},
)


def build(inputs: RunInputs, params: GradientAscentParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Minus the cross-entropy on the forget set."""
    yield from ()
    model, labels = working_copy(inputs), forget_labels(inputs)
    forget = Shuffled(torch.arange(len(inputs.forget)), params.forget_batch, inputs.seed)

    def rise(outputs: Tensor, _images: Tensor, rows: Tensor) -> Tensor:
        return -F.cross_entropy(outputs, labels[rows.to(labels.device)])

    steps = params.epochs * forget.per_epoch
    loss = forget_loss(inputs, model, forget, rise)
    return Routine(model, sgd(model, params.lr), constant(params.lr), steps, loss)


METHOD = Method(INFO, build)
