"""SSD, selective synaptic dampening: shrink weights that matter far more for the forget pictures than for all.

Foster, Schoepf and Brintrup, "Fast Machine Unlearning Without Retraining Through Selective Synaptic Dampening" (AAAI
2024, arXiv 2308.07707). With I_f and I_D the mean squared gradients of the loss on the forget set and on all training
pictures, every weight with I_f > a I_D is multiplied by min(l I_D / I_f, 1); a = 10, l = 1. No step is taken.

The published code squares the gradient of each *batch*; the paper's formula, the diagonal of the Fisher matrix, is
``importance = "per-sample"``. With that, I_f / I_D cannot exceed the ratio of all pictures to forget pictures, so a =
10 dampens nothing when a tenth of the pictures goes. The label-free variant (LFSSD, Foster et al., arXiv 2402.19308)
uses the absolute gradient of the squared length of the logits instead.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Message, Progress
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.importance import OutputLoss, Weighing, by_loss, by_outputs, weigh
from maga_desk.engine.routine import Method, Routine, at_once, working_copy


class SsdParams(MethodParams):
    """Defaults as published."""

    alpha: float = Field(
        10.0,
        gt=0,
        le=1e6,
        description="How many times more important a weight must be for the forget set to be dampened",
    )
    dampening: float = Field(
        1.0, gt=0, le=1e3, description="The paper's lambda: the weight is multiplied by this times I_D / I_f"
    )
    importance: Literal["per-sample", "batch"] = Field(
        "batch", description="Square the gradient of each batch, as the published code does, or of each picture"
    )
    batch_size: int = Field(64, ge=1, le=4096, description="Pictures at a time")


_SEARCH = {"alpha": (3.0, 10.0, 30.0, 100.0), "dampening": (0.3, 1.0, 3.0)}

INFO = MethodInfo(
    name="ssd",
    title="SSD",
    summary="Shrink the weights that matter most for the forget pictures. Fast, takes no step, sensitive to alpha.",
    paper="Foster et al., AAAI 2024, arXiv 2308.07707",
    tasks=("class", "sub-class", "random"),
    group="at-once",
    cost={"class": 3.3, "sub-class": 9.2, "random": 8.9},
    firmer=Turn("alpha", up=False),
    gentler=Turn("alpha", up=True),
    params=SsdParams,
    search=_SEARCH,
)

LABEL_FREE = MethodInfo(
    name="lfssd",
    title="LFSSD",
    summary="SSD without labels: importance is how strongly a weight changes the size of the logits.",
    paper="Foster et al., arXiv 2402.19308",
    tasks=("class", "sub-class", "random"),
    group="at-once",
    cost={"class": 3.3, "sub-class": 8.8, "random": 9},
    firmer=Turn("alpha", up=False),
    gentler=Turn("alpha", up=True),
    params=SsdParams,
    search=_SEARCH,
)


def build(inputs: RunInputs, params: SsdParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Importance by the loss."""
    return (yield from _dampened(inputs, params, control, by_loss, 2))


def build_label_free(inputs: RunInputs, params: SsdParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Importance by the size of the logits."""
    return (yield from _dampened(inputs, params, control, by_outputs, 1))


def dampened(weight: Tensor, forget: Tensor, everything: Tensor, alpha: float, dampening: float) -> Tensor:
    """The weight after dampening; all tensors in its shape."""
    factor = (dampening * everything / forget.clamp_min(torch.finfo(forget.dtype).tiny)).clamp(max=1)
    return torch.where(forget > alpha * everything, weight * factor, weight)


def _dampened(
    inputs: RunInputs, params: SsdParams, control: RunControl, loss: OutputLoss, power: int
) -> Generator[Event, None, Routine]:
    model = working_copy(inputs).eval()
    trained_on = torch.cat([inputs.retain_indices, inputs.forget_indices]).sort().values
    most = len(trained_on) / len(inputs.forget)
    out_of_reach = params.importance == "per-sample" and params.alpha >= most
    if out_of_reach:
        yield Message(f"alpha {params.alpha:g} dampens nothing here: no weight can reach {most:.1f}", "warning")
    weighing = Weighing(loss, power, params.importance == "per-sample", params.batch_size)
    everything = yield from weigh(model, inputs, trained_on, control, weighing)
    forget = yield from weigh(model, inputs, inputs.forget_indices, control, weighing)
    yield Progress("Dampening", 0, 0)
    chosen = sum(int((forget[name] > params.alpha * everything[name]).sum()) for name in forget)
    if not chosen and not out_of_reach:
        yield Message(
            f"No weight matters {params.alpha:g} times more for the forget pictures: nothing was changed", "warning"
        )
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(dampened(weight, forget[name], everything[name], params.alpha, params.dampening))
    return at_once(model, "Dampening")


METHOD = Method(INFO, build)
LABEL_FREE_METHOD = Method(LABEL_FREE, build_label_free)
