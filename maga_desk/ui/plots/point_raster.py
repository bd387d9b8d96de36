"""Many points as an image: 100,000 in some milliseconds (``tests/benchmarks/bench_map.py``).

numpy writes each point's pixels straight into the image, disc offset by disc offset; later points lie on earlier ones,
so the caller gives them in an order that favours none. A rim half as strong is written first for all, which smooths
the edges against the background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from maga_desk.ui.plots.plane_view import PlaneView

Shades = NDArray[np.uint32]
"""Colours as Qt's ``Format_RGB32`` has them: ``0xffRRGGBB``."""
LARGEST = 12
"""Device pixels: the largest radius."""


@dataclass(frozen=True, eq=False)
class PointLayer:
    """Points that are drawn together, over those of earlier layers.

    :param points: ``(2, n) float32``: x and y in the plane, a row each.
    :param shades: ``(n,) uint32``, or one for all.
    :param wider: logical pixels by which the radius is larger than that of plain points.
    """

    points: NDArray[np.float32]
    shades: Shades
    wider: float = 0.0


class PointRaster:
    """Draws layers into an image whose memory is used again for the next one of its size."""

    def __init__(self) -> None:
        self._pixels = np.zeros((1, 1), dtype=np.uint32)

    def draw(
        self, view: PlaneView, layers: Sequence[PointLayer], radius: float, background: int, ratio: float = 1.0
    ) -> QImage:
        """The image; it is valid until the next one is drawn.

        :param radius: of a plain point in logical pixels.
        :param background: ``0xffRRGGBB``.
        :param ratio: device pixels a logical one.
        """
        width, height = max(1, round(view.size[0] * ratio)), max(1, round(view.size[1] * ratio))
        border = 2 * LARGEST + 2  # a point whose disc reaches into the picture may itself lie beside it
        shape = (height + 2 * border, width + 2 * border)
        if self._pixels.shape != shape:
            self._pixels = np.empty(shape, dtype=np.uint32)
        self._pixels.fill(background)
        flat, stride = self._pixels.reshape(-1), shape[1]
        scale = np.float32(view.scale * ratio)
        left = np.float32(width / 2 + border - view.centre[0] * float(scale))
        top = np.float32(height / 2 + border + view.centre[1] * float(scale))
        for layer in layers:
            x, y = layer.points[0] * scale + left, layer.points[1] * -scale + top
            seen = (x >= LARGEST + 1) & (x < shape[1] - LARGEST - 1) & (y >= LARGEST + 1) & (y < shape[0] - LARGEST - 1)
            places = y[seen].astype(np.int32) * stride + x[seen].astype(np.int32)
            shades = layer.shades[seen] if layer.shades.ndim else np.full(len(places), layer.shades)
            _write(flat, places, shades, min(LARGEST, (radius + layer.wider) * ratio), background, stride)
        first = border * stride + border
        image = QImage(flat[first:].data, width, height, 4 * stride, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        return image


def _write(
    flat: Shades, places: NDArray[np.int32], shades: Shades, radius: float, background: int, stride: int
) -> None:
    core, rim = disc(round(radius * 4))
    if len(rim):
        soft = mixed(shades, background, 0.5)
        for down, right in rim:
            flat[places + (down * stride + right)] = soft
    for down, right in core:
        flat[places + (down * stride + right)] = shades


@cache
def disc(quarters: int) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """The pixels of a disc as (down, right) of its middle: those within it, and those that its edge crosses.

    :param quarters: the radius in quarters of a pixel.
    """
    radius = quarters / 4
    reach = range(-LARGEST - 1, LARGEST + 2)
    away = [(float(np.hypot(down, right)), (down, right)) for down in reach for right in reach]
    core = tuple(place for distance, place in away if distance <= max(0.0, radius - 0.25))
    rim = tuple(place for distance, place in away if max(0.0, radius - 0.25) < distance <= radius + 0.4)
    return core, rim if radius > 0.6 else ()


def mixed(shades: Shades, other: int, share: float) -> Shades:
    """Colours ``(n,)`` of which a share is another one's."""
    weight = round(share * 256)
    keep, take, given = np.uint32(256 - weight), np.uint32(weight), np.uint32(other)
    found = np.full_like(shades, 0xFF000000)
    for channels in (np.uint32(0xFF00FF), np.uint32(0x00FF00)):
        found |= (((shades & channels) * keep + (given & channels) * take) >> np.uint32(8)) & channels
    return found
