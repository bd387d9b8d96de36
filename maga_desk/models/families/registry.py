"""All architectures by name: each is its family's prefix and its name in the family (``torchvision/resnet18``)."""

from __future__ import annotations

from fnmatch import fnmatchcase

import torch
from torch import nn

from maga_desk.domain.choices import ArchitectureInfo
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.registry import Registry
from maga_desk.models.families import resnet, torchvision
from maga_desk.models.families.family import Family

FAMILIES = Registry(
    "family",
    "maga_desk.families",
    (resnet.FAMILY, torchvision.FAMILY),
    kind=Family,
    where="[model] arch",
    error=CheckpointError,
)
"""In the order in which they are offered."""


def architectures(pattern: str = "*") -> list[ArchitectureInfo]:
    """Every architecture whose name fits a shell pattern (``resnet*``), family by family."""
    return [
        ArchitectureInfo(family.info.prefix + name, family.info.name, summary)
        for family in FAMILIES.values()
        for name, summary in family.architectures().items()
        if fnmatchcase(family.info.prefix + name, pattern)
    ]


def recognisable() -> list[str]:
    """The architectures that a checkpoint without a name is tried with."""
    families = {family.info.name for family in FAMILIES.values() if family.info.recognised}
    return [each.name for each in architectures() if each.family in families]


def build(name: str, classes: int) -> nn.Module:
    """A freshly initialised net with ``classes`` outputs. Nothing is downloaded.

    :raises CheckpointError: no architecture has this name.
    """
    for family in FAMILIES.values():
        prefix = family.info.prefix
        inside = name.removeprefix(prefix)
        if name.startswith(prefix) and (prefix or inside in family.architectures()):
            return family.build(inside, classes)
    raise CheckpointError(f"no architecture is called '{name}'", where="[model] arch", todo=f"known: {_known()}")


def shapes(name: str, classes: int) -> dict[str, tuple[int, ...]]:
    """The shapes of an architecture's tensors by name, as in its state dict; torch's random state stays as it is.

    :raises CheckpointError: no architecture has this name.
    """
    try:
        with torch.device("meta"):
            net = build(name, classes)
    except NotImplementedError:  # some compute their widths with tensors (RegNet): those need memory
        with torch.random.fork_rng(devices=[]):
            net = build(name, classes)
    return {key: tuple(tensor.shape) for key, tensor in net.state_dict().items()}


def _known() -> str:
    """What can be named, short enough for an error: single names, or a family's prefix."""
    names: list[str] = []
    for family in FAMILIES.values():
        prefix = family.info.prefix
        names += [f"{prefix}NAME"] if prefix else family.architectures()
    return ", ".join(names)
