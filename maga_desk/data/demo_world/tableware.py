"""Tableware, seen a little from above: turned bodies, rims, feet, handles, spouts and bands are shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from maga_desk.data.demo_world.canvas import Canvas, Colouring, Drawer
from maga_desk.data.demo_world.colours import WHITE, Colour, darker, lighter
from maga_desk.data.demo_world.shapes import Pair, Points, bezier, box, ellipse, moved, points, ribbon, turned

Rows = Sequence[Pair]


def _body(c: Canvas, look: Colouring, rows: Rows, tilt: float) -> Points:
    """A turned body with a shaded side, a gleam and sometimes a painted pattern; ``tilt`` rounds its bottom."""
    outline = turned(rows)
    low, width = rows[-1]
    c.part(ellipse(0, low, width, tilt), darker(look.main, 0.3))
    c.part(outline, look.main)
    side = look.pick((-1.0, 1.0))
    c.mark(_strip(outline, side * 0.62, side * 1.0), darker(look.main, 0.28))
    c.mark(_strip(outline, side * 0.4, side * 0.63), darker(look.main, 0.12))
    _pattern(c, look, outline)
    c.mark(_strip(outline, -side * 0.72, -side * 0.58), WHITE, 0.5)
    return outline


def _strip(outline: Points, start: float, end: float) -> Points:
    """The upright strip of a turned outline between two shares of its half width (-1 left, 1 right)."""
    half = outline[: len(outline) // 2]
    return np.concatenate([half * (start, 1), (half * (end, 1))[::-1]])


def _pattern(c: Canvas, look: Colouring, outline: Points) -> None:
    half = outline[: len(outline) // 2]
    form = look.rng.random()
    if form < 0.3:
        first = int(len(half) * look.between(0.2, 0.6))
        part = half[first : first + max(3, len(half) // 5)]
        c.mark(np.concatenate([part, part[::-1] * (-1, 1)]), look.second)
    elif form < 0.45:
        middle = half[len(half) // 2]
        for share in (-0.6, -0.2, 0.2, 0.6):
            c.mark(ellipse(middle[0] * share, middle[1], 0.08), look.second)
    elif form < 0.55:
        for share in (-0.7, -0.25, 0.2):
            c.mark(_strip(outline, share, share + 0.16), look.second)


def _rim(c: Canvas, look: Colouring, y: float, width: float, tilt: float, *, full: float = 0.5) -> None:
    """The opening: a lip, the inside, and now and then what is in it."""
    c.part(ellipse(0, y, width, tilt), lighter(look.main, 0.35))
    c.mark(ellipse(0, y + tilt * 0.1, width * 0.88, tilt * 0.74), darker(look.main, 0.5))
    if look.chance(full):
        drink: Colour = look.pick(((92, 56, 34), (206, 150, 70), (240, 236, 224), (150, 60, 44), (120, 150, 70)))
        c.mark(ellipse(0, y + tilt * 0.32, width * 0.76, tilt * 0.5), drink)


def _handle(c: Canvas, look: Colouring, top: Pair, bottom: Pair, reach: float, width: float) -> None:
    """An ear on the right, from the top joint to the bottom joint."""
    out = max(top[0], bottom[0]) + reach
    curve = bezier(top, (out, top[1] - look.between(0.0, 0.14)), (out, bottom[1] + look.between(-0.05, 0.12)), bottom)
    c.part(ribbon(curve, width), darker(look.main, 0.12))
    c.mark(ribbon(moved(curve[1:5], 0.01, -0.02), width * 0.3), lighter(look.main, 0.5))


def _foot(c: Canvas, look: Colouring, y: float, width: float, tilt: float) -> None:
    c.part(ellipse(0, y + 0.05, width, tilt), darker(look.main, 0.4))
    c.mark(box(-width, y - 0.03, width, y + 0.05), darker(look.main, 0.4))


def mug(c: Canvas, look: Colouring) -> None:
    """Nearly a cylinder, about as tall as wide, with one ear."""
    wide, tall = look.between(0.42, 0.6), look.between(0.44, 0.66)
    taper, tilt = look.between(0.72, 1.04), look.between(0.08, 0.2)
    belly = look.between(0.94, 1.1)
    x = wide * 0.93
    _handle(
        c,
        look,
        (x, -tall * look.between(0.5, 0.75)),
        (x * taper, tall * look.between(0.3, 0.7)),
        look.between(0.36, 0.55),
        look.between(0.1, 0.16),
    )
    _body(
        c,
        look,
        [
            (-tall, wide),
            (-tall * 0.2, wide * belly),
            (tall * 0.6, wide * belly * (1 + taper) / 2),
            (tall, wide * taper),
        ],
        tilt * 0.7,
    )
    _rim(c, look, -tall, wide, tilt)


def bowl(c: Canvas, look: Colouring) -> None:
    """Wide and round, on a small foot; now and then with an ear or two like a soup cup."""
    wide, deep = look.between(0.66, 0.9), look.between(0.42, 0.72)
    tilt, foot = look.between(0.12, 0.28), look.between(0.22, 0.36)
    top = 0.55 - deep
    ears = look.rng.random()
    if ears < 0.25:
        _handle(c, look, (wide * 0.88, top + 0.08), (wide * 0.8, top + deep * 0.5), 0.22, 0.1)
    if ears < 0.13:
        flipped = bezier(
            (-wide * 0.88, top + 0.08),
            (-wide - 0.2, top),
            (-wide - 0.2, top + deep * 0.5),
            (-wide * 0.8, top + deep * 0.5),
        )
        c.part(ribbon(flipped, 0.1), darker(look.main, 0.12))
    if look.chance(0.8):
        _foot(c, look, top + deep, foot, 0.06)
    bulge = look.between(0.84, 0.98)
    _body(
        c,
        look,
        [(top, wide), (top + deep * 0.4, wide * bulge), (top + deep * 0.78, wide * 0.68), (top + deep, foot)],
        0.06,
    )
    _rim(c, look, top, wide, tilt)


def teapot(c: Canvas, look: Colouring) -> None:
    """A round body with a lid and a knob, a spout on one side and an ear on the other."""
    wide, tall = look.between(0.46, 0.6), look.between(0.4, 0.54)
    neck, foot = wide * look.between(0.45, 0.75), wide * look.between(0.55, 0.8)
    low = 0.14
    spout = bezier(
        (-wide * 0.75, low + 0.18),
        (-wide - 0.22, low + 0.16),
        (-wide - 0.1, low - 0.26),
        (-wide - look.between(0.28, 0.4), low - tall * 0.8),
    )
    c.part(ribbon(spout, (0.3, 0.12)), darker(look.main, 0.1))
    x = wide * 0.88
    if look.chance(0.82):
        _handle(
            c, look, (x, low - tall * 0.6), (x, low + tall * 0.5), look.between(0.34, 0.48), look.between(0.09, 0.14)
        )
    else:
        hoop = bezier(
            (-wide * 0.7, low - tall * 0.8), (-wide * 0.8, -1.15), (wide * 0.8, -1.15), (wide * 0.7, low - tall * 0.8)
        )
        c.part(ribbon(hoop, 0.09), darker(look.second, 0.2))
    if look.chance(0.5):
        _foot(c, look, low + tall, foot * 0.9, 0.06)
    _body(
        c,
        look,
        [
            (low - tall, neck),
            (low - tall * 0.45, wide * 0.92),
            (low + 0.05, wide),
            (low + tall * 0.65, wide * 0.9),
            (low + tall, foot),
        ],
        0.06,
    )
    lid = lighter(look.main, 0.2) if look.chance(0.6) else look.second
    height = look.between(0.08, 0.2)
    c.part(
        turned(
            [
                (low - tall - height, neck * 0.35),
                (low - tall - height * 0.5, neck * 0.85),
                (low - tall + 0.02, neck * 1.08),
            ]
        ),
        lid,
    )
    c.part(ellipse(0, low - tall - height - 0.05, look.between(0.07, 0.11)), darker(lid, 0.2))


def jug(c: Canvas, look: Colouring) -> None:
    """Taller than wide, a waist under a flared mouth with a lip, and one ear."""
    wide, tall = look.between(0.4, 0.56), look.between(0.66, 0.86)
    neck, mouth = wide * look.between(0.55, 0.9), wide * look.between(0.72, 0.98)
    tilt, foot = look.between(0.06, 0.14), wide * look.between(0.6, 0.9)
    x = neck * 0.9
    _handle(
        c,
        look,
        (x, -tall * look.between(0.6, 0.88)),
        (wide * 0.9, tall * look.between(0.0, 0.35)),
        look.between(0.3, 0.5),
        look.between(0.09, 0.14),
    )
    beak = look.between(0.14, 0.28)
    c.part(
        points(
            (-mouth * 0.5, -tall - tilt * 0.8),
            (-mouth - beak, -tall - 0.07),
            (-mouth * 0.95, -tall + 0.1),
            (-neck, -tall * 0.7),
            (-neck * 0.4, -tall * 0.7),
        ),
        darker(look.main, 0.08),
    )
    if look.chance(0.4):
        _foot(c, look, tall, foot * 0.95, 0.06)
    _body(
        c,
        look,
        [
            (-tall, mouth),
            (-tall * 0.62, neck),
            (-tall * 0.1, wide * 0.9),
            (tall * 0.35, wide),
            (tall * 0.75, wide * 0.92),
            (tall, foot),
        ],
        tilt * 0.8,
    )
    _rim(c, look, -tall, mouth, tilt, full=0.35)


DRAWERS: Mapping[str, Drawer] = {"mug": mug, "bowl": bowl, "teapot": teapot, "jug": jug}
