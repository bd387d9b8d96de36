"""CT: transpose every convolution's kernels, height with width, and fine-tune on the retain pictures.

One of the two winners of the NeurIPS 2023 unlearning challenge in the comparison of Cadet et al., "Deep Unlearn" (arXiv
2410.01276): learning rate .001, three passes, cosine. The fine-tuning relearns, without the forget pictures, what the
transposition broke. Needs square kernels larger than one pixel.
"""

from __future__ import annotations

from collections.abc import Generator

import torch
from pydantic import Field
from torch import nn

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.fields import BatchSize, FallingRate
from maga_desk.engine.parts.retaining import fine_tuning
from maga_desk.engine.routine import Method, Routine, working_copy


class TransposeParams(MethodParams):
    """Defaults as in the comparison."""

    epochs: int = Field(3, ge=1, le=1000, description="Passes over the retain pictures")
    lr: FallingRate = 0.001
    batch_size: BatchSize = 128


INFO = MethodInfo(
    name="transpose",
    title="CT (transposed kernels)",
    summary="Transpose the convolutions' kernels, then fine-tune on the retain pictures. Crude, and strong.",
    paper="Cadet et al., Deep Unlearn, arXiv 2410.01276",
    tasks=("class", "sub-class", "random"),
    group="staying",
    cost={"class": 5.1, "sub-class": 13.6, "random": 15.7},
    gentler=Turn("epochs", up=True),
    params=TransposeParams,
    search={"epochs": (1, 3, 8), "lr": (0.001, 0.01, 0.05, 0.1)},
)


def build(inputs: RunInputs, params: TransposeParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: the net has no kernels that a transposition would change."""
    yield from ()
    model = working_copy(inputs)
    if not transpose(model):
        raise MethodError("the model has no square convolution kernels to transpose", where="[method] transpose")
    return fine_tuning(inputs, model, params, "Relearning")


@torch.no_grad()
def transpose(model: nn.Module) -> int:
    """Swap height and width of every square kernel; returns the number of convolutions that changed."""
    count = 0
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size[0] == module.kernel_size[1] > 1:
            module.weight.copy_(module.weight.transpose(2, 3).clone())
            count += 1
    return count


METHOD = Method(INFO, build)
