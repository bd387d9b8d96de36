"""timm's classifiers by name, without their weights: well over a thousand (``timm/resnet18.a1_in1k`` as well)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from maga_desk.domain.choices import FamilyInfo
from maga_desk.domain.errors import CheckpointError
from maga_desk.models.families.family import Family
from maga_desk.models.families.libraries import NetLibrary


def _architectures() -> Mapping[str, str]:
    import timm

    return dict.fromkeys(timm.list_models(), "")


def _create(name: str, classes: int, size: int | None = None, **own: Any) -> nn.Module:
    import timm

    plain = name.partition(".")[0]
    if not timm.is_model(plain):
        raise CheckpointError(f"timm has no model '{name}'")
    sized: dict[str, Any] = {} if size is None else {"img_size": size}
    try:
        model: nn.Module = timm.create_model(plain, pretrained=False, num_classes=classes, **sized, **own)
    except (TypeError, AssertionError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"timm/{name} cannot be built with {own | sized}", where="[model] arch") from error
    return model


def _names(said: str) -> list[str]:
    import timm

    plain = said.removeprefix("hf-hub:").removeprefix("hf_hub:").removeprefix("timm/").partition(".")[0]
    return [name for name in dict.fromkeys((plain, plain.lower())) if timm.is_model(name)]


LIBRARY = NetLibrary("timm/", "timm", _create, _names)

FAMILY = Family(
    info=FamilyInfo(
        name="timm",
        title="timm",
        summary="The classifiers of the library timm (PyTorch Image Models) by their names there.",
        prefix="timm/",
    ),
    architectures=_architectures,
    build=LIBRARY.build,
    recognise=LIBRARY.recognise,
)
