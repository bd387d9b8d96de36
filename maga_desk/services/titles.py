"""Short names for people."""

from __future__ import annotations

from pathlib import Path

from maga_desk.domain.specs.run import DataSpec, RunSpec


def session_title(spec: RunSpec) -> str:
    """What a session is about: ``forget cat in cifar10``."""
    return f"forget {spec.forget.title() or 'nothing yet'} in {_pictures_title(spec.data)}"


def _pictures_title(data: DataSpec) -> str:
    """The name of the folder or file, else the source's title."""
    from maga_desk.data.sources.registry import SOURCES

    if data.source not in SOURCES or SOURCES[data.source].info.path:
        return Path(data.path or "pictures").name
    title = SOURCES[data.source].info.title
    return title[:1].lower() + title[1:]
