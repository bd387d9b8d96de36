"""Weights that were pruned away stay zero, whatever is done to the net.

Before each pass a layer sets its pruned weights to zero again; copies of the net do so too. A net without gradients on
them, with noise or with fresh weights is thus the same sparse net all the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

SPARSE = 0.05
"""The least share of a layer's weights that is zero where pruning left them so: training alone leaves next to none."""

_ROUNDED = 257  # values of weights that were rounded to eight bits, and one more


class KeptZeros:
    """Runs before a layer's pass: a copy of the layer has a copy of it.

    :param mask: ``(…) bool``, False where a weight was pruned away.
    """

    def __init__(self, name: str, mask: Tensor) -> None:
        self.name, self.mask = name, mask

    def __call__(self, layer: nn.Module, _inputs: object = None) -> None:
        weight = getattr(layer, self.name)
        if torch._C._functorch.is_functorch_wrapped_tensor(weight):  # of gradients by picture: zero already
            return
        if weight.is_meta:  # nothing has values: somebody looks at what a pass would take
            return
        if self.mask.device != weight.device:
            self.mask = self.mask.to(weight.device)
        weight.data.mul_(self.mask)  # a repetition changes nothing, so that a pass before may still be differentiated


def keep_zeros(model: nn.Module, masks: Mapping[str, Tensor]) -> nn.Module:
    """Let a net keep its pruned weights at zero.

    :param masks: by the weights' names; see :class:`KeptZeros`.
    """
    for name, mask in masks.items():
        place, _, own = name.rpartition(".")
        model.get_submodule(place).register_forward_pre_hook(KeptZeros(own, mask.to(torch.bool).clone()))
    return model


def zeros_of(model: nn.Module) -> dict[str, Tensor]:
    """The masks that a net keeps, by the weights' names."""
    return {f"{place}.{hook.name}": hook.mask for place, _, hook in _hooks(model)}


def set_zeros(model: nn.Module) -> None:
    """Set the pruned weights to zero now."""
    for _, layer, hook in _hooks(model):
        hook(layer)


def is_pruned_like(model: nn.Module, of: nn.Module) -> bool:
    """Whether a net's weights are zero wherever another one keeps them so."""
    state = model.state_dict()
    return all(
        name in state and state[name].shape == mask.shape and not state[name][~mask.to(state[name].device)].any()
        for name, mask in zeros_of(of).items()
    )


def pruned_share(masks: Mapping[str, Tensor]) -> float:
    """The share of the weights that have a mask which it takes away, 0 to 1."""
    count = sum(mask.numel() for mask in masks.values())
    return 1 - sum(int(mask.sum()) for mask in masks.values()) / max(1, count)


def found_zeros(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Masks ``(…) bool`` of layers' weights with so many zeros that somebody put them there, by the weights' names.

    Rows that are zero as a whole do not count (a channel that died in training, a row for padding), nor do weights of
    few values, as rounding to eight bits leaves them.
    """
    found = {}
    for name, weight in state.items():
        if weight.ndim < 2 or not weight.is_floating_point() or not name.endswith("weight"):
            continue
        rows = weight.flatten(1)
        rows = rows[(rows != 0).any(dim=1)]
        zero = rows == 0
        if rows.numel() and float(zero.float().mean()) >= SPARSE and not _is_rounded(rows[~zero]):
            found[name] = weight != 0
    return found


def _is_rounded(values: Tensor) -> bool:
    """Whether many of ``(n,)`` values are the same few."""
    return int(values.unique().numel()) < min(_ROUNDED, len(values) // 2)


def _hooks(model: nn.Module) -> Iterator[tuple[str, nn.Module, KeptZeros]]:
    for place, layer in model.named_modules():
        for hook in layer._forward_pre_hooks.values():
            if isinstance(hook, KeptZeros):
                yield place, layer, hook
