"""Short names for people."""

from __future__ import annotations

from pathlib import Path

from maga_desk.domain.errors import name_some
from maga_desk.domain.specs.run import DataSpec, RunSpec


def session_title(spec: RunSpec) -> str:
    """What a session is about: ``forget cat in cifar10``."""
    return f"forget {forget_title(spec)} in {_pictures_title(spec.data)}"


def _pictures_title(data: DataSpec) -> str:
    """The name of the folder or file, else the source's title."""
    from maga_desk.data.sources.registry import SOURCES

    if data.source not in SOURCES or SOURCES[data.source].info.path:
        return Path(data.path or "pictures").name
    title = SOURCES[data.source].info.title
    return title[:1].lower() + title[1:]


def forget_title(spec: RunSpec) -> str:
    """What must go: ``cat``, ``mug and 12 pictures``, ``5 % of the pictures``."""
    parts = [*spec.forget.classes, *spec.forget.kinds]
    text = [name_some(parts, 3)] if parts else []
    if spec.forget.pictures:
        count = len(spec.forget.pictures)
        text.append("1 picture" if count == 1 else f"{count:,} pictures")
    if spec.forget.files:
        text.append(f"the pictures in {Path(spec.forget.files).name}")
    if spec.forget.fraction:
        text.append(f"{spec.forget.fraction:.3g} of the pictures")
    return " and ".join(text) or "nothing yet"
