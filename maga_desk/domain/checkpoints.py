"""What a checkpoint's metadata say of the net."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from maga_desk.domain.outside import json_of
from maga_desk.domain.preprocessing import LARGEST, Framing, Order, Size
from maga_desk.domain.wrapping import Wrapping


@dataclass(frozen=True)
class CheckpointInfo:
    """What a checkpoint's metadata say; empty where another program wrote it.

    :param classes: the model's class names in the order of its outputs.
    :param size: the side of its pictures in pixels, or their height where ``width`` is another.
    :param order: of the channels that it reads; RGB where nothing is said.
    :param framing: how a picture is brought to that size; scaled to cover, the middle cut out, where nothing is said.
    :param families: kind -> class, when the classes are families.
    :param came: the form that it came in, where another program wrote it.
    :param made: how it was made: command, recipe, seed, seconds, data fingerprint; or the unlearning record.
    """

    arch: str | None = None
    classes: tuple[str, ...] | None = None
    families: Mapping[str, str] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    size: int | None = None
    order: Order | None = None
    width: int | None = None
    framing: Framing | None = None
    came: Wrapping | None = None
    made: Mapping[str, Any] = field(default_factory=dict)

    def to_text(self) -> str:
        said = {
            **asdict(self),
            "came": None if self.came is None else self.came.to_record(),
            "framing": None if self.framing is None else self.framing.to_record(),
        }
        for later in ("order", "width", "framing", "came"):  # than the first checkpoints, whose text is what it was
            if said[later] is None:
                del said[later]
        return json.dumps(said, sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> CheckpointInfo:
        """:raises ValueError, TypeError, KeyError: not what :meth:`to_text` wrote."""
        raw = json_of(text)
        if not isinstance(raw, dict):
            raise ValueError("it is no table of names and values")
        return cls(
            arch=_optional(raw.get("arch"), str),
            classes=_class_names(raw.get("classes")),
            families=dict(raw["families"]) if raw.get("families") else None,
            mean=_numbers(raw.get("mean")),
            std=_numbers(raw.get("std")),
            size=_side(raw.get("size")),
            order=raw.get("order"),
            width=_side(raw.get("width")),
            framing=Framing.from_record(raw.get("framing")),
            came=Wrapping.from_record(raw["came"]) if raw.get("came") else None,
            made=dict(raw.get("made") or {}),
        )

    @property
    def shape(self) -> Size | None:
        """Height and width of its pictures; ``None`` where nothing is said."""
        return None if self.size is None else (self.size, self.width or self.size)

    def of_shape(self, size: Size | None, framing: Framing | None = None) -> CheckpointInfo:
        """The same with the size of its pictures, and how they are brought to it."""
        height, width = size or (None, None)
        usual = framing is None or framing == Framing()
        return replace(self, size=height, width=None if width == height else width, framing=None if usual else framing)

    def with_made(self, **values: Any) -> CheckpointInfo:
        return replace(self, made={**self.made, **values})


def _optional(value: Any, kind: type) -> Any:
    if value is not None and not isinstance(value, kind):
        raise ValueError(f"expected {kind.__name__}")
    return value


def _numbers(value: Any) -> tuple[float, ...] | None:
    if value is None:
        return None
    if isinstance(value, str):
        raise ValueError("expected numbers")
    found = tuple(float(each) for each in value)
    if not all(math.isfinite(each) for each in found):
        raise ValueError("a mean or deviation that is not finite")
    return found


def _side(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= LARGEST:
        raise ValueError(f"pictures of {str(value)[:20]} pixels a side, where {LARGEST:,} are the most")
    return value


def _class_names(value: Any) -> tuple[str, ...] | None:
    if not value:
        return None
    if not isinstance(value, list | tuple):
        raise ValueError("expected a list of classes")
    names = tuple(str(name) for name in value)
    if len(set(names)) < len(names):
        raise ValueError("a class is named twice")
    return names
