"""Importance of every weight for some pictures: mean powers of gradients, for each picture or for each batch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Progress
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.passes import counted_whole
from maga_desk.engine.step_room import check_pass
from maga_desk.models.footprint import at_once

Importance = Mapping[str, Tensor]
"""From a weight's name to a tensor of its shape."""

OutputLoss = Callable[[Tensor, Tensor], Tensor]
"""From logits ``(b, K)`` and labels ``(b,) int64`` to the mean loss."""

_STAGE = "Measuring the weights' importance"
_ENTRIES = 2**27  # numbers in the gradients of single pictures that are in memory at a time: half a gigabyte


@dataclass(frozen=True)
class Weighing:
    """How importance is measured.

    :param power: of the absolute gradient; 2 with the cross-entropy gives the diagonal of the empirical Fisher matrix.
    :param per_sample: take the power of each picture's gradient, not of each batch's mean gradient.
    """

    loss: OutputLoss
    power: int = 2
    per_sample: bool = True
    batch_size: int = 64


def by_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of logits ``(b, K)``."""
    return F.cross_entropy(outputs, labels)


def by_outputs(outputs: Tensor, _labels: Tensor) -> Tensor:
    """Mean squared length of logits ``(b, K)``."""
    return outputs.square().sum(dim=1).mean()


def by_expected_loss(label: int) -> OutputLoss:
    """One label's term of the Fisher matrix under the net's own predictions.

    The loss is sqrt(p) times the cross-entropy with the label, p constant, so that its squared gradient is p times that
    of the cross-entropy. The sum over all labels is the expectation.
    """

    def loss(outputs: Tensor, _labels: Tensor) -> Tensor:
        logs = F.log_softmax(outputs, dim=1)[:, label]
        return -((0.5 * logs).exp().detach() * logs).mean()

    return loss


def weigh(
    model: nn.Module, inputs: RunInputs, positions: Tensor, control: RunControl, weighing: Weighing
) -> Generator[Event, None, Importance]:
    """Mean of a power of the absolute gradient over the pictures at ``positions`` ``(n,) int64``, in float32.

    :param model: in evaluation mode.
    :raises Cancelled: in between.
    """
    train = inputs.pictures.train
    weights = {name: weight.detach() for name, weight in model.named_parameters()}
    rest = dict(model.named_buffers())

    def of_batch(weights: dict[str, Tensor], images: Tensor, labels: Tensor) -> Tensor:
        return weighing.loss(functional_call(model, (weights, rest), (images,)), labels)

    def of_one(weights: dict[str, Tensor], image: Tensor, label: Tensor) -> Tensor:
        return of_batch(weights, image.unsqueeze(0), label.unsqueeze(0))

    each, whole = vmap(grad(of_one), in_dims=(None, 0, 0)), grad(of_batch)
    total = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    size, shape = weighing.batch_size, (*train.images.shape[1:],)
    if weighing.per_sample:
        size = min(size, max(1, _ENTRIES // sum(weight.numel() for weight in weights.values())))
        size = at_once(model, shape, train.device, size, training=True)
    else:
        check_pass(model, shape, min(size, len(positions)), inputs.runtime, "batch_size")
    for number, part in enumerate(positions.split(size)):
        control.checkpoint()
        yield Progress(_STAGE, number * size, len(positions))
        images, labels = train.batch(part), train.labels[part.to(train.device)]
        if weighing.per_sample:
            with (
                counted_whole(len(part)),
                sdpa_kernel(SDPBackend.MATH),  # the fused kernels of attention do not work under vmap
                warnings.catch_warnings(),
            ):
                warnings.filterwarnings("ignore", message="There is a performance drop")  # some parts of a net, in turn
                gradients = each(weights, images, labels)
            for name, gradient in gradients.items():
                total[name] += gradient.abs().pow(weighing.power).sum(dim=0)
        else:
            with counted_whole(len(part)):
                gradients = whole(weights, images, labels)
            for name, gradient in gradients.items():
                total[name] += len(part) * gradient.abs().pow(weighing.power)
    return {name: each_total / len(positions) for name, each_total in total.items()}
