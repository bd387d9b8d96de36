"""torchvision's classifiers by name, without their weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torchvision
from torch import nn

from maga_desk.domain.choices import FamilyInfo
from maga_desk.domain.errors import CheckpointError
from maga_desk.models.families.family import Family


def _architectures() -> Mapping[str, str]:
    models = torchvision.models
    return {name: _size(models.get_model_weights(name)) for name in models.list_models(module=models)}


def _size(weights: Iterable[Any]) -> str:
    """``11.7 M parameters``, from what torchvision notes beside its weights for 1,000 classes."""
    count = next((int(each.meta["num_params"]) for each in weights), None)
    return "" if count is None else f"{count / 1e6:.1f} M parameters with 1,000 classes"


def _build(name: str, classes: int) -> nn.Module:
    try:
        model: nn.Module = torchvision.models.get_model(name, weights=None, num_classes=classes)
    except ValueError as error:
        raise CheckpointError(f"torchvision has no model '{name}'") from error
    return model


FAMILY = Family(
    info=FamilyInfo(
        name="torchvision",
        title="torchvision",
        summary="The classifiers of torchvision.models, most of them for pictures of 224 x 224 pixels.",
        prefix="torchvision/",
    ),
    architectures=_architectures,
    build=_build,
)
