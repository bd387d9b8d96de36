"""Fisher forgetting: add noise to the weights, most where they matter least for the retain set. Takes no step.

Golatkar, Achille and Soatto, "Eternal Sunshine of the Spotless Net" (CVPR 2020, arXiv 1911.04933). F is the diagonal
of the Fisher matrix on the retain set: squared gradients of single pictures, in expectation over the net's own
predictions. Each weight receives normal noise of variance a / F; 1 / F is capped at 1e3 (1e2 in the head) and a =
1e-6. As in the published code, the head's weights of a class that goes wholly are set to zero first, and receive
variance 1e-4.

Deviations: F is measured on at most ``pictures`` of the retain set, since it takes one pass for each class. The
published code averages variances over a layer's inputs and adds tenfold noise in the head and in normalisation layers;
both are left out.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping

import torch
from pydantic import Field
from torch import Tensor, nn

from maga_desk.data.batches import step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.heads import classifying_head
from maga_desk.engine.parts.importance import Importance, Weighing, by_expected_loss, weigh
from maga_desk.engine.parts.subsets import some
from maga_desk.engine.routine import Method, Routine, at_once, working_copy

_CAP, _HEAD_CAP = 1e3, 1e2
_CLEARED = 1e-4


class FisherParams(MethodParams):
    """Defaults as published, but for the number of pictures."""

    alpha: float = Field(1e-6, gt=0, le=1, description="Variance of the noise times the weight's Fisher information")
    clear_head: bool = Field(True, description="Whole classes: first set the head's weights of the class to zero")
    pictures: int = Field(1000, ge=1, le=10**7, description="Most retain pictures that are measured")
    batch_size: int = Field(64, ge=1, le=4096, description="Pictures at a time")


INFO = MethodInfo(
    name="fisher",
    title="Fisher forgetting",
    summary="Add noise to the weights that matter little for what stays. Takes no step; slow with many classes.",
    paper="Golatkar et al., CVPR 2020, arXiv 1911.04933",
    tasks=("class", "sub-class", "random"),
    group="at-once",
    cost={"class": 10.8, "sub-class": 14.5, "random": 32.1},
    firmer=Turn("alpha", up=True),
    gentler=Turn("alpha", up=False),
    params=FisherParams,
    search={"alpha": (1e-8, 1e-7, 1e-6, 1e-5), "clear_head": (True, False)},
)


def build(inputs: RunInputs, params: FisherParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: the net has no linear head."""
    model = working_copy(inputs).eval()
    head = classifying_head(model, inputs.classes, INFO.name)
    information = yield from fisher_information(model, inputs, params, control)
    yield Progress("Adding noise", 0, 0)
    heads = {name for name, weight in model.named_parameters() if any(weight is mine for mine in head.parameters())}
    variances = {
        name: variance(size, params.alpha, _HEAD_CAP if name in heads else _CAP) for name, size in information.items()
    }
    if params.clear_head:
        _clear(model, heads, list(inputs.forget.whole_classes), variances)
    _add_noise(model, variances, step_generator(inputs.seed, 0))
    return at_once(model, "Adding noise")


def fisher_information(
    model: nn.Module, inputs: RunInputs, params: FisherParams, control: RunControl
) -> Generator[Event, None, Importance]:
    """The diagonal of the Fisher matrix on retain pictures, with the exact expectation over labels.

    :raises Cancelled: in between.
    """
    positions = some(inputs, inputs.retain_indices, params.pictures)
    total = {name: torch.zeros_like(weight) for name, weight in model.named_parameters()}
    for label in range(inputs.classes):
        weighing = Weighing(by_expected_loss(label), batch_size=params.batch_size)
        part = yield from weigh(model, inputs, positions, control, weighing)
        for name, size in part.items():
            total[name] += size
    return total


def variance(information: Tensor, alpha: float, cap: float) -> Tensor:
    """a min(1 / F, cap), in the shape of F."""
    return alpha * information.clamp_min(1 / cap).reciprocal()


@torch.no_grad()
def _clear(model: nn.Module, heads: set[str], gone: list[int], variances: Mapping[str, Tensor]) -> None:
    for name in heads:
        model.get_parameter(name)[gone] = 0
        variances[name][gone] = _CLEARED


@torch.no_grad()
def _add_noise(model: nn.Module, variances: Mapping[str, Tensor], generator: torch.Generator) -> None:
    for name, weight in model.named_parameters():
        noise = torch.randn(weight.shape, generator=generator).to(weight.device)
        weight.add_(variances[name].sqrt() * noise)


METHOD = Method(INFO, build)
