"""Weights of few bits: the rounding that an audit attacks with is the one that the int8 copy is written with."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn


def weights_of(model: nn.Module) -> Iterator[Tensor]:
    """The weights of linear layers, attention and convolutions: the tensors that are rounded and pruned."""
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            continue
        for name, weight in module.named_parameters(recurse=False):
            if weight.ndim >= 2 and name.endswith(("weight", "weight_v")):
                yield weight


def scales(weight: Tensor, bits: int) -> Tensor:
    """``(rows, 1)``: what one step of a rounded weight is worth, by output channel; its largest is the last step."""
    rows = weight.flatten(1)
    most: int = 2 ** (bits - 1) - 1
    largest: Tensor = rows.abs().amax(dim=1, keepdim=True).clamp(min=torch.finfo(rows.dtype).tiny)
    step: Tensor = largest / most
    return step


@torch.no_grad()
def rounded(model: nn.Module, bits: int) -> None:
    """Round weights in place to so many bits: symmetric, each output channel scaled by its largest weight."""
    for weight in weights_of(model):
        scale = scales(weight, bits)
        weight.copy_(((weight.flatten(1) / scale).round() * scale).view_as(weight))
