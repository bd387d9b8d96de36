"""The linear head of a classifier."""

from __future__ import annotations

from torch import nn

from maga_desk.domain.errors import CheckpointError, MethodError
from maga_desk.models.heads import head_of


def classifying_head(model: nn.Module, classes: int, method: str) -> nn.Linear:
    """The linear layer that gives the logits.

    :raises MethodError: the net does not end in one.
    """
    try:
        head = head_of(model)
    except CheckpointError as error:
        raise MethodError("the model has no linear head", where=f"[method] {method}") from error
    if not isinstance(head, nn.Linear):
        raise MethodError("the model has no linear head, but a convolution", where=f"[method] {method}")
    if head.out_features != classes:
        raise MethodError(
            f"the model's last linear layer has {head.out_features} outputs, not {classes}", where=f"[method] {method}"
        )
    return head
