"""Classifiers: small residual nets for small pictures, and torchvision's by name.

The residual nets follow He et al., "Deep Residual Learning for Image Recognition" (CVPR 2016), section 4.2, with
projection shortcuts; ``resnet18`` is the usual CIFAR form of the ImageNet net (3x3 stem, no pooling).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
import torchvision
from torch import Tensor, nn

from maga_desk.domain.errors import CheckpointError

TORCHVISION = "torchvision/"


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut; a 1x1 projection where the shape changes."""

    def __init__(self, width_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or width_in != width:
            self.shortcut = nn.Sequential(nn.Conv2d(width_in, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


class ResNet(nn.Module):
    """Stem, stages of residual blocks, global average pooling, a linear head.

    Input ``(N, 3, H, W) float``, output logits ``(N, K)``.
    """

    def __init__(self, widths: Sequence[int], depths: Sequence[int], classes: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, widths[0], 3, 1, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU())
        stages: list[nn.Module] = []
        before = widths[0]
        for position, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            strides = [1 if position == 0 else 2] + [1] * (depth - 1)
            blocks = []
            for stride in strides:
                blocks.append(ResidualBlock(before, width, stride))
                before = width
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)
        self.head = nn.Linear(before, classes)

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.head(self.stages(self.stem(x)).mean(dim=(2, 3)))
        return outputs


@dataclass(frozen=True)
class Architecture:
    """A named net. ``build(K)`` gives it freshly initialised from torch's current random state."""

    name: str
    summary: str
    build: Callable[[int], nn.Module]


def _resnet(name: str, widths: Sequence[int], depths: Sequence[int], summary: str) -> Architecture:
    return Architecture(name, summary, lambda classes: ResNet(widths, depths, classes))


ARCHITECTURES: Mapping[str, Architecture] = {
    entry.name: entry
    for entry in (
        _resnet("resnet8", (16, 32, 64), (1, 1, 1), "three residual blocks, widths 16-32-64, 0.08 M parameters"),
        _resnet("resnet8-wide", (40, 80, 160), (1, 1, 1), "three residual blocks, widths 40-80-160, 0.5 M parameters"),
        _resnet("resnet20", (16, 32, 64), (3, 3, 3), "nine residual blocks, widths 16-32-64, 0.27 M parameters"),
        _resnet("resnet18", (64, 128, 256, 512), (2, 2, 2, 2), "eight residual blocks, 11 M parameters"),
    )
}


def known_architectures() -> list[str]:
    """Names that ``[model] arch`` accepts, torchvision's classifiers last."""
    vision = torchvision.models.list_models(module=torchvision.models)
    return [*ARCHITECTURES, *(TORCHVISION + name for name in vision)]


def build(name: str, classes: int) -> nn.Module:
    """A freshly initialised net with ``classes`` outputs. Nothing is downloaded.

    :raises CheckpointError: no architecture has this name.
    """
    if name in ARCHITECTURES:
        return ARCHITECTURES[name].build(classes)
    if name.startswith(TORCHVISION):
        try:
            model: nn.Module = torchvision.models.get_model(
                name.removeprefix(TORCHVISION), weights=None, num_classes=classes
            )
        except ValueError as error:
            raise CheckpointError(f"torchvision has no model '{name.removeprefix(TORCHVISION)}'") from error
        return model
    raise CheckpointError(
        f"no architecture is called '{name}'",
        where="[model] arch",
        todo=f"known: {', '.join(ARCHITECTURES)}, and torchvision/NAME",
    )


def head_of(model: nn.Module) -> nn.Linear:
    """The last linear layer: its input are the penultimate features.

    :raises CheckpointError: the net has no linear layer.
    """
    linears = [module for module in model.modules() if isinstance(module, nn.Linear)]
    if not linears:
        raise CheckpointError("the model has no linear head", todo="features cannot be read from it")
    return linears[-1]


def count_parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())
