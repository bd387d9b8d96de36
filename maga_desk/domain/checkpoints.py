"""What a checkpoint's metadata say of the net."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from maga_desk.domain.preprocessing import Order


@dataclass(frozen=True)
class CheckpointInfo:
    """What a checkpoint's metadata say; empty where another program wrote it.

    :param classes: the model's class names in the order of its outputs.
    :param order: of the channels that it reads; RGB where nothing is said.
    :param families: kind -> class, when the classes are families.
    :param made: how it was made: command, recipe, seed, seconds, data fingerprint; or the unlearning record.
    """

    arch: str | None = None
    classes: tuple[str, ...] | None = None
    families: Mapping[str, str] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    size: int | None = None
    order: Order | None = None
    made: Mapping[str, Any] = field(default_factory=dict)

    def to_text(self) -> str:
        said = asdict(self)
        if self.order is None:
            del said["order"]
        return json.dumps(said, sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> CheckpointInfo:
        """:raises ValueError, TypeError, KeyError: not what :meth:`to_text` wrote."""
        raw = json.loads(text)
        classes = raw.get("classes")
        return cls(
            arch=_optional(raw.get("arch"), str),
            classes=tuple(str(name) for name in classes) if classes else None,
            families=dict(raw["families"]) if raw.get("families") else None,
            mean=_numbers(raw.get("mean")),
            std=_numbers(raw.get("std")),
            size=_optional(raw.get("size"), int),
            order=raw.get("order"),
            made=dict(raw.get("made") or {}),
        )

    def with_made(self, **values: Any) -> CheckpointInfo:
        return replace(self, made={**self.made, **values})


def _optional(value: Any, kind: type) -> Any:
    if value is not None and not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}")
    return value


def _numbers(value: Any) -> tuple[float, ...] | None:
    if value is None:
        return None
    if isinstance(value, str):
        raise TypeError("expected numbers")
    return tuple(float(each) for each in value)
