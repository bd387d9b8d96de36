"""Boundary Expanding: train the forget pictures into a shadow class, then remove that class.

Chen et al., "Boundary Unlearning" (CVPR 2023, arXiv 2303.11570). The head gets one more output, freshly initialised;
cross-entropy moves the forget pictures there (learning rate 1e-5, ten passes, momentum .9, no weight decay, forget
pictures alone); the net without that output is the result. Whole classes only. The normalisation layers keep the
original's statistics, as in our Boundary Shrink.
"""

from __future__ import annotations

from collections.abc import Generator

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from maga_desk.data.batches import Shuffled
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.fields import ConstantRate, ForgetBatch
from maga_desk.engine.parts.heads import classifying_head, width_of
from maga_desk.engine.parts.joint import forget_loss
from maga_desk.engine.routine import Method, Routine, sgd, working_copy
from maga_desk.engine.schedules import constant
from maga_desk.models.randomness import drawn_from
from maga_desk.models.taps import penultimate


class BoundaryExpandParams(MethodParams):
    """Defaults as published."""

    epochs: int = Field(10, ge=1, le=1000, description="Passes over the forget pictures")
    lr: ConstantRate = 1e-5
    forget_batch: ForgetBatch = 64


INFO = MethodInfo(
    name="boundary-expand",
    title="Boundary Expanding",
    summary="Move the class into an extra shadow class, then remove that. Needs no retain pictures.",
    paper="Chen et al., CVPR 2023, arXiv 2303.11570",
    tasks=("class",),
    group="labels",
    cost={"class": 2.2},
    firmer=Turn("lr", up=True),
    gentler=Turn("lr", up=False),
    retain_free=True,
    params=BoundaryExpandParams,
    search={"lr": (1e-5, 1e-4, 1e-3, 5e-3), "epochs": (5, 10, 20)},
)


class Expanded(nn.Module):
    """A classifier of K classes with one more: logits ``(N, K + 1)``, the shadow class last."""

    def __init__(self, net: nn.Module, shadow: nn.Linear) -> None:
        super().__init__()
        self.net = net
        self.shadow = shadow

    def forward(self, images: Tensor) -> Tensor:
        with penultimate(self.net) as tap:
            outputs = self.net(images)
        return torch.cat([outputs, self.shadow(tap.features)], dim=1)


def build(inputs: RunInputs, params: BoundaryExpandParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: the net has no linear head."""
    yield from ()
    net = working_copy(inputs)
    head = classifying_head(net, inputs.classes, INFO.name)
    with drawn_from(inputs.seed):
        shadow = nn.Linear(width_of(head), 1)
    model = Expanded(net, shadow.to(inputs.runtime.device)).eval()
    forget = Shuffled(torch.arange(len(inputs.forget)), params.forget_batch, inputs.seed)

    def into_the_shadow(outputs: Tensor, _images: Tensor, _rows: Tensor) -> Tensor:
        shadow_class = torch.full((len(outputs),), inputs.classes, device=outputs.device)
        return F.cross_entropy(outputs, shadow_class)

    loss = forget_loss(inputs, model, forget, into_the_shadow)
    steps = params.epochs * forget.per_epoch
    optimizer = sgd(model, params.lr, weight_decay=0)
    return Routine(model, optimizer, constant(params.lr), steps, loss, finish=lambda _model: net)


METHOD = Method(INFO, build)
