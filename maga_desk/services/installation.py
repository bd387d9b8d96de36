"""What this installation can do; asking for all of it is what brings torch in."""

from __future__ import annotations

from collections.abc import Generator

from maga_desk.domain.choices import ProposerInfo, SourceInfo
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Ended, Event, Message, Progress, Started
from maga_desk.domain.installation import Installation


def proposers() -> dict[str, ProposerInfo]:
    """Every proposer's record by name, in the order in which they are offered."""
    from maga_desk.guidance.registry import PROPOSERS

    return {name: proposer.info for name, proposer in PROPOSERS.items()}


def sources(*, ours: bool = False) -> dict[str, SourceInfo]:
    """Every source's record by name, likewise.

    :param ours: the program's alone: at once, as no package is imported.
    """
    from maga_desk.data.sources.registry import SOURCES

    return {name: source.info for name, source in (SOURCES.own if ours else SOURCES).items()}


def warm_up(control: RunControl) -> Generator[Event, None, Installation]:
    """Import the engine; ``Message`` names each installed record that could not be used.

    :returns: all that can be chosen here.
    """
    yield Started("Starting the engine")
    yield Progress("Starting the engine", 0, 0)
    import torch  # noqa: F401 - what takes longest, so that cancelling is heard right after it

    control.checkpoint()
    from maga_desk.data.sources.registry import SOURCES
    from maga_desk.engine.registry import METHODS
    from maga_desk.guidance.registry import PROPOSERS
    from maga_desk.models.families.registry import FAMILIES, architectures
    from maga_desk.models.formats.registry import FORMATS
    from maga_desk.models.runtime import Runtime, choose_device

    registries = (METHODS, SOURCES, PROPOSERS, FORMATS, FAMILIES)
    problems = tuple(problem for registry in registries for problem in registry.problems)
    for problem in problems:
        yield Message(problem, "warning")
    yield Ended("finished")
    return Installation(
        methods=tuple(method.info for method in METHODS.values()),
        proposers=proposers(),
        sources=sources(),
        formats=tuple(form.info for form in FORMATS.values()),
        architectures=tuple(architectures()),
        device=Runtime(choose_device()).device_title,
        problems=problems,
    )
