"""A family of classifiers: perceptrons on small pictures."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from maga_desk.domain.choices import FamilyInfo
from maga_desk.domain.errors import CheckpointError
from maga_desk.models.families.family import Family

WIDTHS = {"small": 16, "large": 64}


def architectures() -> Mapping[str, str]:
    return {name: f"one hidden layer of {width}" for name, width in WIDTHS.items()}


def build(name: str, classes: int) -> nn.Module:
    if name not in WIDTHS:
        raise CheckpointError(f"there is no perceptron '{name}'", todo=f"known: {', '.join(WIDTHS)}")
    width = WIDTHS[name]
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(48, width), nn.ReLU(), nn.Linear(width, classes)
    )


FAMILY = Family(
    FamilyInfo(
        name="perceptron",
        title="Perceptrons",
        summary="Two linear layers on pictures of 4 x 4 pixels.",
        prefix="perceptron/",
    ),
    architectures,
    build,
)
