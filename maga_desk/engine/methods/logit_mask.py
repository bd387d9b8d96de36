"""Forbid the forgotten classes at the output: the cheapest way to a forget accuracy of zero, and a cautionary one.

The head's weights of each wholly forgotten class become zero, and its bias so low that it is never predicted. Nothing
below the head changes: the features still hold every trace of the class, which probe and relearning audits detect.
"""

from __future__ import annotations

from collections.abc import Generator

import torch
from torch import nn

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.methods import MethodInfo, MethodParams
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.heads import classifying_head
from maga_desk.engine.routine import Method, Routine, at_once, working_copy

NEVER = -1e4
"""The logit of a forbidden class: far below any other, and finite in every number format."""


class LogitMaskParams(MethodParams):
    """There is nothing to set."""


INFO = MethodInfo(
    name="logit-mask",
    title="Logit mask",
    summary="Forbid the class at the output. Instant, and hides the class without forgetting it.",
    paper="baseline",
    tasks=("class",),
    group="at-once",
    cost={"class": 0},
    params=LogitMaskParams,
)


def build(inputs: RunInputs, params: LogitMaskParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: the head is not linear or has no bias to forbid a class with."""
    yield Progress("Masking", 0, 0)
    model = working_copy(inputs)
    head = classifying_head(model, inputs.classes, INFO.name)
    if head.bias is None:
        raise MethodError("the model's head has no bias: a class cannot be forbidden", where="[method] logit-mask")
    gone = list(inputs.forget.gone)
    with torch.no_grad():
        head.weight[gone] = 0
        head.bias[gone] = NEVER
    if isinstance(head, nn.Conv2d) and not _answers_as_said(model, inputs, gone):
        raise MethodError(
            "the model's head is followed by a layer that no bias gets past: a class cannot be forbidden",
            where="[method] logit-mask",
        )
    return at_once(model, "Masking")


@torch.no_grad()
def _answers_as_said(model: nn.Module, inputs: RunInputs, gone: list[int]) -> bool:
    """Whether the bias comes through: what follows a convolution may cut it off again (SqueezeNet's ReLU)."""
    shown = inputs.runtime.shape(inputs.pictures.train.batch(inputs.retain_indices[:2]))
    return bool((model.eval()(shown)[:, gone] < NEVER / 2).all())


METHOD = Method(INFO, build)
