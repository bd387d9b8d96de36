"""Learning from a teacher's logits."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maga_desk.engine.inputs import RunInputs


def kl_to(outputs: Tensor, target: Tensor, temperature: float = 1.0) -> Tensor:
    """Mean over pictures of KL(softmax(target / T) || softmax(outputs / T)), in nats.

    :param outputs: logits ``(b, K)``; ``target``: a teacher's logits ``(b, K)``. Minus infinity in the target means a
        probability of zero.
    """
    logs = F.log_softmax(outputs / temperature, dim=1)
    wanted = F.softmax(target / temperature, dim=1)
    return F.kl_div(logs, wanted, reduction="batchmean")


def distillation(outputs: Tensor, target: Tensor, temperature: float) -> Tensor:
    """T² times :func:`kl_to`, so that the gradient is of the same size at every temperature (Hinton et al., 2015)."""
    return temperature**2 * kl_to(outputs, target, temperature)


@torch.no_grad()
def teacher_logits(teacher: nn.Module, images: Tensor, inputs: RunInputs) -> Tensor:
    """``(b, K) float32`` of a teacher in evaluation mode."""
    with inputs.runtime.autocast():
        outputs: Tensor = teacher(inputs.runtime.shape(images))
    return outputs.float()
