"""Fruit: round bodies with shade and gleam, stalks, leaves, and cut faces are shared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from maga_desk.data.demo_world.canvas import Canvas, Colouring, Drawer
from maga_desk.data.demo_world.colours import WHITE, Colour, darker, lighter, mix
from maga_desk.data.demo_world.shapes import Pair, Points, bezier, ellipse, moved, points, ribbon, scaled, smooth

_WOOD: Colour = (104, 74, 44)


def _body(c: Canvas, look: Colouring, outline: Points, colour: Colour) -> None:
    """A round thing lit from one side, perhaps blushing or speckled."""
    side = look.pick((-1.0, 1.0))
    size = float(np.ptp(outline[:, 0])) / 2
    x, y = outline.mean(axis=0)
    c.part(outline, darker(colour, 0.28))
    c.mark(scaled(outline, 0.86, side * 0.1 * size, -0.09 * size), colour)
    c.mark(scaled(outline, 0.58, side * 0.2 * size, -0.17 * size), lighter(colour, 0.14))
    if look.chance(0.35):
        c.mark(scaled(outline, 0.55, -side * 0.22 * size, 0.05 * size), look.second, 0.4)
    c.mark(ellipse(x + side * 0.42 * size, y - 0.42 * size, 0.16 * size, 0.11 * size), WHITE, 0.75)


def _speckles(c: Canvas, look: Colouring, outline: Points, colour: Colour, count: int) -> None:
    x, y = outline.mean(axis=0)
    rx, ry = np.ptp(outline, axis=0) * 0.36
    for dx, dy in look.rng.random((count, 2)) * 2 - 1:
        if dx * dx + dy * dy < 1:
            c.mark(ellipse(x + dx * rx, y + dy * ry, 0.035), darker(colour, 0.4), 0.7)


def _stalk(c: Canvas, look: Colouring, foot: Pair, length: float) -> Pair:
    """A curved stalk; returns where it ends."""
    lean = look.between(-0.4, 0.4) * length
    tip = (foot[0] + lean, foot[1] - length)
    curve = bezier(foot, (foot[0], foot[1] - length * 0.5), (tip[0] - lean * 0.5, tip[1] + length * 0.3), tip)
    c.part(ribbon(curve, (0.06, 0.09)), look.pick((_WOOD, (96, 116, 52))))
    return tip


def _leaf(c: Canvas, look: Colouring, at: Pair) -> None:
    """A pointed leaf with its vein, to either side."""
    x, y = at
    side, length = look.pick((-1.0, 1.0)), look.between(0.32, 0.55)
    rise, broad = look.between(-0.25, 0.15), look.between(0.12, 0.18)
    green: Colour = look.pick(((72, 138, 56), (104, 160, 62), (46, 104, 58), (130, 150, 60)))
    end = (x + side * length, y + rise)
    middle = (x + side * length * 0.45, y + rise * 0.45)
    c.part(smooth(at, (middle[0], middle[1] - broad), end, (middle[0], middle[1] + broad)), green)
    c.mark(ribbon(points(at, middle, end), 0.03), lighter(green, 0.4))


def _cut(c: Canvas, look: Colouring, outline: Points, skin: Colour) -> Points:
    """The face of a halved fruit; returns the flesh."""
    c.part(outline, skin)
    flesh = scaled(outline, 0.86)
    c.mark(flesh, mix(skin, (255, 246, 214), 0.78))
    return flesh


def _top(c: Canvas, look: Colouring, at: Pair, stalk: float, leaf: float) -> None:
    """Stalk and leaf, or either, or neither, above a body."""
    tip = _stalk(c, look, at, look.between(0.18, 0.36)) if look.chance(stalk) else at
    if look.chance(leaf):
        _leaf(c, look, ((at[0] + tip[0]) / 2, (at[1] + tip[1]) / 2))


def _pips(c: Canvas, look: Colouring, y: float) -> None:
    c.mark(ellipse(0, y, 0.16, 0.22), (230, 206, 140))
    for x in (-0.07, 0.07):
        c.mark(ellipse(x, y, 0.045, 0.09), (74, 46, 28))


def apple(c: Canvas, look: Colouring) -> None:
    """Broad shoulders, a dip on top and a smaller one below."""
    wide, tall = look.between(0.66, 0.8), look.between(0.6, 0.74)
    dip, waist = look.between(0.1, 0.22), look.between(0.48, 0.66)
    outline = smooth(
        (0, -tall + dip), (wide * 0.45, -tall), (wide * 0.93, -tall * 0.55), (wide * 0.95, 0.05),
        (wide * waist * 1.25, tall * 0.72), (wide * 0.3, tall), (0, tall - dip * 0.5), (-wide * 0.3, tall),
        (-wide * waist * 1.25, tall * 0.72), (-wide * 0.95, 0.05), (-wide * 0.93, -tall * 0.55), (-wide * 0.45, -tall),
    )  # fmt: skip
    outline = moved(outline, 0, 0.14)
    if look.chance(0.14):
        _cut(c, look, outline, look.main)
        _pips(c, look, 0.16)
    else:
        _body(c, look, outline, look.main)
        c.mark(ellipse(0, -tall + dip + 0.14, wide * 0.32, 0.09), darker(look.main, 0.45))
        if look.chance(0.3):
            _speckles(c, look, outline, look.main, 12)
    _top(c, look, (0.0, -tall + dip + 0.16), 0.85, 0.55)


def pear(c: Canvas, look: Colouring) -> None:
    """A heavy bottom and a neck, which may lean."""
    wide, neck = look.between(0.54, 0.68), look.between(0.2, 0.36)
    lean, waist = look.between(-0.12, 0.12), look.between(-0.3, -0.08)
    high, low = look.between(-0.82, -0.62), look.between(0.78, 0.9)
    outline = smooth(
        (lean, high), (lean + neck * 0.8, high + 0.12), (neck * 1.05 + lean * 0.5, waist), (wide, 0.3),
        (wide * 0.75, low - 0.12), (0, low), (-wide * 0.75, low - 0.12), (-wide, 0.3),
        (-neck * 1.05 + lean * 0.5, waist), (lean - neck * 0.8, high + 0.12),
    )  # fmt: skip
    if look.chance(0.14):
        _cut(c, look, outline, look.main)
        _pips(c, look, 0.36)
    else:
        _body(c, look, outline, look.main)
        if look.chance(0.4):
            _speckles(c, look, outline, look.main, 14)
    _top(c, look, (lean, high + 0.03), 0.85, 0.5)


def orange(c: Canvas, look: Colouring) -> None:
    """A ball with pores and a small star on top; now and then halved, with segments."""
    wide = look.between(0.64, 0.78)
    tall = wide * look.between(0.9, 1.02)
    outline = ellipse(0, 0.08, wide, tall)
    if look.chance(0.2):
        flesh = look.pick((look.main, look.second))
        _cut(c, look, outline, look.main)
        turn, count = look.between(0, 1), look.pick((7, 8, 9))
        for i in range(count):
            a, b = (2 * np.pi * (i + turn + d) / count for d in (0.08, 0.92))
            rim = [(np.cos(t) * wide * 0.76, 0.08 + np.sin(t) * tall * 0.76) for t in (a, (a + b) / 2, b)]
            c.mark(points((np.cos((a + b) / 2) * 0.08, 0.08 + np.sin((a + b) / 2) * 0.08), *rim), flesh)
        return
    _body(c, look, outline, look.main)
    _speckles(c, look, outline, look.main, look.pick((10, 22, 34)))
    x, y = look.between(-0.2, 0.2), 0.08 - tall * look.between(0.6, 0.9)
    c.mark(ellipse(x, y, 0.13, 0.09), darker(look.main, 0.35))
    c.mark(points((x - 0.1, y), (x, y - 0.05), (x + 0.1, y), (x, y + 0.06)), (92, 112, 50))
    _top(c, look, (x, y + 0.02), 0.3, 0.45)


def cherry(c: Canvas, look: Colouring) -> None:
    """One to three small balls on long stalks that meet."""
    count = look.pick((1, 2, 2, 2, 2, 3))
    join = (look.between(-0.25, 0.25), look.between(-0.9, -0.7))
    radius = look.between(0.3, 0.4) if count > 1 else look.between(0.38, 0.52)
    spread = {1: (0.0,), 2: (-0.46, 0.44), 3: (-0.62, 0.02, 0.62)}[count]
    stalk = look.pick((_WOOD, (96, 116, 52), (122, 140, 60)))
    for x in spread:
        y = look.between(0.36, 0.56) - (0.12 if count == 1 else 0)
        foot = (x + look.between(-0.05, 0.05), y - radius * 0.8)
        c.part(ribbon(bezier(join, (join[0], join[1] + 0.3), (foot[0], foot[1] - 0.4), foot), (0.09, 0.05)), stalk)
        dent = radius * look.between(0.0, 0.16)
        ball = smooth(
            (x, y - radius + dent), (x + radius * 0.62, y - radius * 0.85), (x + radius, y),
            (x + radius * 0.6, y + radius * 0.8), (x, y + radius), (x - radius * 0.6, y + radius * 0.8),
            (x - radius, y), (x - radius * 0.62, y - radius * 0.85),
        )  # fmt: skip
        _body(c, look, ball, look.main)
        c.mark(ellipse(foot[0], foot[1] + 0.04, 0.1, 0.05), darker(look.main, 0.5))
    if look.chance(0.55):
        _leaf(c, look, join)
    c.mark(ellipse(join[0], join[1], 0.07), darker(stalk, 0.2))


DRAWERS: Mapping[str, Drawer] = {"apple": apple, "pear": pear, "cherry": cherry, "orange": orange}
