"""What a family of classifiers is to the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import nn

from maga_desk.domain.choices import FamilyInfo


@dataclass(frozen=True)
class Family:
    """A family with its code. Names are those of :mod:`~maga_desk.models.families.registry` without the prefix.

    :param architectures: the architectures' names with a short description each, in the order in which they are
        offered; called anew at each question.
    :param build: ``(name, K)`` gives a net with K outputs, freshly initialised from torch's current random state. It
        downloads nothing, and raises :class:`~maga_desk.domain.errors.CheckpointError` for an unknown name.
    """

    info: FamilyInfo
    architectures: Callable[[], Mapping[str, str]]
    build: Callable[[str, int], nn.Module]
