"""MSG: re-initialise the convolution weights with the smallest gradients, and fine-tune on the retain pictures.

The other winner of the NeurIPS 2023 unlearning challenge in the comparison of Cadet et al., "Deep Unlearn" (arXiv
2410.01276). In every convolution the 30 % of weights with the smallest |gradient of CE(retain) - CE(forget)| are
re-initialised. During the fine-tuning (learning rate .001, five passes) the gradients of all other convolution weights
are multiplied by .1.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from maga_desk.data.batches import step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.fields import BatchSize, FallingRate
from maga_desk.engine.parts.retaining import fine_tuning
from maga_desk.engine.routine import Method, Routine, fresh_model, working_copy
from maga_desk.models.inference import in_parts

_BATCH = 256


class MsgParams(MethodParams):
    """Defaults as in the comparison."""

    epochs: int = Field(5, ge=1, le=1000, description="Passes over the retain pictures")
    lr: FallingRate = 0.001
    share: float = Field(0.3, gt=0, lt=1, description="Share of every convolution's weights that is re-initialised")
    others: float = Field(0.1, ge=0, le=1, description="Factor on the gradients of the other convolution weights")
    pictures: int = Field(4000, ge=1, le=10**7, description="Most pictures of each set that gradients are taken of")
    batch_size: BatchSize = 128


INFO = MethodInfo(
    name="msg",
    title="MSG (masked small gradients)",
    summary="Re-initialise the weights that matter least to the difference between both sets, then fine-tune.",
    paper="Cadet et al., Deep Unlearn, arXiv 2410.01276",
    tasks=("class", "sub-class", "random"),
    group="staying",
    cost={"class": 4.5, "sub-class": 26.9, "random": 29.4},
    firmer=Turn("share", up=True),
    gentler=Turn("epochs", up=True),
    params=MsgParams,
    search={"epochs": (2, 5), "lr": (0.001, 0.01, 0.05), "share": (0.15, 0.3, 0.5)},
)


def build(inputs: RunInputs, params: MsgParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: the net has no convolutions."""
    yield Progress("Finding small gradients", 0, 0)
    model = working_copy(inputs)
    chosen = small(inputs, params, control)
    if not chosen:
        raise MethodError("the model has no convolutions", where="[method] msg")
    fresh = dict(fresh_model(inputs.original, inputs.classes, inputs.seed + 1, inputs.runtime).named_parameters())
    weights = dict(model.named_parameters())
    for name, mask in chosen.items():
        with torch.no_grad():
            weights[name].copy_(torch.where(mask, fresh[name], weights[name]))
        weights[name].register_hook(_slowed(mask, params.others))
    return fine_tuning(inputs, model, params, "Relearning")


def small(inputs: RunInputs, params: MsgParams, control: RunControl) -> Mapping[str, Tensor]:
    """For every convolution's weight a mask ``bool`` of its shape: the entries with the smallest gradients.

    :raises Cancelled: in between.
    """
    model = working_copy(inputs).eval()
    model.zero_grad()
    for sign, positions in ((1, inputs.retain_indices), (-1, inputs.forget_indices)):
        order = torch.randperm(len(positions), generator=step_generator(inputs.seed, -1))[: params.pictures]
        _add_gradients(model, inputs, positions[order], sign, control)
    found = {}
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d) and module.weight.grad is not None:
            size = module.weight.grad.abs().flatten()
            mask = torch.zeros_like(size, dtype=torch.bool)
            mask[size.topk(max(1, round(params.share * len(size))), largest=False).indices] = True
            found[f"{name}.weight"] = mask.view_as(module.weight)
    return found


def _add_gradients(model: nn.Module, inputs: RunInputs, positions: Tensor, sign: int, control: RunControl) -> None:
    train, runtime = inputs.pictures.train, inputs.runtime
    for part in in_parts(positions, model, train, runtime, _BATCH, training=True):
        control.checkpoint()
        with runtime.autocast():
            outputs = model(runtime.shape(train.batch(part)))
        loss = F.cross_entropy(outputs.float(), train.labels[part.to(train.device)], reduction="sum")
        (sign / len(positions) * loss).backward()


def _slowed(mask: Tensor, others: float) -> Callable[[Tensor], Tensor]:
    factor = torch.where(mask, 1.0, others)
    return lambda gradient: gradient * factor


METHOD = Method(INFO, build)
