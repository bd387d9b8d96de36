"""Vehicles from the side, facing right: wheels, glass, lamps and panels are shared."""

from __future__ import annotations

from collections.abc import Mapping

from maga_desk.data.demo_world.canvas import Canvas, Colouring, Drawer
from maga_desk.data.demo_world.colours import BLACK, WHITE, Colour, darker, lighter, mix
from maga_desk.data.demo_world.shapes import Points, box, ellipse, points

_GROUND = 0.6
_SILL = 0.38  # where bodies end above the ground
_TYRE: Colour = (40, 38, 42)


def _wheels(c: Canvas, look: Colouring, *positions: float, radius: float) -> None:
    hub = look.pick((WHITE, (150, 152, 158), look.second))
    spokes = look.chance(0.4)
    for x in positions:
        y = _GROUND - radius
        c.mark(ellipse(x, y - 0.02, radius * 1.22), darker(look.main, 0.65))
        c.part(ellipse(x, y, radius), _TYRE)
        c.mark(ellipse(x, y, radius * 0.58), hub)
        if spokes:
            c.mark(box(x - radius * 0.5, y - 0.02, x + radius * 0.5, y + 0.02), _TYRE)
            c.mark(box(x - 0.02, y - radius * 0.5, x + 0.02, y + radius * 0.5), _TYRE)
        else:
            c.mark(ellipse(x, y, radius * 0.22), _TYRE)


def _glass(look: Colouring) -> Colour:
    return look.pick(((178, 214, 230), (120, 150, 172), (70, 84, 100), (206, 226, 226)))


def _window(c: Canvas, outline: Points, glass: Colour) -> None:
    c.part(outline, glass)
    left, top = outline.min(axis=0)
    right, bottom = outline.max(axis=0)
    wide = right - left
    gleam = points(
        (left + 0.35 * wide, bottom - 0.03), (left + 0.5 * wide, bottom - 0.03),
        (left + 0.75 * wide, top + 0.04), (left + 0.6 * wide, top + 0.04),
    )  # fmt: skip
    c.mark(gleam, WHITE, 0.5)


def _hull(c: Canvas, look: Colouring, outline: Points, band: float) -> None:
    """A painted body, darker towards the ground, sometimes with a band of the second colour."""
    c.part(outline, look.main)
    left, right = outline[:, 0].min(), outline[:, 0].max()
    c.mark(box(left, _SILL - 0.12, right, _SILL), darker(look.main, 0.4))
    if look.chance(0.3):
        c.mark(box(left + 0.01, band, right - 0.02, band + look.between(0.05, 0.12)), look.second)


def _lamps(c: Canvas, front: float, rear: float, y: float) -> None:
    c.mark(ellipse(front - 0.05, y, 0.06, 0.05), (255, 236, 160))
    c.mark(box(rear, y - 0.06, rear + 0.06, y + 0.06), (206, 44, 40))


def _handle(c: Canvas, x: float, y: float, top: float) -> None:
    """A door: its seam and its handle."""
    c.mark(box(x, top, x + 0.025, _SILL - 0.04), BLACK, 0.45)
    c.mark(box(x - 0.14, y, x - 0.04, y + 0.035), BLACK, 0.6)


def _rack(c: Canvas, left: float, right: float, top: float) -> None:
    c.mark(box(left, top - 0.09, right, top - 0.05), BLACK)
    for x in (left + 0.05, right - 0.1):
        c.mark(box(x, top - 0.09, x + 0.04, top + 0.02), BLACK)


def car(c: Canvas, look: Colouring) -> None:
    """Low hull with a bonnet and a rounded cabin; the boot may be missing (hatchback, estate)."""
    end = look.between(0.82, 0.98)
    deck = look.between(-0.02, 0.1)
    roof = deck - look.between(0.28, 0.42)
    boot = look.pick((0.04, 0.12, 0.35, 0.45))
    bonnet = end - look.between(0.4, 0.62)
    hull = points(
        (-end, _SILL), (-end - 0.02, deck + 0.1), (-end + 0.06, deck + 0.01), (bonnet, deck - 0.01),
        (end - 0.18, deck + 0.05), (end - 0.02, deck + 0.14), (end + 0.01, _SILL),
    )  # fmt: skip
    rear = -end + boot
    slope, rake = look.between(0.1, 0.22), look.between(0.16, 0.34)
    cabin = points(
        (rear, deck + 0.03), (rear + slope, roof + 0.03), (rear + slope + 0.07, roof),
        (bonnet - rake - 0.05, roof), (bonnet - rake + 0.03, roof + 0.04), (bonnet + 0.04, deck + 0.03),
    )  # fmt: skip
    if look.chance(0.12):
        _rack(c, rear + slope + 0.05, bonnet - rake, roof)
    c.part(cabin, look.main if look.chance(0.75) else look.second)
    glass, pillar = _glass(look), (rear + slope + bonnet - rake) / 2 + look.between(-0.08, 0.12)
    low, high = deck - 0.02, roof + 0.07
    _window(
        c, points((rear + 0.08, low), (rear + slope + 0.06, high), (pillar - 0.03, high), (pillar - 0.03, low)), glass
    )
    _window(c, points((pillar + 0.03, low), (pillar + 0.03, high), (bonnet - rake, high), (bonnet - 0.05, low)), glass)
    _hull(c, look, hull, deck + 0.1)
    _handle(c, pillar, deck + 0.07, deck)
    _lamps(c, end, -end, deck + 0.17)
    radius = look.between(0.17, 0.22)
    _wheels(c, look, -end + look.between(0.3, 0.4), end - look.between(0.28, 0.36), radius=radius)


def van(c: Canvas, look: Colouring) -> None:
    """One tall body with a short sloping nose; closed sides, or windows like a small bus."""
    end = look.between(0.76, 0.96)
    roof = look.between(-0.56, -0.36)
    brow = end - look.between(0.28, 0.45)
    chin = roof + look.between(0.36, 0.46)
    hull = points(
        (-end, _SILL), (-end, roof + 0.07), (-end + 0.06, roof), (brow, roof), (brow + 0.08, roof + 0.04),
        (end - 0.14, chin), (end - 0.01, chin + 0.1), (end, _SILL),
    )  # fmt: skip
    if look.chance(0.25):
        _rack(c, -end + 0.2, brow - 0.1, roof)
    _hull(c, look, hull, chin + 0.1)
    glass, high, low = _glass(look), roof + 0.1, chin + 0.01
    door = brow - look.between(0.2, 0.3)
    _window(c, points((door, low), (door, high), (brow, high), (end - 0.2, low)), glass)
    if look.chance(0.55):
        count = look.pick((1, 2, 2))
        wide = (door + end - 0.18) / count
        for i in range(count):
            left = -end + 0.1 + i * wide
            _window(c, box(left, high, left + wide - 0.08, low, 0.04), glass)
    _handle(c, door - 0.04, chin + 0.08, roof + 0.08)
    _lamps(c, end, -end, chin + 0.2)
    radius = look.between(0.16, 0.21)
    _wheels(c, look, -end + look.between(0.3, 0.4), end - look.between(0.27, 0.36), radius=radius)


def bus(c: Canvas, look: Colouring) -> None:
    """A long box with a row of windows, a door and a flat front; now and then two decks."""
    end = look.between(0.9, 1.0)
    double = look.chance(0.2)
    roof = look.between(-0.82, -0.7) if double else look.between(-0.5, -0.34)
    hull = points(
        (-end, _SILL), (-end, roof + 0.06), (-end + 0.05, roof), (end - 0.1, roof), (end - 0.03, roof + 0.06),
        (end, roof + 0.3), (end, _SILL),
    )  # fmt: skip
    _hull(c, look, hull, 0.12)
    glass, count = _glass(look), look.pick((3, 4, 5))
    high = roof + look.between(0.08, 0.13)
    rows = (high, high + 0.48) if double else (high,)
    tall, front = look.between(0.26, 0.34), end - 0.3
    wide = (front + end - 0.1) / count
    for top in rows:
        for i in range(count):
            left = -end + 0.07 + i * wide
            _window(c, box(left, top, left + wide - 0.06, top + tall, 0.03), glass)
    top = rows[-1]
    if look.chance(0.7):
        c.part(box(front, top, front + 0.15, _SILL - 0.03), glass)
        c.mark(box(front + 0.065, top, front + 0.085, _SILL - 0.03), BLACK, 0.7)
    _window(c, points((end - 0.1, top), (end - 0.03, top), (end, top + tall), (end - 0.1, top + tall)), glass)
    _lamps(c, end, -end, 0.24)
    radius = look.between(0.14, 0.19)
    _wheels(c, look, -end + look.between(0.32, 0.45), end - look.between(0.4, 0.52), radius=radius)


def truck(c: Canvas, look: Colouring) -> None:
    """A cab before a load on a frame: a closed box, a tank, or an open bed."""
    end = look.between(0.88, 1.0)
    cab = end - look.between(0.42, 0.56)
    roof = look.between(-0.4, -0.2)
    load = cab - look.between(0.02, 0.08)
    c.mark(box(-end, 0.24, end - 0.1, _SILL), darker(look.second, 0.7))
    _load(c, look, -end, load)
    rake, chin = look.between(0.04, 0.2), roof + look.between(0.3, 0.36)
    hull = points(
        (cab, _SILL), (cab, roof + 0.05), (cab + 0.05, roof), (end - rake - 0.06, roof), (end - rake, roof + 0.04),
        (end - 0.03, chin), (end, chin + 0.1), (end, _SILL),
    )  # fmt: skip
    _hull(c, look, hull, chin + 0.1)
    _window(
        c,
        points((cab + 0.1, chin), (cab + 0.1, roof + 0.08), (end - rake - 0.04, roof + 0.08), (end - 0.08, chin)),
        _glass(look),
    )
    _handle(c, cab + 0.22, chin + 0.07, chin)
    _lamps(c, end, cab, chin + 0.2)
    radius, first = look.between(0.16, 0.2), -end + look.between(0.22, 0.32)
    axles = (first, first + 2.15 * radius) if look.chance(0.5) else (first + 0.1,)
    _wheels(c, look, *axles, end - look.between(0.25, 0.32), radius=radius)


def _load(c: Canvas, look: Colouring, left: float, right: float) -> None:
    colour = look.pick((look.second, look.main, WHITE))
    form = look.rng.random()
    if form < 0.55:
        top = look.between(-0.62, -0.38)
        c.part(box(left, top, right, 0.27), colour)
        c.mark(box(left, 0.17, right, 0.27), darker(colour, 0.3))
        if look.chance(0.4):
            c.mark(box(left + 0.15, top + 0.2, right - 0.2, top + 0.34), mix(colour, look.main, 0.8))
        if look.chance(0.4):
            for share in (0.25, 0.5, 0.75):
                x = left + (right - left) * share
                c.mark(box(x, top + 0.03, x + 0.02, 0.25), BLACK, 0.35)
    elif form < 0.72:
        middle = (left + right) / 2
        c.part(box(left, -0.34, right - 0.03, 0.25, 0.2), colour)
        c.mark(box(left + 0.1, -0.27, right - 0.12, -0.17), lighter(colour, 0.6))
        c.mark(box(middle - 0.02, -0.34, middle + 0.02, 0.25), BLACK, 0.5)
    else:
        high = look.between(-0.02, 0.12)
        for x in (left + 0.28, left + 0.6, right - 0.35):
            c.part(ellipse(x, high + 0.02, 0.24, look.between(0.12, 0.3)), (146, 108, 70))
        c.part(box(left, high, right, 0.27), colour)
        for share in (0.33, 0.66):
            x = left + (right - left) * share
            c.mark(box(x, high, x + 0.03, 0.27), BLACK, 0.4)


DRAWERS: Mapping[str, Drawer] = {"car": car, "van": van, "truck": truck, "bus": bus}
