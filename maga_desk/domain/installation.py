"""What an installation can do: everything that can be chosen, as records without code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from maga_desk.domain.choices import ArchitectureInfo, FormatInfo, ProposerInfo, SourceInfo
from maga_desk.domain.methods import MethodInfo


@dataclass(frozen=True)
class Installation:
    """Everything that can be chosen here, in the order in which it is offered; empty before the engine was started.

    :param proposers: by name; likewise ``sources``.
    :param device: the machine's device in words.
    :param problems: a line for each record of an installed package that could not be used.
    """

    methods: tuple[MethodInfo, ...] = ()
    proposers: Mapping[str, ProposerInfo] = field(default_factory=dict)
    sources: Mapping[str, SourceInfo] = field(default_factory=dict)
    formats: tuple[FormatInfo, ...] = ()
    architectures: tuple[ArchitectureInfo, ...] = ()
    device: str = ""
    problems: tuple[str, ...] = ()
