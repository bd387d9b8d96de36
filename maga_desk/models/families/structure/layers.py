"""Layers of an unknown net, read from its tensors' names and shapes, and a net that has layers under such names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch import nn

from maga_desk.models.families.family import Shapes
from maga_desk.models.nested import put_module

Kind = Literal["conv", "norm", "linear", "normalise", "other"]
_TENSORS = {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}
_NORMALISE = re.compile(r"(^|\.)(mean|std|var)$")


@dataclass(frozen=True)
class Layer:
    """One layer: a module of the net that has tensors of its own.

    :param shape: of its weight; of a layer without one, of its mean.
    """

    name: str
    kind: Kind
    shape: tuple[int, ...]
    bias: bool

    @property
    def width(self) -> int:
        """What goes out of it: channels or features."""
        return self.shape[0]

    @property
    def kernel(self) -> int:
        """A convolution's height."""
        return self.shape[2]

    @property
    def path(self) -> tuple[str, ...]:
        """Its name's parts."""
        return tuple(self.name.split("."))


def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """A key that sorts ``layer10`` behind ``layer9``."""
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in re.findall(r"\d+|\D+", name))


def layers_of(shapes: Shapes) -> list[Layer]:
    """The layers in the order of the file; tensors that are of no known layer give one of kind ``other``."""
    groups: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, shape in shapes.items():
        module, _, own = name.rpartition(".")
        groups.setdefault(module, {})[own] = shape
    return [layer for module, tensors in groups.items() for layer in _layer(module, tensors)]


def _layer(module: str, tensors: Mapping[str, tuple[int, ...]]) -> Iterable[Layer]:
    names = set(tensors)
    if names <= {"mean", "std", "var"} and "mean" in names and len(names) == 2:
        yield Layer(module, "normalise", tensors["mean"], "std" in names)
        return
    weight = tensors.get("weight")
    if weight is None or not names <= _TENSORS:
        yield Layer(module, "other", weight or (), False)
        return
    bias = "bias" in tensors
    if len(weight) == 4:
        yield Layer(module, "conv", weight, bias)
    elif len(weight) == 2:
        yield Layer(module, "linear", weight, bias)
    elif len(weight) == 1 and "running_mean" in tensors:
        yield Layer(module, "norm", weight, bias)
    else:
        yield Layer(module, "other", weight, bias)


class Named(nn.Module):
    """A net whose layers stand under given dotted names, so that its state dict has the names of a stranger's file."""

    def put(self, name: str, layer: nn.Module) -> nn.Module:
        """Place a layer under a dotted name; modules on the way are made."""
        put_module(self, name, layer)
        return layer


class Normalise(nn.Module):
    """A net's own normalising of pixels in 0..1, with the mean and deviation as buffers of the file's shape."""

    def __init__(self, shape: tuple[int, ...], second: str) -> None:
        super().__init__()
        import torch

        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer(second, torch.ones(shape))
        self._second = second

    def forward(self, x: Any) -> Any:
        mean, second = self.get_buffer("mean"), self.get_buffer(self._second)
        deviation = second if self._second == "std" else second.sqrt()
        return (x - mean.reshape(1, -1, 1, 1)) / deviation.reshape(1, -1, 1, 1)
