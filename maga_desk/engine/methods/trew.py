"""TREW: distil the original without the class, tilted towards classes with similar weights in the head.

Wang, Ebrahimpour-Boroojeny and Sundaram, "On the Necessity of Output Distribution Reweighting for Effective Class
Unlearning" (ICML 2026, arXiv 2506.20893): the target is q(j) proportional to p0(j) exp(b sim(y, j)) over the classes
that stay, p0 the original's softmax, sim the sharpened cosine of the head's class vectors after a principal component
analysis, b = 10; with cross-entropy on retain pictures. Like MaGA it uses relations between classes, but takes them
from the head's weights. Whole classes only.

Ours, where the text that we could read gives nothing: components and temperature of the similarity
(``models.similarity``), learning rate and passes (those of AMUN, by the same authors), and equal weights of both
losses.
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
from maga_desk.engine.parts.fields import FallingRate, ForgetBatch, ForgetWeight, RetainBatch
from maga_desk.engine.parts.heads import classifying_head
from maga_desk.engine.parts.joint import forget_labels, joint_loss
from maga_desk.engine.routine import Method, Routine, sgd, working_copy
from maga_desk.engine.schedules import cosine
from maga_desk.models.similarity import weight_similarity


class TrewParams(MethodParams):
    """The tilt as published; the rest is ours."""

    passes: float = Field(10.0, gt=0, le=1000, description="Passes over the retain pictures")
    lr: FallingRate = 0.01
    tilt: float = Field(10.0, ge=0, le=1000, description="The paper's beta: how strongly similar classes are favoured")
    temperature: float = Field(
        0.1, gt=0, le=100, description="Temperature of the similarities; smaller makes them differ more"
    )
    forget_weight: ForgetWeight = 1.0
    retain_batch: RetainBatch = 128
    forget_batch: ForgetBatch = 64


INFO = MethodInfo(
    name="trew",
    title="TREW",
    summary="Distil the original without the class, tilted towards classes with similar weights in the head.",
    paper="Wang et al., ICML 2026, arXiv 2506.20893",
    tasks=("class",),
    group="labels",
    cost={"class": 25.8},
    firmer=Turn("passes", up=True),
    gentler=Turn("lr", up=False),
    params=TrewParams,
    search={"passes": (1.0, 3.0, 10.0), "lr": (0.003, 0.01, 0.03), "tilt": (0.0, 3.0, 10.0)},
)


def build(inputs: RunInputs, params: TrewParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: the net has no linear head."""
    yield from ()
    model, original, labels = working_copy(inputs), inputs.original.eval(), forget_labels(inputs)
    head = classifying_head(original, inputs.classes, INFO.name)
    tilts = tilted(
        weight_similarity(head.weight.flatten(1), temperature=params.temperature), params.tilt, inputs.forget.gone
    )
    retain = Shuffled(inputs.retain_indices, params.retain_batch, inputs.seed)
    forget = Shuffled(torch.arange(len(inputs.forget)), params.forget_batch, inputs.seed + 1)
    steps = max(1, round(params.passes * retain.per_epoch))

    def on_forget(outputs: Tensor, images: Tensor, rows: Tensor) -> Tensor:
        wanted = teacher_logits(original, images, inputs) + tilts[labels[rows.to(labels.device)]]
        return params.forget_weight * kl_to(outputs, wanted)

    loss = joint_loss(inputs, model, retain, forget, on_forget)
    return Routine(model, sgd(model, params.lr), cosine(params.lr, steps), steps, loss)


def tilted(similarity: Tensor, tilt: float, gone: tuple[int, ...]) -> Tensor:
    """``(K, K)`` to add to the original's logits: b sim, and minus infinity for the own class and those that go."""
    added = tilt * similarity
    added.fill_diagonal_(-torch.inf)
    added[:, list(gone)] = -torch.inf
    return added


METHOD = Method(INFO, build)
