"""Colours ``(red, green, blue)`` in 0..255, and what may be painted with which."""

from __future__ import annotations

import colorsys

import numpy as np

Colour = tuple[int, int, int]

WHITE: Colour = (246, 244, 240)
BLACK: Colour = (28, 26, 30)


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """Hue, saturation and value in 0..1 (the hue wraps)."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """``share`` 0 gives the first, 1 the second."""
    a, b, c = (round(p + (q - p) * share) for p, q in zip(first, second, strict=True))
    return a, b, c


def darker(colour: Colour, share: float = 0.3) -> Colour:
    """Towards black."""
    return mix(colour, BLACK, share)


def lighter(colour: Colour, share: float = 0.3) -> Colour:
    """Towards white."""
    return mix(colour, WHITE, share)


def brightness(colour: Colour) -> float:
    """Perceived lightness in 0..255 (Rec. 601 weights)."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def any_colour(rng: np.random.Generator) -> Colour:
    """Paint: any hue, and now and then white, grey or black."""
    hue, saturation, value, neutral = rng.random(4)
    if neutral < 0.2:
        return hsv(hue, 0.08 * saturation, 0.2 + 0.75 * value)
    return hsv(hue, 0.35 + 0.6 * saturation, 0.4 + 0.55 * value)


def fur_colour(rng: np.random.Generator) -> Colour:
    """Fur: sand, ginger, brown, grey, black and white; the same for every animal."""
    hue, saturation, value, kind = rng.random(4)
    if kind < 0.3:
        return hsv(hue, 0.1 * saturation, 0.25 + 0.7 * value)
    return hsv(0.03 + 0.08 * hue, 0.3 + 0.5 * saturation, 0.35 + 0.6 * value)


def ripe_colour(rng: np.random.Generator) -> Colour:
    """Fruit: from crimson through orange and yellow to green; the same for every fruit."""
    hue, saturation, value = rng.random(3)
    return hsv(-0.05 + 0.36 * hue, 0.6 + 0.35 * saturation, 0.55 + 0.4 * value)
