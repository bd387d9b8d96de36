"""torchvision's classifiers by name, without their weights.

Its package is imported where it is used: it brings torch's compiler along, which takes as long to import as torch.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor, nn

from maga_desk.domain.choices import FamilyInfo
from maga_desk.domain.errors import CheckpointError
from maga_desk.models.families.family import Family
from maga_desk.models.families.libraries import NetLibrary

_AUXILIARY = ("googlenet", "inception_v3")
"""Nets that have further classifiers in their midst, which only their own training uses."""


def _architectures() -> Mapping[str, str]:
    from torchvision import models

    return {name: _size(models.get_model_weights(name)) for name in models.list_models(module=models)}


def _size(weights: Iterable[Any]) -> str:
    """``11.7 M parameters``, from what torchvision notes beside its weights for 1,000 classes."""
    count = next((int(each.meta["num_params"]) for each in weights), None)
    return "" if count is None else f"{count / 1e6:.1f} M parameters with 1,000 classes"


def _create(name: str, classes: int, size: int | None = None, **own: Any) -> nn.Module:
    from torchvision import models

    if name in _AUXILIARY:
        own = {"aux_logits": False, "init_weights": True, **own}
    try:
        builder = models.get_model_builder(name)
        if size is not None and not name.startswith("vit_"):
            raise CheckpointError(f"torchvision/{name} has no size of its own", where="[model] arch")
        sized = {} if size is None else {"image_size": size}
        model: nn.Module = builder(weights=None, num_classes=classes, **sized, **own)
    except ValueError as error:
        raise CheckpointError(f"torchvision has no model '{name}'") from error
    except TypeError as error:
        raise CheckpointError(f"torchvision/{name} cannot be built with {own}", where="[model] arch") from error
    return _plain(model)


def _plain(model: nn.Module) -> nn.Module:
    """A net that gives a tensor in training mode as well: the outputs of further classifiers are left out."""
    if "Outputs" not in str(inspect.signature(type(model).forward).return_annotation):
        return model
    kind = type(model)
    model.__class__ = type(kind.__name__, (kind,), {"forward": _logits_alone, "_forward_of": kind.forward})
    return model


def _logits_alone(self: Any, x: Tensor) -> Tensor:
    outputs = self._forward_of(x)
    logits: Tensor = outputs if isinstance(outputs, Tensor) else outputs.logits
    return logits


def _names(said: str) -> list[str]:
    from torchvision import models

    plain = said.lower().replace("-", "_").removeprefix("torchvision/")
    known = set(models.list_models(module=models))
    return [plain] if plain in known else []


LIBRARY = NetLibrary("torchvision/", "torchvision", _create, _names, spare=("aux1.", "aux2.", "AuxLogits."))

FAMILY = Family(
    info=FamilyInfo(
        name="torchvision",
        title="torchvision",
        summary="The classifiers of torchvision.models, most of them for pictures of 224 x 224 pixels.",
        prefix="torchvision/",
    ),
    architectures=_architectures,
    build=LIBRARY.build,
    recognise=LIBRARY.recognise,
    translated=LIBRARY.translated,
    spare=LIBRARY.spare,
)
