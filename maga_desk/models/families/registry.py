"""All architectures by name: each is its family's prefix and its name in the family (``torchvision/resnet18``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import Tensor, nn

from maga_desk.domain import architecture
from maga_desk.domain.choices import ArchitectureInfo
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.registry import Registry
from maga_desk.models.families import hugging_face, own_code, resnet, timm, torchvision
from maga_desk.models.families.family import Evidence, Family, Fit, Shapes
from maga_desk.models.families.renaming import by_order, names_by_order
from maga_desk.models.families.structure import family as structure

FAMILIES = Registry(
    "family",
    "maga_desk.families",
    (resnet.FAMILY, torchvision.FAMILY, timm.FAMILY, hugging_face.FAMILY, structure.FAMILY, own_code.FAMILY),
    kind=Family,
    where="[model] arch",
    error=CheckpointError,
)
"""In the order in which they are offered."""

ARCHITECTURE = "architecture"
"""Under which attribute a net that was built here says its architecture's text."""


def architectures(pattern: str = "*") -> list[ArchitectureInfo]:
    """Every architecture whose name fits a shell pattern (``resnet*``), family by family."""
    return [
        ArchitectureInfo(family.info.prefix + name, family.info.name, summary)
        for family in FAMILIES.values()
        for name, summary in family.architectures().items()
        if fnmatchcase(family.info.prefix + name, pattern)
    ]


def recognised(evidence: Evidence) -> list[tuple[str, Fit]]:
    """The architectures that have exactly the evidence's tensors, the likeliest first, each with its full text; where
    there are none, those that have their shapes in the same order, under other names.
    """
    found = [
        (architecture.join(family.info.prefix + fit.name, fit.options), fit)
        for family in FAMILIES.values()
        if family.recognise is not None
        for fit in family.recognise(evidence)
    ]
    return sorted(found or by_order(evidence.shapes), key=lambda each: each[1].doubt)


def build(arch: str, classes: int, shapes: Shapes | None = None) -> nn.Module:
    """A freshly initialised net with ``classes`` outputs. Nothing is downloaded.

    :param arch: its text (:mod:`maga_desk.domain.architecture`).
    :param shapes: of a checkpoint's tensors, for architectures that are built from them.
    :raises CheckpointError: no architecture has this name, or its options do not fit it.
    """
    arch = own_code.full_text(arch)
    try:
        name, options = architecture.split(arch)
    except ValueError as error:
        raise CheckpointError(f"'{arch}' is no architecture", where="[model] arch") from error
    family, inside = _family_of(name)
    more: Mapping[str, Any] = {"shapes": shapes} if family.info.by_tensors else {}
    model = family.build(inside, classes, **options, **more)
    setattr(model, ARCHITECTURE, arch)
    return model


def full_text(arch: str) -> str:
    """The text under which a named architecture is written down.

    :raises CheckpointError: it is a Python file that is not there.
    """
    return own_code.full_text(arch)


def translated(model: nn.Module, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """A file's tensors under the names that a net of :func:`build` has.

    :raises CheckpointError: they are not this net's.
    """
    family, _ = _family_of(architecture.split(text_of(model))[0])
    if state.keys() == model.state_dict().keys():
        return state
    names = names_by_order(shapes_of(model), {name: tuple(tensor.shape) for name, tensor in state.items()})
    if names is not None:
        return {name: state[theirs] for name, theirs in names.items()}
    return state if family.translated is None else family.translated(model, state)


def spare_parts(arch: str, names: Iterable[str]) -> tuple[str, ...]:
    """The modules that only a library's own training uses, of which a file has tensors of these names.

    :raises CheckpointError: there is no such architecture.
    """
    family, _ = _family_of(architecture.split(arch)[0])
    names = list(names)
    return tuple(each.rstrip(".") for each in family.spare if any(name.startswith(each) for name in names))


def _family_of(name: str) -> tuple[Family, str]:
    """The family of an architecture, and its name in there."""
    for family in FAMILIES.values():
        prefix = family.info.prefix
        inside = name.removeprefix(prefix)
        if name.startswith(prefix) and (prefix or inside in family.architectures()):
            return family, inside
    raise CheckpointError(f"no architecture is called '{name}'", where="[model] arch", todo=f"known: {_known()}")


def build_like(model: nn.Module, classes: int) -> nn.Module:
    """A freshly initialised net of the same architecture as one that :func:`build` made."""
    return build(text_of(model), classes, shapes_of(model))


def text_of(model: nn.Module) -> str:
    """The text of a net's architecture.

    :raises AttributeError: it was not built by :func:`build`.
    """
    return str(getattr(model, ARCHITECTURE))


def channels_of(model: nn.Module) -> int:
    """How many channels its pictures have: those of its first convolution, three where it has none."""
    first = next((module for module in model.modules() if isinstance(module, nn.Conv2d)), None)
    return 3 if first is None else first.in_channels


def shapes_of(model: nn.Module) -> Shapes:
    """The shapes of a net's tensors by name, as in its state dict."""
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def shapes(name: str, classes: int) -> Shapes:
    """The shapes of an architecture's tensors by name; torch's random state stays as it is.

    :raises CheckpointError: no architecture has this name.
    """
    try:
        with torch.device("meta"):
            net = build(name, classes)
    except NotImplementedError:  # some compute their widths with tensors (RegNet): those need memory
        with torch.random.fork_rng(devices=[]):
            net = build(name, classes)
    return shapes_of(net)


def _known() -> str:
    """What can be named, short enough for an error: single names, or a family's prefix."""
    names: list[str] = []
    for family in FAMILIES.values():
        prefix = family.info.prefix
        names += [f"{prefix}NAME"] if prefix and not family.info.by_tensors else family.architectures()
    return ", ".join(names)
