"""How a net wants its pictures: the pixels' normalisation, their size, and how a picture is brought to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Size = tuple[int, int]
"""Height and width in pixels."""
SMALLEST, LARGEST = 8, 1024
"""Pixels of a side of the pictures that a net reads."""
SMALLEST_CROP = 0.1
"""Share of a scaled side that is kept, at least: the whole is made first."""
Resize = Literal["cover", "squash", "pad"]
FILLS = ("black", "mean", "edge")
"""What stands around a padded picture: black, the mean colour of ImageNet, or its own border drawn out. A colour of
one's own is ``#rrggbb``."""
FILL = r"^(black|mean|edge|#[0-9a-f]{6})$"
Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"]
Order = Literal["RGB", "BGR", "L", "RGBA"]


def as_size(value: int | Sequence[int] | None) -> Size | None:
    """A side, or height and width, as height and width."""
    if value is None:
        return None
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[-1]))


def in_units(mean: Sequence[float], std: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Means and deviations of pixels in 0..1, given in 0..1 or in 0..255 where there is no doubt which.

    Above 1 they are for 0..255. Means for 0..255 with deviations of exactly 1 are those of nets that read bytes with
    the mean taken off (Caffe).

    :raises ValueError: one of the two is for 0..1 and the other for 0..255; or no such numbers.
    """
    if not all(0 <= value <= 255 for value in (*mean, *std)) or min(std, default=0) <= 0:
        raise ValueError("mean and std must be between 0 and 255, std above 0")
    bytes_mean, bytes_std = max(mean) > 1, max(std) > 1
    caffe = bytes_mean and set(std) == {1.0}
    if bytes_mean != bytes_std and any(mean) and not caffe:
        raise ValueError("mean and std must both be for pixels of 0 to 1, or both for 0 to 255")
    if not (bytes_mean or bytes_std):
        return tuple(mean), tuple(std)
    return tuple(value / 255 for value in mean), tuple(value / 255 for value in std)


RESIZE_WORDS: Mapping[Resize, str] = {
    "cover": "scaled to cover, the middle cut out",
    "squash": "squashed to the size",
    "pad": "scaled to fit, filled up",
}
"""As a person reads them."""

_FILL_WORDS = {"mean": "the mean colour", "edge": "its border drawn out"}

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation that most nets trained on ImageNet use."""


def colour_of(fill: str) -> tuple[int, int, int]:
    """What :data:`FILLS` or ``#rrggbb`` is as RGB; black for ``edge``."""
    if fill == "mean":
        return tuple(round(255 * value) for value in IMAGENET[0])  # type: ignore[return-value]
    if fill.startswith("#"):
        return int(fill[1:3], 16), int(fill[3:5], 16), int(fill[5:7], 16)
    return 0, 0, 0


def fill_of(mean: Sequence[float]) -> str:
    """The fill of a mean colour in 0..1, as timm takes it."""
    values = [min(255, max(0, round(255 * value))) for value in (*mean, *mean, *mean)[:3]]
    named = {colour_of(each): each for each in ("black", "mean")}
    return named.get((values[0], values[1], values[2]), "#" + "".join(f"{value:02x}" for value in values))


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
    :param fill: with ``pad``: what stands around the picture, see :data:`FILLS`.
    """

    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    size: tuple[int, int] | None = None
    resize: Resize | None = None
    crop: float | None = None
    interpolation: Interpolation | None = None
    order: Order | None = None
    fill: str | None = None

    def __or__(self, other: Preprocessing) -> Preprocessing:
        """What is unknown here, as the other says it. A resize policy, its crop and its fill belong together, and so
        do mean and deviation.
        """
        mine, theirs = asdict(self), asdict(other)
        if mine["resize"] is not None:
            theirs["fill"] = None
        for first, second in (("resize", "crop"), ("mean", "std")):
            if mine[first] is not None or (mine[second] is not None and first == "mean"):
                theirs[first] = theirs[second] = None
        return Preprocessing(**{key: theirs[key] if mine[key] is None else mine[key] for key in mine})

    @property
    def framing(self) -> Framing | None:
        """How a picture is brought to its size; ``None`` where nothing of it is known."""
        if self.resize is None and self.crop is None and self.interpolation is None:
            return None
        return Framing(
            self.resize or "cover", self.crop or 1.0, self.interpolation or "bilinear", self.fill or FILLS[0]
        )

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
            fill=raw.get("fill"),
        )


def _numbers(value: Any) -> tuple[float, ...] | None:
    if value is None:
        return None
    return tuple(float(each) for each in value)


@dataclass(frozen=True)
class Framing:
    """How a picture is brought to a net's size.

    :param resize: see :class:`Preprocessing`.
    :param crop: the share of the scaled picture's side that is kept: a picture is scaled for a size of ``size / crop``,
        and the middle is cut out. Above 0, at most 1.
    :param fill: with ``pad``, what stands around the picture: one of :data:`FILLS`, or ``#rrggbb``.
    """

    resize: Resize = "cover"
    crop: float = 1.0
    interpolation: Interpolation = "bilinear"
    fill: str = FILLS[0]

    @property
    def title(self) -> str:
        """In words: ``scaled to cover, the middle cut out (87.5 %), bicubic``."""
        crop = f" (the middle {100 * self.crop:.3g} %)" if self.crop != 1 else ""
        fill = f" with {_FILL_WORDS.get(self.fill, self.fill)}" if self.resize == "pad" else ""
        return f"{RESIZE_WORDS[self.resize]}{fill}{crop}, {self.interpolation}"

    def cut(self, picture: Size, size: Size) -> float:
        """The share of a picture's area that is cut off, 0 to 1.

        :param picture: height and width of the picture, as ``size``.
        """
        height, width = (size[0] / self.crop, size[1] / self.crop)
        if self.resize == "squash":
            return 1 - self.crop**2
        scales = height / picture[0], width / picture[1]
        scale = max(scales) if self.resize == "cover" else min(scales)
        scaled = picture[0] * scale, picture[1] * scale
        return 1 - min(1.0, size[0] / scaled[0]) * min(1.0, size[1] / scaled[1])

    def part(self, picture: Size, size: Size) -> tuple[float, float, float, float]:
        """What is seen of a picture once it is brought to a size: left, top, right, bottom in its own pixels.

        :param picture: height and width of the picture, as ``size``.
        """
        height, width = picture
        shown_width, shown_height = width * self.crop, height * self.crop
        if self.resize != "squash":
            scales = size[1] / width, size[0] / height
            scale = (max(scales) if self.resize == "cover" else min(scales)) / self.crop
            shown_width, shown_height = min(width, size[1] / scale), min(height, size[0] / scale)
        left, top = (width - shown_width) / 2, (height - shown_height) / 2
        return left, top, left + shown_width, top + shown_height

    def to_record(self) -> dict[str, Any]:
        """As JSON; a fill where there is something to fill."""
        record = asdict(self)
        if self.resize != "pad":
            del record["fill"]
        return record

    @classmethod
    def from_record(cls, raw: Mapping[str, Any] | None) -> Framing | None:
        """:raises ValueError, TypeError: not what :meth:`to_record` wrote."""
        if raw is None:
            return None
        resize, crop, interpolation = str(raw["resize"]), float(raw["crop"]), str(raw["interpolation"])
        fill = str(raw.get("fill", FILLS[0]))
        known = resize in RESIZE_WORDS and interpolation in get_args(Interpolation) and re.match(FILL, fill)
        if not known or not SMALLEST_CROP <= crop <= 1:
            raise ValueError("no way of bringing a picture to a size")
        return cls(resize, crop, interpolation, fill)  # type: ignore[arg-type]
