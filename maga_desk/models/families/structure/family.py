"""The family of nets that are built from the names and shapes of their tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import nn

from maga_desk.domain.choices import FamilyInfo
from maga_desk.domain.errors import CheckpointError
from maga_desk.models.families.family import Evidence, Family, Fit, Shapes
from maga_desk.models.families.structure import plain, residual


def _recognise(evidence: Evidence) -> Iterator[Fit]:
    yield from residual.recognised(evidence)
    yield from plain.recognised(evidence)


def _build(name: str, classes: int, shapes: Shapes | None = None, **options: Any) -> nn.Module:
    net: nn.Module | None = None
    if shapes is not None and name.startswith("residual-"):
        net = residual.built(shapes, classes, int(options.get("stride", 1)), bool(options.get("pooling", False)))
    elif shapes is not None and name.startswith("plain-"):
        net = plain.built(shapes, classes, str(options.get("pools", "")), bool(options.get("padded", False)))
    if net is None:
        raise CheckpointError(
            f"'{name}' is built from the tensors of a checkpoint", todo="give the checkpoint, or an architecture's name"
        )
    return net


FAMILY = Family(
    info=FamilyInfo(
        name="structure",
        title="By its structure",
        summary="Residual and plain nets of any naming, built from the names and shapes of a checkpoint's tensors.",
        prefix="structure/",
        by_tensors=True,
    ),
    architectures=dict,
    build=_build,
    recognise=_recognise,
)
