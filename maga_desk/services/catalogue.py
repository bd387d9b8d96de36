"""What this installation can do; asking for it is what brings torch in."""

from __future__ import annotations

from collections.abc import Iterator

from maga_desk.domain.choices import ProposerInfo, SourceInfo
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Ended, Event, Progress, Started


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


def warm_up(control: RunControl) -> Iterator[Event]:
    """Import the engine. ``Ended.summary``: ``methods`` (a list of ``MethodInfo``), ``proposers`` and ``sources``
    (records by name), ``architectures``, ``device`` and ``torch`` (texts).
    """
    yield Started("Starting the engine")
    yield Progress("Starting the engine", 0, 0)
    import torch

    control.checkpoint()
    from maga_desk.engine.registry import METHODS
    from maga_desk.models.families.registry import architectures
    from maga_desk.models.runtime import Runtime, choose_device

    yield Ended(
        "finished",
        {
            "methods": [method.info for method in METHODS.values()],
            "proposers": proposers(),
            "sources": sources(),
            "architectures": [each.name for each in architectures()],
            "device": Runtime(choose_device()).device_title,
            "torch": torch.__version__,
        },
    )
