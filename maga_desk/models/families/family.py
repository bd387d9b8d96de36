"""What a family of classifiers is to the program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from maga_desk.domain.choices import FamilyInfo

Shapes = Mapping[str, tuple[int, ...]]
"""A net's tensors by name: their shapes."""


@dataclass(frozen=True)
class Evidence:
    """What is known of a net whose architecture is looked for.

    :param shapes: of its tensors, in the order of the file.
    :param named: names of architectures that the file says, likeliest first (``resnet18``), in the words of what wrote
        it.
    :param config: what a ``config.json`` beside it says.
    """

    shapes: Shapes
    named: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fit:
    """An architecture whose tensors are those of the evidence.

    :param name: the architecture's name in its family.
    :param options: what else is needed to build it.
    :param classes: K, the number of outputs.
    :param why: what was found, in a few words for people ("torchvision's names and shapes, with a 3x3 stem").
    :param doubt: shapes do not tell it from the net that it is: strides, pooling, activations. The smaller, the
        likelier; 0 where a name said it or nothing else has these tensors.
    """

    name: str
    options: Mapping[str, Any]
    classes: int
    why: str
    doubt: float = 0.0


@dataclass(frozen=True)
class Family:
    """A family with its code. Names are those of :mod:`~maga_desk.models.families.registry` without the prefix.

    :param architectures: the architectures' names with a short description each, in the order in which they are
        offered; called anew at each question.
    :param build: ``(name, K, **options)`` gives a net with K outputs, freshly initialised from torch's current random
        state. It downloads nothing, and raises :class:`~maga_desk.domain.errors.CheckpointError` for an unknown name.
    :param recognise: the architectures of this family that have exactly the evidence's tensors, likeliest first.
    :param translated: ``(net, tensors)`` gives a file's tensors under the net's own names, where the library's files
        have others; it raises :class:`~maga_desk.domain.errors.CheckpointError` where they are not this net's.
    :param spare: how the names of tensors begin that only the library's own training uses; nets here lack them.
    """

    info: FamilyInfo
    architectures: Callable[[], Mapping[str, str]]
    build: Callable[..., nn.Module]
    recognise: Callable[[Evidence], Iterable[Fit]] | None = None
    translated: Callable[[nn.Module, Mapping[str, Tensor]], Mapping[str, Tensor]] | None = None
    spare: tuple[str, ...] = ()
