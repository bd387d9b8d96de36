"""What a net predicts for all pictures of an audit."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from maga_desk.data.batches import DeviceSet
from maga_desk.domain.control import RunControl
from maga_desk.models.inference import logits
from maga_desk.models.runtime import Runtime


@dataclass(frozen=True)
class Outputs:
    """A net's logits on both splits: ``train`` ``(N, K)`` and ``test`` ``(M, K)``, float32 on the CPU."""

    train: Tensor
    test: Tensor


def compute_outputs(model: nn.Module, pictures: DeviceSet, runtime: Runtime, control: RunControl) -> Outputs:
    """Run a net over all pictures.

    :raises Cancelled: in between.
    """
    return Outputs(
        logits(model, pictures.train, runtime, control=control), logits(model, pictures.test, runtime, control=control)
    )
