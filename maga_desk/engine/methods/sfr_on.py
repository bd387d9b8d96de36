"""SFR-on: ascent on the forget pictures, on weights that matter for them, between descent on the retain pictures.

Huang et al., "Unified Gradient-Based Machine Unlearning with Remain Geometry Enhancement" (NeurIPS 2024, arXiv
2409.19732). One step of weighted ascent is followed by five steps of cross-entropy on retain pictures, 1,500 of these
in all. The ascent's loss is -a mean(w CE), w proportional to CE^-l, constant and of mean one. It moves the weights
with F_f / F_r >= g, where F are mean squared gradients on both sets, and its gradient is clipped to norm 7. The
learning rate .01 and a = 25 both fall along a cosine; l = .5, g = 1 (for 10 % of CIFAR-10). As published, momentum and
weight decay also move the masked weights during the ascent.

Deviations: cross-entropies below 1e-4 weigh as 1e-4. The paper's slow weights (an averaged copy) are left out; the
published settings do not use them either.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from maga_desk.data.batches import Shuffled, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.fields import FallingRate, RetainBatch
from maga_desk.engine.parts.importance import Weighing, by_loss, weigh
from maga_desk.engine.routine import Method, Routine, sgd, working_copy
from maga_desk.engine.schedules import cosine

_SMALLEST = 1e-4  # cross-entropy in w; pictures below it would take all the weight, and have no gradient


class SfrOnParams(MethodParams):
    """Defaults as published for CIFAR-10."""

    iterations: int = Field(1500, ge=1, le=10**6, description="Steps on retain pictures")
    lr: FallingRate = 0.01
    ascent: float = Field(
        25.0,
        ge=0,
        le=1e6,
        description="The paper's alpha: weight of the ascent at the start; falls to zero along a cosine",
    )
    every: int = Field(5, ge=1, le=1000, description="Steps on retain pictures for each step of ascent")
    hardness: float = Field(
        0.5, ge=0, le=10, description="The paper's lambda: how much more weight pictures with a small loss get"
    )
    threshold: float = Field(
        1.0,
        ge=0,
        le=1e6,
        description="Importance for the forget over the retain set above which a weight moves in ascent",
    )
    clip: float = Field(7.0, gt=0, le=1e6, description="Largest norm of the ascent's gradient")
    importance: Literal["per-sample", "batch"] = Field(
        "batch", description="Square the gradient of each batch, as the published code does, or of each picture"
    )
    retain_batch: RetainBatch = 128
    forget_batch: int = Field(128, ge=2, le=4096, description="Forget pictures per step")


INFO = MethodInfo(
    name="sfr-on",
    title="SFR-on",
    summary="Ascend on weights that matter more for the forget pictures, between training on the retain pictures.",
    paper="Huang et al., NeurIPS 2024, arXiv 2409.19732",
    tasks=("class", "sub-class", "random"),
    group="away",
    cost={"class": 73.2, "sub-class": 103.9, "random": 208.6},
    firmer=Turn("ascent", up=True),
    gentler=Turn("ascent", up=False),
    params=SfrOnParams,
    search={"iterations": (300, 750, 1500), "lr": (0.003, 0.01, 0.03), "ascent": (1.0, 5.0, 25.0)},
)


def build(inputs: RunInputs, params: SfrOnParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Find the weights that the ascent may move, then ascent and descent in turns."""
    train, runtime, model = inputs.pictures.train, inputs.runtime, working_copy(inputs)
    mask = yield from climbing(inputs, params, control)
    retain = Shuffled(inputs.retain_indices, params.retain_batch, inputs.seed)
    forget = Shuffled(inputs.forget_indices, params.forget_batch, inputs.seed + 1)
    steps = params.iterations + -(-params.iterations // params.every)
    fall = cosine(1.0, steps)
    optimizer = sgd(model, params.lr)
    ascending = False

    def loss(step: int) -> Tensor:
        nonlocal ascending
        ascending, number = turn(step, params.every)
        batch = (forget if ascending else retain).at(number)
        images = train.augmented(batch, step_generator(inputs.seed, step))
        with runtime.autocast():
            outputs = model(runtime.shape(images))
        each = F.cross_entropy(outputs.float(), train.labels[batch.to(train.device)], reduction="none")
        return -params.ascent * fall(step) * weighted(each, params.hardness) if ascending else each.mean()

    @torch.no_grad()
    def hold(*_arguments: object) -> None:
        if ascending:
            _mask_and_clip(model, mask, params.clip)

    optimizer.register_step_pre_hook(hold)
    return Routine(model, optimizer, cosine(params.lr, steps), steps, loss)


def turn(step: int, every: int) -> tuple[bool, int]:
    """Whether a step ascends, and its number among the steps of its kind."""
    round_number, inside = divmod(step, every + 1)
    return (True, round_number) if inside == 0 else (False, round_number * every + inside - 1)


def weighted(each: Tensor, hardness: float) -> Tensor:
    """Mean of losses ``(b,)`` with weights proportional to loss^-hardness, whose mean is one."""
    weights = each.detach().clamp_min(_SMALLEST).pow(-hardness)
    return (weights / weights.mean() * each).mean()


def climbing(
    inputs: RunInputs, params: SfrOnParams, control: RunControl
) -> Generator[Event, None, Mapping[str, Tensor]]:
    """For every weight of the original a mask ``bool`` of its shape: the entries that the ascent may move.

    :raises Cancelled: in between.
    """
    model = working_copy(inputs).eval()
    weighing = Weighing(by_loss, per_sample=params.importance == "per-sample", batch_size=params.forget_batch)
    forget = yield from weigh(model, inputs, inputs.forget_indices, control, weighing)
    retain = yield from weigh(model, inputs, inputs.retain_indices, control, weighing)
    return {name: size >= params.threshold * retain[name] for name, size in forget.items()}


def _mask_and_clip(model: nn.Module, mask: Mapping[str, Tensor], clip: float) -> None:
    for name, weight in model.named_parameters():
        if weight.grad is not None:
            weight.grad *= mask[name]
    nn.utils.clip_grad_norm_(model.parameters(), clip)


METHOD = Method(INFO, build)
