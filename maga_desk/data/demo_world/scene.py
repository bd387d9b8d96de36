"""What surrounds a thing: background, ground shadow, things in the way, light and the camera's faults."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maga_desk.data.demo_world.canvas import SUPERSAMPLING, Canvas, Colouring, Placement, blank
from maga_desk.data.demo_world.colours import BLACK, Colour, any_colour, brightness, darker, hsv, lighter, mix
from maga_desk.data.demo_world.shapes import box, ellipse, points, ribbon, smooth


@dataclass(frozen=True)
class Difficulty:
    """How much stands between a thing and its recognition.

    :param occluded: the share of pictures with something in front, ``heavy`` when it is large.
    :param zoom: smallest and largest scale; at 1 the thing fills the picture.
    :param offset: the largest shift, in halves of the picture's side.
    :param turn: the largest turn, in degrees.
    :param contrast: the least distance in brightness between thing and background, in 0..1.
    :param noise: the strongest grain, as a deviation in grey levels.
    :param blur: the share of pictures that are out of focus.
    """

    occluded: float
    heavy: bool
    zoom: tuple[float, float]
    offset: float
    turn: float
    contrast: float
    noise: float
    blur: float


TYPICAL = Difficulty(0.16, False, (0.76, 1.02), 0.1, 10.0, 0.24, 9.0, 0.15)
HARD = Difficulty(1.0, True, (0.5, 1.35), 0.4, 45.0, 0.03, 30.0, 0.5)


def wall_colour(rng: np.random.Generator) -> Colour:
    """A background: any hue, mostly quiet."""
    hue, saturation, value = rng.random(3)
    return hsv(hue, 0.05 + 0.5 * saturation**1.5, 0.25 + 0.7 * value)


def background(look: Colouring, size: int, base: Colour, other: Colour) -> Image.Image:
    """A supersampled picture with one of seven backgrounds."""
    kinds: Sequence[Callable[[Colouring, int, Colour, Colour], Image.Image]] = (
        _plain, _gradient, _gradient, _stripes, _table, _table, _outdoors, _outdoors, _blotches, _checks,
    )  # fmt: skip
    image = look.pick(kinds)(look, size, base, other)
    if look.chance(0.22):
        _clutter(Canvas.on(image), look, base)
    return image


def _plain(look: Colouring, size: int, base: Colour, other: Colour) -> Image.Image:
    return blank(size, base)


def _gradient(look: Colouring, size: int, base: Colour, other: Colour) -> Image.Image:
    share = _ramp(size, look.between(-1, 1), look.between(-1, 1))[:, :, None] * 0.5 + 0.5
    pixels = np.array(base) * (1 - share) + np.array(other) * share
    return _enlarged(pixels, size)


def _blotches(look: Colouring, size: int, base: Colour, other: Colour) -> Image.Image:
    cells = look.pick((4, 8, 16))
    share = look.rng.random((cells, cells, 1)) * look.between(0.25, 0.7)
    return _enlarged(np.array(base) * (1 - share) + np.array(other) * share, size)


def _enlarged(pixels: NDArray[np.float64], size: int) -> Image.Image:
    side = size * SUPERSAMPLING
    image = Image.fromarray(np.rint(pixels).astype(np.uint8))
    return image.resize((side, side), Image.Resampling.NEAREST)


def _stripes(look: Colouring, size: int, base: Colour, other: Colour) -> Image.Image:
    image = blank(size, base)
    c = Canvas.on(image).placed(Placement.of(degrees=look.pick((0, 90, look.between(0, 180)))))
    other = mix(base, other, look.between(0.25, 0.7))
    gap = look.between(0.2, 0.5)
    start = -1.6 + look.between(0, gap)
    for i in range(int(3.2 / gap) + 1):
        x = start + i * gap
        c.mark(box(x, -1.6, x + gap * 0.5, 1.6), other)
    return image


def _checks(look: Colouring, size: int, base: Colour, other: Colour) -> Image.Image:
    cells = look.pick((4, 5, 6, 8))
    board = (np.add.outer(np.arange(cells), np.arange(cells)) % 2)[:, :, None] * look.between(0.2, 0.6)
    return _enlarged(np.array(base) * (1 - board) + np.array(other) * board, size)


def _table(look: Colouring, size: int, base: Colour, other: Colour) -> Image.Image:
    image = blank(size, base)
    c, edge = Canvas.on(image), look.between(0.0, 0.6)
    slope = look.between(-0.08, 0.08)
    c.mark(points((-1, edge - slope), (1, edge + slope), (1, 1.1), (-1, 1.1)), other)
    c.mark(ribbon(points((-1, edge - slope), (1, edge + slope)), 0.05), darker(other, 0.3))
    if look.chance(0.4):
        for x in (-0.6, 0.0, 0.6):
            c.mark(ribbon(points((x * 0.8, edge), (x * 1.6, 1.1)), 0.03), darker(other, 0.2))
    return image


def _outdoors(look: Colouring, size: int, base: Colour, other: Colour) -> Image.Image:
    tint = look.between(0.0, 0.6)
    sky = mix(look.pick(((150, 196, 232), (226, 198, 170), (96, 110, 146), (206, 214, 220))), base, tint)
    ground = mix(look.pick(((116, 150, 84), (150, 128, 96), (112, 112, 118), (214, 196, 150))), other, tint)
    image = blank(size, sky)
    c, edge = Canvas.on(image), look.between(0.05, 0.55)
    if look.chance(0.4):
        x = look.between(-0.8, 0.8)
        c.mark(ellipse(x, edge, look.between(0.4, 0.9), look.between(0.2, 0.6)), mix(sky, ground, 0.6))
    if look.chance(0.35):
        x, y = look.between(-0.8, 0.8), look.between(-0.9, -0.4)
        c.mark(ellipse(x, y, 0.3, 0.13), lighter(sky, 0.6))
        c.mark(ellipse(x + 0.16, y - 0.09, 0.2, 0.13), lighter(sky, 0.6))
    c.mark(box(-1, edge, 1, 1.1), ground)
    if look.chance(0.4):
        c.mark(box(-1, edge + 0.3, 1, edge + 0.36), lighter(ground, 0.35))
    return image


def _clutter(c: Canvas, look: Colouring, base: Colour) -> None:
    """Shapes without a meaning behind the thing."""
    for _ in range(look.pick((1, 2, 3))):
        x, y = look.between(-1, 1), look.between(-1, 1)
        colour, r = mix(base, any_colour(look.rng), 0.6), look.between(0.12, 0.4)
        if look.chance(0.5):
            c.mark(ellipse(x, y, r, r * look.between(0.6, 1.2)), colour)
        else:
            c.mark(box(x - r, y - r, x + r, y + r * look.between(0, 1)), colour)


def shadow(c: Canvas, look: Colouring) -> None:
    """A soft patch under the thing."""
    if look.chance(0.6):
        y = look.between(0.6, 0.78)
        c.mark(ellipse(0, y, 0.95, 0.16), BLACK, 0.16)
        c.mark(ellipse(0, y, 0.75, 0.1), BLACK, 0.2)


def occlude(c: Canvas, look: Colouring, heavy: bool) -> None:
    """Bars, leaves, blobs or a corner in front of the thing."""
    form, colour = look.rng.random(), any_colour(look.rng)
    grow = 1.35 if heavy else 1.0
    if form < 0.35:
        bars = c.placed(Placement.of(degrees=look.between(0, 180)))
        for _ in range(look.pick((2, 3)) if heavy else look.pick((1, 1, 2))):
            x, wide = look.between(-0.7, 0.7), look.between(0.08, 0.2) * grow
            bars.part(box(x - wide, -1.6, x + wide, 1.6), colour)
            bars.mark(box(x - wide, -1.6, x - wide * 0.5, 1.6), lighter(colour, 0.3))
    elif form < 0.65:
        for _ in range(look.pick((1, 2, 3))):
            x, y, r = look.between(-0.7, 0.7), look.between(-0.7, 0.7), look.between(0.16, 0.32) * grow
            blob = [(x + r * look.between(0.7, 1.2) * a, y + r * look.between(0.7, 1.2) * b) for a, b in _EIGHT]
            c.part(smooth(*blob), colour)
    elif form < 0.85:
        edge = look.between(0.25, 0.6) / grow
        side = c.placed(Placement.of(degrees=look.pick((0, 90, 180, 270)) + look.between(-15, 15)))
        side.part(box(edge, -1.6, 2.2, 1.6), colour)
        side.mark(box(edge, -1.6, edge + 0.06, 1.6), darker(colour, 0.3))
    else:
        x, y, wide, tall = (
            look.between(-0.6, 0.6),
            look.between(-0.6, 0.6),
            look.between(0.2, 0.4),
            look.between(0.2, 0.4),
        )
        c.part(box(x - wide * grow, y - tall * grow, x + wide * grow, y + tall * grow), colour)


_EIGHT = tuple((float(np.cos(a)), float(np.sin(a))) for a in np.arange(8) * np.pi / 4)


def placement(look: Colouring, difficulty: Difficulty) -> Placement:
    """Where and how the thing stands."""
    d = difficulty
    return Placement.of(
        look.between(-d.offset, d.offset), look.between(-d.offset, d.offset),
        scale=look.between(*d.zoom), degrees=look.between(-d.turn, d.turn), shear=look.between(-0.12, 0.12),
        stretch=look.between(0.82, 1.12), flip=look.chance(0.5),
    )  # fmt: skip


def apart(colour: Colour, wall: Colour, contrast: float) -> Colour:
    """The wall's colour, moved away from the thing's until both can be told apart."""
    gap = brightness(wall) - brightness(colour)
    if abs(gap) >= contrast * 255:
        return wall
    return lighter(wall, 0.45) if brightness(colour) < 128 else darker(wall, 0.45)


def photograph(image: Image.Image, look: Colouring, difficulty: Difficulty) -> NDArray[np.uint8]:
    """Average down, light from one side, blur and grain.

    :returns: ``(H, W, 3) uint8``.
    """
    small = np.asarray(image.reduce(SUPERSAMPLING), dtype=np.float64)
    size = small.shape[0]
    if look.chance(difficulty.blur):
        small = _softened(small, look.between(0.3, 1.0))
    light = 1.0 + _ramp(size, look.between(-1, 1), look.between(-1, 1)) * look.between(0.0, 0.32)
    level, tint = look.between(0.78, 1.16), look.rng.random(3) * 0.16 + 0.92
    lit = small * light[:, :, None] * (level * tint)
    grain = look.rng.integers(-128, 128, size=small.shape, dtype=np.int16)
    strength = difficulty.noise * look.rng.random() ** 2
    return np.clip(np.rint(lit + grain * (strength / 74.0)), 0, 255).astype(np.uint8)


def _softened(pixels: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Blend with the average over three by three pixels."""
    padded = np.pad(pixels, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    blurred = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9
    return pixels * (1 - share) + blurred * share


def _ramp(size: int, x: float, y: float) -> NDArray[np.float64]:
    """A slope ``(size, size)`` in -1..1 along (x, y)."""
    line = np.linspace(-1, 1, size)
    slope = np.add.outer(line * y, line * x)
    return slope / (abs(x) + abs(y) + 1e-9)
