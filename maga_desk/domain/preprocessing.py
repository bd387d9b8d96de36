"""How a net wants its pictures: the pixels' normalisation, their size, and how a picture is brought to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Resize = Literal["cover", "squash", "pad"]
Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"]
Order = Literal["RGB", "BGR", "L", "RGBA"]

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation that most nets trained on ImageNet use."""


@dataclass(frozen=True)
class Preprocessing:
    """What is known of it; ``None`` is unknown.

    :param mean: of each channel, in 0..1: pixels are read as ``(x - mean) / std``. Nets that read 0..255 have a mean
        and deviation below 1/255.
    :param std: likewise; never zero.
    :param size: height and width in pixels.
    :param resize: ``cover`` scales the shorter side and cuts the middle out, ``squash`` changes the shape, ``pad``
        scales the longer side and fills up.
    :param crop: with ``cover``: the share of the scaled side that is kept (224 of 256 is 0.875), 0 to 1.
    :param order: of the channels: RGB, BGR, grey (L), or RGB with an alpha channel.
    """

    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    size: tuple[int, int] | None = None
    resize: Resize | None = None
    crop: float | None = None
    interpolation: Interpolation | None = None
    order: Order | None = None

    def __or__(self, other: Preprocessing) -> Preprocessing:
        """What is unknown here, as the other says it."""
        mine, theirs = asdict(self), asdict(other)
        return Preprocessing(**{key: theirs[key] if mine[key] is None else mine[key] for key in mine})

    def to_record(self) -> dict[str, Any]:
        """What is known, as JSON."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items() if value}

    @classmethod
    def from_record(cls, raw: Mapping[str, Any]) -> Preprocessing:
        """:raises ValueError, TypeError: not what :meth:`to_record` wrote, or a deviation that is not above zero."""
        std = _numbers(raw.get("std"))
        if std is not None and min(std) <= 0:
            raise ValueError("a deviation must be above zero")
        size = _numbers(raw.get("size"))
        return cls(
            mean=_numbers(raw.get("mean")),
            std=std,
            size=None if size is None else (int(size[0]), int(size[-1])),
            resize=raw.get("resize"),
            crop=None if raw.get("crop") is None else float(raw["crop"]),
            interpolation=raw.get("interpolation"),
            order=raw.get("order"),
        )


def _numbers(value: Any) -> tuple[float, ...] | None:
    if value is None:
        return None
    return tuple(float(each) for each in value)
