"""Residual nets of any naming, built from the names and shapes of their tensors.

Every repository of small residual nets has its own names for the same parts. Which convolution is the stem, which
belong to one block, which are shortcuts, how wide and deep it all is: shapes say it. What they cannot say is where the
net strides and pools before its blocks; the usual forms are offered, the likeliest first.

Blocks: basic and bottleneck, with normalisation behind (He et al., "Deep Residual Learning", CVPR 2016) or before each
convolution ("Identity Mappings in Deep Residual Networks", ECCV 2016), grouped or not (Xie et al., CVPR 2017);
shortcuts by projection, or by padding with zeros (option A of the first).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from maga_desk.models.families.family import Evidence, Fit, Shapes
from maga_desk.models.families.structure.layers import Layer, Named, Normalise, layers_of, natural

_SHORTCUT = ("shortcut", "downsample", "skip", "identity", "proj", "convShortcut", "conv_shortcut")
_FEWEST_BLOCKS = 2


@dataclass(frozen=True)
class Block:
    """A residual block: names of its layers in the order in which they work.

    :param shortcut: a convolution and perhaps a normalisation; empty for the identity, or zeros where widths differ.
    :param before: normalisation stands before each convolution.
    """

    convs: tuple[Layer, ...]
    norms: tuple[Layer, ...]
    shortcut: tuple[Layer, ...]
    before: bool

    @property
    def width_in(self) -> int:
        """Channels that it reads."""
        first = self.convs[0]
        return first.shape[1]

    @property
    def width(self) -> int:
        """Channels that it gives."""
        return self.convs[-1].width

    @property
    def inner(self) -> int:
        """Channels of its first convolution."""
        return self.convs[0].width


@dataclass(frozen=True)
class ResidualPlan:
    """A residual net's parts."""

    stem: Layer
    stem_norm: Layer | None
    blocks: tuple[Block, ...]
    last_norm: Layer | None
    head: tuple[Layer, ...]
    normalise: Layer | None

    @property
    def both(self) -> bool:
        """The head reads largest and mean value of each channel, as fastai's does, not the mean alone."""
        return self.head[0].shape[-1] == 2 * self.blocks[-1].width

    @property
    def channels(self) -> int:
        """Of the pictures."""
        return self.stem.shape[1]

    @property
    def name(self) -> str:
        """Its layers with weights and the widths of its stages: ``residual-18-64.128.256.512``."""
        linears = sum(layer.kind == "linear" for layer in self.head)
        layers = 1 + sum(len(block.convs) for block in self.blocks) + linears
        widths = dict.fromkeys(block.width for block in self.blocks)
        return f"residual-{layers}-{'.'.join(map(str, widths))}"


def planned(shapes: Shapes) -> ResidualPlan | None:
    """The parts of a residual net that has exactly these tensors; ``None`` where they are another kind's."""
    layers = layers_of(shapes)
    if any(layer.kind == "other" for layer in layers):
        return None
    groups: dict[str, list[Layer]] = {}
    for layer in layers:
        groups.setdefault(_block_of(layer), []).append(layer)
    top = groups.pop("", [])
    blocks: list[Block] = []
    for name in sorted(groups, key=natural):
        block = _block(name, groups[name])
        if block is None:  # a stem or a head in a module of its own
            top += groups[name]
        else:
            blocks.append(block)
    if len(blocks) < _FEWEST_BLOCKS:
        return None
    before = any(block.before for block in blocks)
    blocks = [Block(each.convs, each.norms, each.shortcut, before) for each in blocks]
    return _assembled(top, blocks)


def _assembled(top: list[Layer], blocks: list[Block]) -> ResidualPlan | None:
    stems = [layer for layer in top if layer.kind == "conv"]
    linears = [layer for layer in top if layer.kind == "linear"]
    normalise = [layer for layer in top if layer.kind == "normalise"]
    if len(stems) != 1 or not linears or len(normalise) > 1:
        return None
    stem, first, last = stems[0], blocks[0], blocks[-1]
    beside = {layer.path[:-1] for layer in linears} - {stem.path[:-1]}
    norms = [layer for layer in top if layer.kind == "norm" and layer.path[:-1] not in beside]
    inside = [layer for layer in top if layer.kind == "norm" and layer not in norms]
    head = sorted([*linears, *inside], key=lambda layer: natural(layer.name)) if inside else linears
    chained = all(one.width == two.width_in for one, two in itertools.pairwise(blocks))
    heads = any(_is_chain(head, width) for width in (last.width, 2 * last.width))
    if not chained or stem.width != first.width_in or not heads:
        return None
    stem_norm = last_norm = None
    for norm in norms:
        if last_norm is None and norm.width == last.width and (first.before or stem_norm or norm.width != stem.width):
            last_norm = norm
        elif stem_norm is None and norm.width == stem.width:
            stem_norm = norm
        else:
            return None
    return ResidualPlan(stem, stem_norm, tuple(blocks), last_norm, tuple(head), normalise[0] if normalise else None)


def _is_chain(head: list[Layer], width: int) -> bool:
    for layer in head:
        if layer.shape[-1] != width:
            return False
        width = layer.width
    return head[-1].kind == "linear"


def _block_of(layer: Layer) -> str:
    """The block that a layer stands in: its name up to the last number that a word follows."""
    path = layer.path
    ends = [place + 1 for place in range(len(path) - 1) if path[place].isdigit() and not path[place + 1].isdigit()]
    return ".".join(path[: ends[-1]]) if ends else ""


def _block(name: str, layers: list[Layer]) -> Block | None:
    layers = sorted(layers, key=lambda layer: natural(layer.name))
    side = [layer for layer in layers if _is_shortcut(name, layer)]
    main = [layer for layer in layers if layer not in side]
    convs = tuple(layer for layer in main if layer.kind == "conv")
    norms = tuple(layer for layer in main if layer.kind == "norm")
    if len(convs) + len(norms) != len(main) or len(convs) != len(norms) or len(convs) not in (2, 3):
        return None
    kernels = [conv.kernel for conv in convs]
    if kernels not in ([3, 3], [1, 3, 1]):
        return None
    width = convs[0].shape[1]
    behind = [norm.width for norm in norms] == [conv.width for conv in convs]
    before = [norm.width for norm in norms] == [width, *(conv.width for conv in convs[:-1])]
    if not (behind or before) or sum(layer.kind == "conv" for layer in side) > 1 or len(side) > 2:
        return None
    shortcut = tuple(sorted(side, key=lambda layer: layer.kind != "conv"))
    return Block(convs, norms, shortcut, before and not behind)


def _is_shortcut(block: str, layer: Layer) -> bool:
    inside = layer.name.removeprefix(f"{block}.")
    return inside.startswith(_SHORTCUT)


class Residual(Named):
    """The net of a plan. Input ``(N, C, H, W) float``, output logits ``(N, K)``.

    :param stride: of the stem.
    :param pooling: the stem ends with 3x3 max pooling by two.
    """

    def __init__(self, plan: ResidualPlan, stride: int, pooling: bool, classes: int) -> None:
        super().__init__()
        self._plan, self._pooling = plan, pooling
        if plan.normalise is not None:
            second = "std" if plan.normalise.bias else "var"
            self.put(plan.normalise.name, Normalise(plan.normalise.shape, second))
        self._conv(plan.stem, stride, 1)
        for norm in (plan.stem_norm, plan.last_norm):
            if norm is not None:
                self.put(norm.name, nn.BatchNorm2d(norm.width))
        self._strides = list(_strides(plan.blocks))
        for block, step in zip(plan.blocks, self._strides, strict=True):
            width = block.width_in
            # of a bottleneck, the 3x3 convolution strides
            strided = 0 if len(block.convs) == 2 else 1
            for place, conv in enumerate(block.convs):
                self._conv(conv, step if place == strided else 1, width // conv.shape[1])
                width = conv.width
            for norm in block.norms:
                self.put(norm.name, nn.BatchNorm2d(norm.width))
            for layer in block.shortcut:
                if layer.kind == "conv":
                    self._conv(layer, step, 1)
                else:
                    self.put(layer.name, nn.BatchNorm2d(layer.width))
        for layer in plan.head:
            out = classes if layer is plan.head[-1] else layer.width
            is_norm = layer.kind == "norm"
            self.put(layer.name, nn.BatchNorm1d(out) if is_norm else nn.Linear(layer.shape[1], out, bias=layer.bias))

    def _conv(self, layer: Layer, stride: int, groups: int) -> None:
        width, inside, kernel, across = layer.shape
        padding = (kernel // 2, across // 2)
        convolution = nn.Conv2d(
            inside * groups, width, (kernel, across), stride, padding, groups=groups, bias=layer.bias
        )
        nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
        self.put(layer.name, convolution)

    def _call(self, layer: Layer, x: Tensor) -> Tensor:
        result: Tensor = self.get_submodule(layer.name)(x)
        return result

    def forward(self, x: Tensor) -> Tensor:
        plan = self._plan
        if plan.normalise is not None:
            x = self._call(plan.normalise, x)
        x = self._call(plan.stem, x)
        if plan.stem_norm is not None:
            x = self._call(plan.stem_norm, x)
        if plan.stem_norm is not None or not plan.blocks[0].before:
            x = torch.relu(x)
        if self._pooling:
            x = nn.functional.max_pool2d(x, 3, 2, 1)
        for block in plan.blocks:
            x = self._before(block, x) if block.before else self._after(block, x)
        if plan.last_norm is not None:
            x = torch.relu(self._call(plan.last_norm, x))
        x = torch.cat([x.amax(dim=(2, 3)), x.mean(dim=(2, 3))], 1) if plan.both else x.mean(dim=(2, 3))
        return self._head(x)

    def _head(self, x: Tensor) -> Tensor:
        """Linear layers with ReLU between: before a normalisation where a number is missing before it, else behind."""
        waiting = False  # a linear layer's output that is still to be cut off at zero
        for before, layer in zip((None, *self._plan.head), self._plan.head, strict=False):
            close = before is not None and _numbers_touch(before, layer)
            if waiting and not (layer.kind == "norm" and close):
                x, waiting = torch.relu(x), False
            x = self._call(layer, x)
            waiting = waiting or layer.kind == "linear"
        return x

    def _after(self, block: Block, x: Tensor) -> Tensor:
        y, last = x, len(block.convs) - 1
        for place, (conv, norm) in enumerate(zip(block.convs, block.norms, strict=True)):
            y = self._call(norm, self._call(conv, y))
            y = y if place == last else torch.relu(y)
        return torch.relu(y + self._shortcut(block, x))

    def _before(self, block: Block, x: Tensor) -> Tensor:
        y = x
        for place, (conv, norm) in enumerate(zip(block.convs, block.norms, strict=True)):
            y = torch.relu(self._call(norm, y))
            if place == 0 and block.shortcut:
                x = y
            y = self._call(conv, y)
        return y + self._shortcut(block, x)

    def _shortcut(self, block: Block, x: Tensor) -> Tensor:
        for layer in block.shortcut:
            x = self._call(layer, x)
        if not block.shortcut and block.width != block.width_in:
            stride = self._strides[self._plan.blocks.index(block)]
            more = block.width - block.width_in
            x = nn.functional.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, more // 2, more - more // 2))
        return x


def _numbers_touch(one: Layer, two: Layer) -> bool:
    last, following = one.path[-1], two.path[-1]
    return not (last.isdigit() and following.isdigit()) or int(following) == int(last) + 1


def _strides(blocks: tuple[Block, ...]) -> Iterable[int]:
    """Every stage but the first halves the picture; a stage begins where the width changes."""
    for place, block in enumerate(blocks):
        yield 1 if place == 0 or (block.width, block.inner) == (blocks[place - 1].width, blocks[place - 1].inner) else 2


_FORMS: Mapping[int, tuple[tuple[int, bool], ...]] = {
    3: ((1, False), (1, True), (2, True), (2, False)),
    5: ((1, False), (2, False), (1, True), (2, True)),
    7: ((2, True), (2, False), (1, True), (1, False)),
}
"""By the stem's kernel: strides and pooling, the likeliest first."""


def recognised(evidence: Evidence) -> Iterator[Fit]:
    """The forms that a residual net of these tensors may have."""
    plan = planned(evidence.shapes)
    if plan is None:
        return
    for doubt, (stride, pooling) in enumerate(_FORMS.get(plan.stem.kernel, _FORMS[3])):
        why = (
            f"a residual net of {len(plan.blocks)} blocks by its shapes; "
            f"the stem strides by {stride}, {'with' if pooling else 'without'} pooling"
        )
        yield Fit(plan.name, {"pooling": pooling, "stride": stride}, plan.head[-1].width, why, doubt + 0.5)


def built(shapes: Shapes, classes: int, stride: int, pooling: bool) -> Residual | None:
    """The net of these tensors."""
    plan = planned(shapes)
    return None if plan is None else Residual(plan, stride, pooling, classes)
