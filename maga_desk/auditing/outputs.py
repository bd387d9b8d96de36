"""What a net predicts for all pictures of an audit."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from maga_desk.data.batches import DeviceSet
from maga_desk.domain.control import RunControl
from maga_desk.models.fusing import fused
from maga_desk.models.inference import logits, logits_and_features
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
    net, runtime = fused(model, runtime, pictures.train.batch(torch.zeros(1, dtype=torch.int64)))
    return Outputs(
        logits(net, pictures.train, runtime, control=control), logits(net, pictures.test, runtime, control=control)
    )


def outputs_and_features(
    model: nn.Module, pictures: DeviceSet, runtime: Runtime, learn: Tensor, asked: Tensor, control: RunControl
) -> tuple[Outputs, Tensor, Tensor]:
    """Like :func:`compute_outputs`, with the penultimate features of some pictures from the same passes.

    :param learn: ``(n,) int64`` positions among the training pictures, ``asked`` ``(m,) int64`` among the test ones.
    :returns: the outputs, and features ``(n, D)`` and ``(m, D)``, float32 on the CPU.
    """
    train, learned = logits_and_features(model, pictures.train, runtime, learn, control)
    test, found = logits_and_features(model, pictures.test, runtime, asked, control)
    return Outputs(train, test), learned, found
