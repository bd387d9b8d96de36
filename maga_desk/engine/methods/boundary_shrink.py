"""Boundary Shrink: relabel every forget picture as the class across its nearest decision boundary.

Chen et al., "Boundary Unlearning" (CVPR 2023, arXiv 2303.11570). The new label is the original's prediction for the
picture after one step of the fast gradient sign method, x + e sign(gradient of CE(f(x), y)), e = .1 in pixel units.
Then cross-entropy with the new labels on the forget pictures alone: learning rate 1e-5, ten passes, momentum .9, no
weight decay. The step is taken in pixel units although pictures are normalised.

Deviations: where the step does not leave the class, or leads to another class that goes, the likeliest other class is
taken. The normalisation layers keep the original's statistics, which passes over one class alone would replace. The
paper forgets whole classes; later benchmarks run it on any pictures.
"""

from __future__ import annotations

from collections.abc import Generator

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from maga_desk.data.batches import Shuffled
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.adversarial import PixelRange, likeliest_other, signed_step
from maga_desk.engine.parts.distillation import teacher_logits
from maga_desk.engine.parts.fields import ConstantRate, ForgetBatch
from maga_desk.engine.parts.joint import forget_loss
from maga_desk.engine.routine import Method, Routine, sgd, working_copy
from maga_desk.engine.schedules import constant
from maga_desk.models.inference import in_parts

_BATCH = 256


class BoundaryShrinkParams(MethodParams):
    """Defaults as published."""

    epochs: int = Field(10, ge=1, le=1000, description="Passes over the forget pictures")
    lr: ConstantRate = 1e-5
    bound: float = Field(0.1, gt=0, le=1, description="Step towards the boundary, in pixel units of 0..1")
    forget_batch: ForgetBatch = 64


INFO = MethodInfo(
    name="boundary-shrink",
    title="Boundary Shrink",
    summary="Relabel each forget picture as the class across its nearest boundary. Needs no retain pictures.",
    paper="Chen et al., CVPR 2023, arXiv 2303.11570",
    tasks=("class", "sub-class", "random"),
    group="labels",
    cost={"class": 2.3, "sub-class": 6.1, "random": 2},
    firmer=Turn("lr", up=True),
    gentler=Turn("lr", up=False),
    retain_free=True,
    params=BoundaryShrinkParams,
    search={"lr": (1e-5, 1e-4, 5e-4, 2e-3), "epochs": (5, 10, 20), "bound": (0.03, 0.1)},
)


def build(inputs: RunInputs, params: BoundaryShrinkParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Cross-entropy with the labels across the boundary."""
    labels = yield from labels_across(inputs, params.bound, control)
    model = working_copy(inputs).eval()
    forget = Shuffled(torch.arange(len(inputs.forget)), params.forget_batch, inputs.seed)

    def new_labels(outputs: Tensor, _images: Tensor, rows: Tensor) -> Tensor:
        return F.cross_entropy(outputs, labels[rows.to(labels.device)])

    loss = forget_loss(inputs, model, forget, new_labels)
    optimizer = sgd(model, params.lr, weight_decay=0)
    return Routine(model, optimizer, constant(params.lr), params.epochs * forget.per_epoch, loss)


def labels_across(inputs: RunInputs, bound: float, control: RunControl) -> Generator[Event, None, Tensor]:
    """``(n,) int64`` on the device: for each forget picture the class after a step of ``bound`` pixel units.

    :raises Cancelled: in between.
    """
    train, runtime, original = inputs.pictures.train, inputs.runtime, inputs.original.eval()
    pixels = PixelRange.of(inputs.pictures.normalisation, train.device)
    found = []
    parts = in_parts(inputs.forget_indices, original, train, runtime, _BATCH, training=True)
    for number, part in enumerate(parts):
        control.checkpoint()
        yield Progress("Finding the labels across the boundary", number * len(parts[0]), len(inputs.forget))
        own = train.labels[part.to(train.device)]
        moved = signed_step(original, train.batch(part), own, bound, pixels, runtime)
        found.append(likeliest_other(teacher_logits(original, moved, inputs), own, inputs.forget.gone))
    return torch.cat(found)


METHOD = Method(INFO, build)
