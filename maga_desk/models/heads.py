"""The head of a net: the layer that turns the penultimate features into logits."""

from __future__ import annotations

from torch import Tensor, nn

from maga_desk.domain.errors import CheckpointError


def head_of(model: nn.Module) -> nn.Linear | nn.Conv2d:
    """The last linear layer or, of a net without any, the last convolution (SqueezeNet): it reads the penultimate
    features. A net that :func:`~maga_desk.models.families.registry.build` made may say which layer it is.

    :raises CheckpointError: the net has neither.
    """
    named = getattr(model, "head_name", None)
    place = model.get_submodule(named) if isinstance(named, str) else model
    for kind in (nn.Linear, nn.Conv2d):
        layers = [module for module in place.modules() if isinstance(module, kind)]
        if layers:
            return layers[-1]
    raise CheckpointError("the model has no linear head", todo="features cannot be read from it")


def head_weight(model: nn.Module) -> Tensor:
    """The head's weights, ``(K, D)``: a row for each class.

    :raises CheckpointError: the net has no head.
    """
    return head_of(model).weight.flatten(1)


def count_classes(model: nn.Module) -> int:
    """K, the number of logits.

    :raises CheckpointError: the net has no head.
    """
    return int(head_of(model).weight.shape[0])


def count_parameters(model: nn.Module) -> int:
    """How many numbers the net has learned, or can learn."""
    return sum(parameter.numel() for parameter in model.parameters())
