"""Short names for people."""

from __future__ import annotations

from pathlib import Path

from maga_desk.domain.errors import name_some
from maga_desk.domain.specs.run import RunSpec


def session_title(spec: RunSpec) -> str:
    """What a session is about: ``forget cat in cifar10``."""
    where = "the demo world" if spec.data.source == "demo" else Path(spec.data.path or "pictures").name
    return f"forget {forget_title(spec)} in {where}"


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
