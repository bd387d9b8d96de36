"""UNSIR: train on noise that opposes the class to impair it, then on retain pictures to repair the rest.

Tarun et al., "Fast Yet Effective Machine Unlearning" (TNNLS 2023, arXiv 2111.08947). For every forgotten class, noises
are made that maximise the cross-entropy with it, with a penalty of .1 times their mean square. (Copies of the authors'
code sum over a picture's values, which is far stronger.) One pass over repeated noises with that label and a subset of
the retain pictures impairs; one pass over the subset repairs. Settings as in its authors' later benchmarks: 25 steps
of Adam at .1, 32 noises repeated 80 times, 500 pictures a class, Adam 1e-4. Where a sub-class goes, the noises have
its family's label and the subset includes the rest of the family: the repair decides how much of the family stays.
"""

from __future__ import annotations

from collections.abc import Generator

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from maga_desk.data.batches import Shuffled, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.fields import BatchSize
from maga_desk.engine.parts.joint import extra_rows, forget_labels, mixed_loss
from maga_desk.engine.parts.subsets import per_class
from maga_desk.engine.routine import Method, Routine, working_copy
from maga_desk.engine.schedules import constant


class UnsirParams(MethodParams):
    """Defaults as in the benchmarks."""

    noise_steps: int = Field(25, ge=1, le=1000, description="Optimiser steps for each noise")
    noise_lr: float = Field(0.1, gt=0, le=10, description="Adam's learning rate for the noises")
    noises: int = Field(32, ge=1, le=1024, description="Noises for each class")
    repeats: int = Field(80, ge=1, le=1000, description="How often each noise is repeated in the impairing pass")
    per_class: int = Field(500, ge=1, le=100_000, description="Most retain pictures of each class")
    lr: float = Field(1e-4, gt=0, le=1, description="Adam's learning rate while impairing and repairing")
    batch_size: BatchSize = 256


INFO = MethodInfo(
    name="unsir",
    title="UNSIR",
    summary="Impair the class with noise that opposes it, then repair with a subset of the rest.",
    paper="Tarun et al., TNNLS 2023, arXiv 2111.08947",
    tasks=("class", "sub-class"),
    group="away",
    cost={"class": 3.1, "sub-class": 6.6},
    firmer=Turn("repeats", up=True),
    gentler=Turn("per_class", up=True),
    params=UnsirParams,
    search={"lr": (1e-4, 5e-4, 2e-3), "repeats": (20, 80), "per_class": (500, 1000)},
)


def build(inputs: RunInputs, params: UnsirParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Make the noises, then the steps of impairing and repairing."""
    gone = forget_labels(inputs).unique().tolist()
    made = []
    for number, label in enumerate(gone):
        yield Progress("Making noises", number, len(gone))
        made.append(impairing_noise(inputs, params, label, control))
    noises = torch.cat(made)
    labels = torch.tensor(gone, device=inputs.runtime.device).repeat_interleave(params.noises)
    subset = per_class(inputs, params.per_class)
    impairing = torch.cat([extra_rows(len(noises)).repeat(params.repeats), subset])
    impair, repair = (Shuffled(part, params.batch_size, inputs.seed + i) for i, part in enumerate((impairing, subset)))
    model = working_copy(inputs)

    def batch_at(step: int) -> Tensor:
        return impair.at(step) if step < impair.per_epoch else repair.at(step - impair.per_epoch)

    loss = mixed_loss(inputs, model, batch_at, noises, labels)
    steps = impair.per_epoch + repair.per_epoch
    return Routine(model, torch.optim.Adam(model.parameters(), params.lr), constant(params.lr), steps, loss)


def impairing_noise(inputs: RunInputs, params: UnsirParams, label: int, control: RunControl) -> Tensor:
    """``(noises, 3, H, W) float32`` in normalised units: noises with a large cross-entropy with the label.

    :raises Cancelled: in between.
    """
    runtime, original = inputs.runtime, inputs.original.eval()
    shape = (params.noises, *inputs.pictures.train.images.shape[1:])
    noise = torch.randn(shape, generator=step_generator(inputs.seed, -2 - label)).to(runtime.device).requires_grad_()
    wanted = torch.full((params.noises,), label, device=runtime.device)
    optimizer = torch.optim.Adam([noise], params.noise_lr)
    for _ in range(params.noise_steps):
        control.checkpoint()
        with runtime.autocast():
            outputs = original(runtime.shape(noise))
        loss = -F.cross_entropy(outputs.float(), wanted) + 0.1 * noise.square().mean()
        (noise.grad,) = torch.autograd.grad(loss, [noise])
        optimizer.step()
    return noise.detach()


METHOD = Method(INFO, build)
