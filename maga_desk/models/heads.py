"""The head of a net: the layer that turns the penultimate features into logits."""

from __future__ import annotations

from torch import nn

from maga_desk.domain.errors import CheckpointError


def head_of(model: nn.Module) -> nn.Linear:
    """The last linear layer: its input are the penultimate features.

    :raises CheckpointError: the net has no linear layer.
    """
    linears = [module for module in model.modules() if isinstance(module, nn.Linear)]
    if not linears:
        raise CheckpointError("the model has no linear head", todo="features cannot be read from it")
    return linears[-1]


def count_classes(model: nn.Module) -> int:
    """K, the number of logits.

    :raises CheckpointError: the net has no linear head.
    """
    return head_of(model).out_features


def count_parameters(model: nn.Module) -> int:
    """How many numbers the net has learned, or can learn."""
    return sum(parameter.numel() for parameter in model.parameters())
