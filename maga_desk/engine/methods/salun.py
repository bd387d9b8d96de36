"""SalUn: random labels, and only the weights that matter most for the forget pictures may change.

Fan et al., "SalUn: Empowering Machine Unlearning via Gradient-based Weight Saliency" (ICLR 2024, arXiv 2310.12508).
Salient is the half of all weights with the largest absolute gradient of the cross-entropy, summed over the forget set.
Labels are drawn from all classes, the true one included. Learning rate .013, ten passes. Deviation: the other weights
have no weight decay; in the published code it still shrinks them.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from maga_desk.data.batches import Shuffled, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.fields import FallingRate, ForgetBatch, ForgetWeight, RetainBatch
from maga_desk.engine.parts.joint import joint_loss
from maga_desk.engine.routine import Method, Routine, sgd, working_copy
from maga_desk.engine.schedules import cosine
from maga_desk.models.inference import in_parts

_BATCH = 256


class SalUnParams(MethodParams):
    """Defaults as published."""

    passes: float = Field(10.0, gt=0, le=1000, description="Passes over the retain pictures")
    lr: FallingRate = 0.013
    share: float = Field(0.5, gt=0, le=1, description="Share of the weights that may change")
    forget_weight: ForgetWeight = 1.0
    retain_batch: RetainBatch = 128
    forget_batch: ForgetBatch = 64


INFO = MethodInfo(
    name="salun",
    title="SalUn",
    summary="Random labels, but only the weights that matter most for the forget pictures may change.",
    paper="Fan et al., ICLR 2024, arXiv 2310.12508",
    tasks=("class", "sub-class", "random"),
    group="labels",
    cost={"class": 7.6, "sub-class": 68.2, "random": 23},
    firmer=Turn("forget_weight", up=True),
    gentler=Turn("forget_weight", up=False),
    params=SalUnParams,
    search={"passes": (1.0, 3.0, 10.0), "lr": (0.005, 0.013, 0.03), "forget_weight": (0.1, 0.3, 1.0)},
)


def build(inputs: RunInputs, params: SalUnParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Find the salient weights, then train with random labels."""
    yield Progress("Finding salient weights", 0, 0)
    model = working_copy(inputs)
    mask = salient(inputs, params.share, control)
    draw = step_generator(inputs.seed, 0)
    wrong = torch.randint(inputs.classes, (len(inputs.forget),), generator=draw).to(inputs.runtime.device)
    retain = Shuffled(inputs.retain_indices, params.retain_batch, inputs.seed)
    forget = Shuffled(torch.arange(len(inputs.forget)), params.forget_batch, inputs.seed + 1)

    def on_forget(outputs: Tensor, _images: Tensor, rows: Tensor) -> Tensor:
        return params.forget_weight * F.cross_entropy(outputs, wrong[rows.to(wrong.device)])

    steps = max(1, round(params.passes * retain.per_epoch))
    loss = joint_loss(inputs, model, retain, forget, on_forget)
    optimizer = sgd(model, params.lr)
    _hold(model, optimizer, mask)
    return Routine(model, optimizer, cosine(params.lr, steps), steps, loss)


def salient(inputs: RunInputs, share: float, control: RunControl) -> Mapping[str, Tensor]:
    """For every weight of the original a mask ``bool`` of its shape: the entries that may change.

    :raises Cancelled: in between.
    """
    train, runtime = inputs.pictures.train, inputs.runtime
    model = working_copy(inputs).eval()
    for part in in_parts(inputs.forget_indices, model, train, runtime, _BATCH, training=True):
        control.checkpoint()
        with runtime.autocast():
            outputs = model(runtime.shape(train.batch(part)))
        F.cross_entropy(outputs.float(), train.labels[part.to(train.device)], reduction="sum").backward()
    sizes = {name: _size(weight) for name, weight in model.named_parameters()}
    everything = torch.cat([size.flatten() for size in sizes.values()])
    count = max(1, round(share * len(everything)))
    kept = torch.zeros_like(everything, dtype=torch.bool)
    kept[everything.topk(count).indices] = True
    parts = kept.split([size.numel() for size in sizes.values()])
    return {name: part.view_as(size) for (name, size), part in zip(sizes.items(), parts, strict=True)}


def _size(weight: nn.Parameter) -> Tensor:
    return torch.zeros_like(weight) if weight.grad is None else weight.grad.abs()


def _hold(model: nn.Module, optimizer: torch.optim.Optimizer, mask: Mapping[str, Tensor]) -> None:
    """Restore the weights that may not change after every step."""
    held = [(weight, ~mask[name], weight.detach().clone()) for name, weight in model.named_parameters()]

    @torch.no_grad()
    def restore(*_arguments: object) -> None:
        for weight, still, original in held:
            weight[still] = original[still]

    optimizer.register_step_post_hook(restore)


METHOD = Method(INFO, build)
