"""The head of a classifier: a linear layer, or a 1x1 convolution, which is linear in its pooled input as well."""

from __future__ import annotations

from torch import nn

from maga_desk.domain.errors import CheckpointError, MethodError
from maga_desk.models.heads import head_of


def classifying_head(model: nn.Module, classes: int, method: str) -> nn.Linear | nn.Conv2d:
    """The layer that gives the logits, with a row of weights for each class.

    :raises MethodError: the net does not end in one.
    """
    try:
        head = head_of(model)
    except CheckpointError as error:
        raise MethodError("the model has no linear head", where=f"[method] {method}") from error
    if isinstance(head, nn.Conv2d) and (tuple(head.kernel_size) != (1, 1) or head.groups != 1):
        size = "x".join(map(str, head.kernel_size))
        raise MethodError(f"the model has no linear head, but a {size} convolution", where=f"[method] {method}")
    outputs = head.weight.shape[0]
    if outputs != classes:
        raise MethodError(f"the model's head has {outputs} outputs, not {classes}", where=f"[method] {method}")
    return head


def width_of(head: nn.Linear | nn.Conv2d) -> int:
    """D, the features that a head reads."""
    return int(head.weight.shape[1])
