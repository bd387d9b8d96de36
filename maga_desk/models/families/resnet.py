"""Small residual nets for small pictures.

They follow He et al., "Deep Residual Learning for Image Recognition" (CVPR 2016), section 4.2, with projection
shortcuts; ``resnet18`` is the usual CIFAR form of the ImageNet net (3x3 stem, no pooling).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from maga_desk.domain.choices import FamilyInfo
from maga_desk.domain.errors import CheckpointError
from maga_desk.models.families.family import Evidence, Family, Fit


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


_SHAPES: Mapping[str, tuple[Sequence[int], Sequence[int], str]] = {
    "resnet8": ((16, 32, 64), (1, 1, 1), "three residual blocks, widths 16-32-64, 0.08 M parameters"),
    "resnet8-wide": ((40, 80, 160), (1, 1, 1), "three residual blocks, widths 40-80-160, 0.5 M parameters"),
    "resnet20": ((16, 32, 64), (3, 3, 3), "nine residual blocks, widths 16-32-64, 0.27 M parameters"),
    "resnet18": ((64, 128, 256, 512), (2, 2, 2, 2), "eight residual blocks, 11 M parameters"),
}
"""By name: the stages' widths, their numbers of blocks, and a description."""


def _architectures() -> Mapping[str, str]:
    return {name: summary for name, (_, _, summary) in _SHAPES.items()}


def _recognise(evidence: Evidence) -> Iterator[Fit]:
    head = evidence.shapes.get("head.weight")
    if head is None or len(head) != 2:
        return
    for name in _SHAPES:
        with torch.device("meta"):
            net = _build(name, head[0])
        own = {key: tuple(tensor.shape) for key, tensor in net.state_dict().items()}
        if all(own.get(key) == shape for key, shape in evidence.shapes.items()) and all(
            key in evidence.shapes or key.endswith("num_batches_tracked") for key in own
        ):
            yield Fit(name, {}, head[0], f"this program's {name} by its names and shapes")


def _build(name: str, classes: int) -> nn.Module:
    if name not in _SHAPES:
        raise CheckpointError(f"no residual net is called '{name}'", todo=f"known: {', '.join(_SHAPES)}")
    widths, depths, _ = _SHAPES[name]
    return ResNet(widths, depths, classes)


FAMILY = Family(
    info=FamilyInfo(
        name="resnet",
        title="Residual nets for small pictures",
        summary="Nets of our own code, from He et al. (CVPR 2016), for pictures of about 32 x 32 pixels.",
    ),
    architectures=_architectures,
    build=_build,
    recognise=_recognise,
)
