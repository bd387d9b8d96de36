"""What the layers of a net are given: vectors of a linear layer, unfolded patches of a convolution."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

KINDS = (nn.Conv2d, nn.Linear)


def patches(layer: nn.Module, activations: Tensor) -> Tensor:
    """Input activations as columns ``(groups, d, m)``."""
    if not isinstance(layer, nn.Conv2d):
        return activations.flatten(0, -2).T.unsqueeze(0)
    columns = _unfolded(layer, activations)
    return columns.transpose(0, 1).flatten(1).view(layer.groups, -1, columns.shape[0] * columns.shape[2])


def mean_patches(layer: nn.Module, activations: Tensor) -> Tensor:
    """The mean over a picture's places: ``(n, groups, d)``. A layer is linear in it, up to its bias."""
    if not isinstance(layer, nn.Conv2d):
        return (
            activations.flatten(1, -2).mean(dim=1, keepdim=True) if activations.ndim > 2 else activations.unsqueeze(1)
        )
    return _unfolded(layer, activations).mean(dim=2).view(len(activations), layer.groups, -1)


def _unfolded(layer: nn.Conv2d, activations: Tensor) -> Tensor:
    padding = layer._reversed_padding_repeated_twice
    padded = F.pad(activations, padding, mode="constant" if layer.padding_mode == "zeros" else layer.padding_mode)
    return F.unfold(padded, layer.kernel_size, dilation=layer.dilation, stride=layer.stride)


@contextmanager
def listening(model: nn.Module, hear: Callable[[str, nn.Module, Tensor], None]) -> Iterator[None]:
    """While open, every layer that runs as a module has its input handed over, with its name."""

    def hook(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def told(layer: nn.Module, arguments: tuple[Tensor, ...]) -> None:
            hear(name, layer, arguments[0].detach().float())

        return told

    layers = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, KINDS)]
    handles = [layer.register_forward_pre_hook(hook(name)) for name, layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@torch.no_grad()
def change_weight(layer: nn.Module, change: Tensor) -> None:
    """W <- W C^T, group by group.

    :param change: C ``(groups, d, d)``.
    """
    assert isinstance(layer, KINDS)
    rows = layer.weight.reshape(len(change), layer.weight.shape[0] // len(change), -1)
    layer.weight.copy_((rows @ change.mT.to(rows.dtype)).view_as(layer.weight))
