"""NegGrad+: descend on the retain pictures while ascending on the forget pictures.

Loss a CE(retain) - (1 - a) CE(forget) on paired batches; Kurmanji et al., "Towards Unbounded Machine Unlearning"
(NeurIPS 2023, arXiv 2302.09880). Defaults: a = .95, learning rate .01, ten passes.
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
from maga_desk.engine.parts.fields import FallingRate, ForgetBatch, RetainBatch
from maga_desk.engine.parts.joint import forget_labels, joint_loss, true_labels
from maga_desk.engine.routine import Method, Routine, sgd, working_copy
from maga_desk.engine.schedules import cosine


class NegGradPlusParams(MethodParams):
    """Defaults as published."""

    passes: float = Field(10.0, gt=0, le=1000, description="Passes over the retain pictures")
    lr: FallingRate = 0.01
    retain_weight: float = Field(
        0.95, ge=0, le=1, description="Weight a of the retain loss; 1 - a is that of the ascent"
    )
    retain_batch: RetainBatch = 128
    forget_batch: ForgetBatch = 64


INFO = MethodInfo(
    name="neggrad-plus",
    title="NegGrad+",
    summary="Train on the retain pictures while raising the loss on the forget pictures. Simple, and hard to beat.",
    paper="Kurmanji et al., NeurIPS 2023, arXiv 2302.09880",
    tasks=("class", "sub-class", "random"),
    group="away",
    cost={"class": 2.4, "sub-class": 64.6, "random": 70.6},
    firmer=Turn("retain_weight", up=False),
    gentler=Turn("retain_weight", up=True),
    params=NegGradPlusParams,
    search={"passes": (1.0, 3.0, 10.0), "lr": (0.003, 0.01, 0.03), "retain_weight": (0.8, 0.9, 0.95, 0.99)},
)


def build(inputs: RunInputs, params: NegGradPlusParams, control: RunControl) -> Generator[Event, None, Routine]:
    """a CE(retain) - (1 - a) CE(forget)."""
    yield from ()
    model, labels, keep = working_copy(inputs), forget_labels(inputs), true_labels(inputs)
    retain = Shuffled(inputs.retain_indices, params.retain_batch, inputs.seed)
    forget = Shuffled(torch.arange(len(inputs.forget)), params.forget_batch, inputs.seed + 1)
    weight = params.retain_weight

    def on_retain(outputs: Tensor, images: Tensor, positions: Tensor) -> Tensor:
        return weight * keep(outputs, images, positions)

    def on_forget(outputs: Tensor, _images: Tensor, rows: Tensor) -> Tensor:
        return (weight - 1) * F.cross_entropy(outputs, labels[rows.to(labels.device)])

    steps = max(1, round(params.passes * retain.per_epoch))
    loss = joint_loss(inputs, model, retain, forget, on_forget, on_retain)
    return Routine(model, sgd(model, params.lr), cosine(params.lr, steps), steps, loss)


METHOD = Method(INFO, build)
