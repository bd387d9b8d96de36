"""Nets of one chain, of any naming: convolutions one behind the other, then linear layers (LeNet, VGG).

Shapes say which convolutions and linear layers there are; not where the net pools and pads. But the first linear layer
says how many pixels are left, and in a chain of numbered modules the numbers that are missing were layers without
tensors. What agrees with both is offered, the likeliest first.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from maga_desk.models.families.family import Evidence, Fit, Shapes
from maga_desk.models.families.structure.layers import Layer, Named, Normalise, layers_of, natural

_SIDES = (32, 28, 64, 96, 128, 224)
_MOST_FREE = 8  # convolutions whose pooling is tried in every combination
_MOST_FITS = 12


@dataclass(frozen=True)
class Stage:
    """A convolution or linear layer with the normalisation behind it."""

    layer: Layer
    norm: Layer | None


@dataclass(frozen=True)
class Chain:
    """A plain net's parts, in the order in which they work."""

    convs: tuple[Stage, ...]
    linears: tuple[Stage, ...]
    normalise: Layer | None

    @property
    def channels(self) -> int:
        """Of the pictures."""
        return self.convs[0].layer.shape[1]

    @property
    def pixels(self) -> int:
        """Of each channel that the first linear layer reads; 1 also where the net takes the mean of all."""
        return self.linears[0].layer.shape[1] // self.convs[-1].layer.width


def chained(shapes: Shapes) -> Chain | None:
    """The parts of a plain net that has exactly these tensors; ``None`` where they are those of another kind of net."""
    layers = layers_of(shapes)
    chain = _chain(layers)
    return chain or _chain(sorted(layers, key=lambda layer: natural(layer.name)))


def _chain(layers: list[Layer]) -> Chain | None:
    normalise = [layer for layer in layers if layer.kind == "normalise"]
    stages: list[Stage] = []
    for layer in layers:
        if layer.kind == "normalise":
            continue
        if layer.kind == "norm" and stages and stages[-1].norm is None and layer.width == stages[-1].layer.width:
            stages[-1] = Stage(stages[-1].layer, layer)
        elif layer.kind in ("conv", "linear"):
            stages.append(Stage(layer, None))
        else:
            return None
    convs = tuple(stage for stage in stages if stage.layer.kind == "conv")
    linears = tuple(stage for stage in stages if stage.layer.kind == "linear")
    if not convs or not linears or stages != [*convs, *linears] or len(normalise) > 1:
        return None
    flows = all(
        one.layer.width == two.layer.shape[1] and two.layer.shape[2] == two.layer.shape[3]
        for one, two in itertools.pairwise(convs)
    )
    narrows = all(one.layer.width == two.layer.shape[1] for one, two in itertools.pairwise(linears))
    side = math.isqrt(linears[0].layer.shape[1] // convs[-1].layer.width)
    fits = side > 0 and side * side * convs[-1].layer.width == linears[0].layer.shape[1]
    return Chain(convs, linears, normalise[0] if normalise else None) if flows and narrows and fits else None


class Plain(Named):
    """The net of a chain: each convolution with its normalisation and ReLU, pooled by two where ``pools`` says so.

    Input ``(N, C, H, W) float``, output logits ``(N, K)``.

    :param pools: ``1`` or ``0`` for each convolution.
    :param padded: convolutions keep the picture's size; else they shrink it by their kernel.
    """

    def __init__(self, chain: Chain, pools: str, padded: bool, classes: int) -> None:
        super().__init__()
        self._chain, self._pools = chain, pools
        if chain.normalise is not None:
            self.put(chain.normalise.name, Normalise(chain.normalise.shape, "std" if chain.normalise.bias else "var"))
        for stage in chain.convs:
            width, inside, kernel, _ = stage.layer.shape
            padding = kernel // 2 if padded else 0
            self.put(stage.layer.name, nn.Conv2d(inside, width, kernel, 1, padding, bias=stage.layer.bias))
            if stage.norm is not None:
                self.put(stage.norm.name, nn.BatchNorm2d(width))
        for place, stage in enumerate(chain.linears):
            width = classes if place == len(chain.linears) - 1 else stage.layer.width
            self.put(stage.layer.name, nn.Linear(stage.layer.shape[1], width, bias=stage.layer.bias))
            if stage.norm is not None:
                self.put(stage.norm.name, nn.BatchNorm1d(width))

    def _call(self, layer: Layer | None, x: Tensor) -> Tensor:
        return x if layer is None else self.get_submodule(layer.name)(x)

    def forward(self, x: Tensor) -> Tensor:
        chain = self._chain
        x = self._call(chain.normalise, x)
        for stage, pool in zip(chain.convs, self._pools, strict=True):
            x = torch.relu(self._call(stage.norm, self._call(stage.layer, x)))
            if pool == "1":
                x = nn.functional.max_pool2d(x, 2)
        x = x.mean(dim=(2, 3)) if chain.pixels == 1 else x.flatten(1)
        last = len(chain.linears) - 1
        for place, stage in enumerate(chain.linears):
            x = self._call(stage.norm, self._call(stage.layer, x))
            x = x if place == last else torch.relu(x)
        return x


def recognised(evidence: Evidence) -> Iterator[Fit]:
    """The forms that agree with the pixels that are left."""
    chain = chained(evidence.shapes)
    if chain is None:
        return
    name = f"plain-{len(chain.convs)}-{len(chain.linears)}"
    classes = chain.linears[-1].layer.width
    for doubt, (pools, padded, side) in enumerate(itertools.islice(_forms(chain), _MOST_FITS)):
        where = ", ".join(str(place + 1) for place, pool in enumerate(pools) if pool == "1") or "none"
        why = (
            f"a chain of {len(chain.convs)} convolutions and {len(chain.linears)} linear layers by its shapes; "
            f"pooling behind convolution {where}, {'padded' if padded else 'not padded'}, for {side} px"
        )
        yield Fit(name, {"padded": padded, "pools": pools, "size": side}, classes, why, doubt + 0.5)


def _forms(chain: Chain) -> Iterator[tuple[str, bool, int]]:
    kernels = [stage.layer.shape[2] for stage in chain.convs]
    left = math.isqrt(chain.pixels)
    sides = (28, 32, 64) if chain.channels == 1 else _SIDES
    patterns = [given] if (given := _numbered(chain)) else list(_patterns(chain))
    orders = (True, False) if max(kernels) == 3 and len(kernels) > 2 else (False, True)
    for side, padded, pools in itertools.product(sides, orders, patterns):
        if left == 1 and side == sides[0]:
            yield pools, padded, side  # the mean over what is left: any size
        elif left > 1 and _left(side, kernels, padded, pools) == left:
            yield pools, padded, side


def _left(side: int, kernels: list[int], padded: bool, pools: str) -> int:
    for kernel, pool in zip(kernels, pools, strict=True):
        side = side if padded else side - kernel + 1
        side = side // 2 if pool == "1" else side
    return side


def _patterns(chain: Chain) -> Iterable[str]:
    """Where a net may pool: behind every convolution, behind the last of each width, then in any other way."""
    widths = [stage.layer.width for stage in chain.convs]
    count = len(widths)
    last_of_width = "".join("1" if here != after else "0" for here, after in itertools.pairwise([*widths, -1]))
    likely = ["1" * count, last_of_width, "01" * (count // 2) + "1" * (count % 2), "0" * (count - 1) + "1", "0" * count]
    free = ("".join(bits) for bits in itertools.product("10", repeat=count)) if count <= _MOST_FREE else ()
    return dict.fromkeys(itertools.chain(likely, free))


def _numbered(chain: Chain) -> str | None:
    """Pooling by the numbers that are missing in one chain of modules (``features.3`` behind ``features.0``)."""
    paths = [stage.layer.path for stage in chain.convs]
    if len({path[:-1] for path in paths}) != 1 or not all(path[-1].isdigit() for path in paths) or len(paths) < 2:
        return None
    pools = ""
    for one, two in itertools.pairwise(chain.convs):
        behind = one.norm.path if one.norm is not None else one.layer.path
        if not behind[-1].isdigit():
            return None
        missing = int(two.layer.path[-1]) - int(behind[-1]) - 1
        pools += "1" if missing >= 2 else "0"
    return pools + "1"


def built(shapes: Shapes, classes: int, pools: str, padded: bool) -> Plain | None:
    """The net of these tensors."""
    chain = chained(shapes)
    return None if chain is None else Plain(chain, pools, padded, classes)
