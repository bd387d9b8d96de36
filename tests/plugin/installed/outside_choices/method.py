"""A method: gradient ascent that stops pushing a picture once its cross-entropy has reached a bound."""

from __future__ import annotations

from collections.abc import Generator

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from maga_desk.data.batches import Shuffled
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.joint import forget_labels, forget_loss
from maga_desk.engine.routine import Method, Routine, sgd, working_copy
from maga_desk.engine.schedules import constant


class BoundedAscentParams(MethodParams):
    """Defaults for a handful of pictures."""

    epochs: int = Field(5, ge=1, le=100, description="Passes over the forget pictures")
    lr: float = Field(0.001, gt=0, le=1, description="Learning rate, constant")
    bound: float = Field(3.0, gt=0, le=100, description="Cross-entropy above which a picture is left alone")


INFO = MethodInfo(
    name="bounded-ascent",
    title="Bounded ascent",
    summary="Raise the loss on the forget pictures, each up to a bound.",
    paper="an example",
    tasks=("class", "random"),
    params=BoundedAscentParams,
)


def build(inputs: RunInputs, params: BoundedAscentParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Minus the cross-entropy on the forget set, cut off at the bound."""
    yield from ()
    model, labels = working_copy(inputs).eval(), forget_labels(inputs)  # normalisation keeps its statistics
    forget = Shuffled(torch.arange(len(inputs.forget)), 16, inputs.seed)

    def on_forget(outputs: Tensor, _images: Tensor, rows: Tensor) -> Tensor:
        return -F.cross_entropy(outputs, labels[rows], reduction="none").clamp(max=params.bound).mean()

    loss = forget_loss(inputs, model, forget, on_forget)
    return Routine(model, sgd(model, params.lr), constant(params.lr), params.epochs * forget.per_epoch, loss)


METHOD = Method(INFO, build)
