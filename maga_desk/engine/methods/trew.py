"""TREW: forget pictures follow the original without their class, tilted to the classes that the head holds alike.

Wang, Ebrahimpour-Boroojeny and Sundaram, "On the Necessity of Output Distribution Reweighting for Effective Class
Unlearning" (ICML 2026, arXiv 2506.20893): the target is q(j) proportional to p0(j) exp(b sim(y, j)) over the classes
that stay, p0 the original's softmax, sim the sharpened cosine of the head's class vectors after a principal component
analysis, b = 10; with cross-entropy on retain pictures. The rival that uses relations between classes without a
language model. Whole classes only.

Ours, as the text we could read does not give them: components and temperature of the similarity
(``models.similarity``), learning rate and passes (those of AMUN, by the same authors), and the equal weight of the two
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
from maga_desk.domain.methods import MethodInfo, MethodParams
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.heads import classifying_head
from maga_desk.engine.parts.joint import forget_labels, joint_loss, kl_to, teacher_logits
from maga_desk.engine.routine import Method, Routine, sgd, working_copy
from maga_desk.engine.schedules import cosine
from maga_desk.models.similarity import weight_similarity


class TrewParams(MethodParams):
    """The tilt as published; the rest is ours."""

    passes: float = Field(10.0, gt=0, le=1000, description="Passes over the retain pictures")
    lr: float = Field(0.01, gt=0, le=1, description="Learning rate at the start; falls to zero by a cosine")
    tilt: float = Field(10.0, ge=0, le=1000, description="The paper's beta: how much similar classes are favoured")
    temperature: float = Field(0.1, gt=0, le=100, description="How sharply similarities of classes are told apart")
    forget_weight: float = Field(1.0, ge=0, le=20, description="Weight of the forget pictures' loss")
    retain_batch: int = Field(128, ge=2, le=4096, description="Retain pictures per step")
    forget_batch: int = Field(64, ge=1, le=4096, description="Forget pictures per step")


INFO = MethodInfo(
    name="trew",
    title="TREW",
    summary="Distil the original without the class, tilted to classes that the head holds alike.",
    paper="Wang et al., ICML 2026, arXiv 2506.20893",
    tasks=("class",),
    params=TrewParams,
    search={"passes": (1.0, 3.0, 10.0), "lr": (0.003, 0.01, 0.03), "tilt": (0.0, 3.0, 10.0)},
)


def build(inputs: RunInputs, params: TrewParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: the net has no linear head."""
    yield from ()
    model, original, labels = working_copy(inputs), inputs.original.eval(), forget_labels(inputs)
    head = classifying_head(original, inputs.classes, INFO.name)
    tilts = tilted(weight_similarity(head.weight, temperature=params.temperature), params.tilt, inputs.forget.gone)
    retain = Shuffled(inputs.retain_indices, params.retain_batch, inputs.seed)
    forget = Shuffled(torch.arange(len(inputs.forget)), params.forget_batch, inputs.seed + 1)
    steps = max(1, round(params.passes * retain.per_epoch))

    def leave(outputs: Tensor, images: Tensor, rows: Tensor) -> Tensor:
        wanted = teacher_logits(original, images, inputs) + tilts[labels[rows.to(labels.device)]]
        return params.forget_weight * kl_to(outputs, wanted)

    loss = joint_loss(inputs, model, retain, forget, leave)
    return Routine(model, sgd(model, params.lr), cosine(params.lr, steps), steps, loss)


def tilted(similarity: Tensor, tilt: float, gone: tuple[int, ...]) -> Tensor:
    """What is added to the original's logits: b sim, and minus infinity where nothing may go. ``(K, K)``."""
    added = tilt * similarity
    added.fill_diagonal_(-torch.inf)
    added[:, list(gone)] = -torch.inf
    return added


METHOD = Method(INFO, build)
