"""Footwear from the side, toe to the right: soles, uppers, laces, straps and heels are shared."""

from __future__ import annotations

from collections.abc import Mapping

from maga_desk.data.demo_world.canvas import Canvas, Colouring, Drawer
from maga_desk.data.demo_world.colours import BLACK, WHITE, Colour, darker, lighter
from maga_desk.data.demo_world.shapes import Pair, Points, along, bezier, box, ellipse, points, ribbon, smooth

_GROUND = 0.62


def _sole_colour(look: Colouring) -> Colour:
    return look.pick((WHITE, (196, 160, 116), BLACK, look.second, darker(look.main, 0.5)))


def _sole(c: Canvas, colour: Colour, thick: float, *, tread: bool, heel: float = 0.0) -> None:
    """A flat sole from heel to toe, lifted a little at the toe; ``heel`` adds a block under the back."""
    top, low = _GROUND - thick - heel, _GROUND - heel
    outline = points(
        (-0.92, top + 0.04), (-0.89, top), (0.84, top - 0.03), (0.92, top), (0.94, low - 0.08), (0.86, low - 0.03),
        (0.5, low), (-0.87, low), (-0.92, low - 0.03),
    )  # fmt: skip
    c.part(outline, colour)
    if heel:
        c.part(
            points((-0.9, low - 0.04), (-0.36, low - 0.04), (-0.44, _GROUND), (-0.88, _GROUND)), darker(colour, 0.25)
        )
    if tread:
        for i in range(9):
            x = -0.82 + i * 0.19
            c.mark(box(x, low - 0.04, x + 0.08, low + 0.01), darker(colour, 0.45))


def _upper(c: Canvas, look: Colouring, base: float, collar: float, toe: float) -> Pair:
    """A closed shoe on a sole at ``base`` with its opening at height ``collar``; returns the top of the throat."""
    front = -0.22 + look.between(-0.06, 0.08)
    back = -0.86 + look.between(-0.02, 0.08)
    lean = 0.06 * (base - collar)
    ankle = min(base - 0.3, collar + 0.25)
    outline = smooth(
        (-0.88, base), (-0.88, base - 0.25), (back - lean * 0.3, ankle), (back - lean, collar), (front + lean, collar),
        (front + 0.06, ankle), (0.32, base - toe * 1.2), (0.68, base - toe), (0.88, base - toe * 0.55), (0.9, base),
        (0.5, base), (-0.5, base),
    )  # fmt: skip
    c.part(outline, look.main)
    c.mark(
        smooth(
            (-0.87, base),
            (-0.87, base - 0.16),
            (0.1, base - 0.1),
            (0.88, base - 0.1),
            (0.9, base),
            (0.5, base),
            (-0.5, base),
        ),
        darker(look.main, 0.25),
    )
    c.mark(ellipse((back + front) / 2, collar + 0.02, (front - back) / 2 - 0.02, 0.06), darker(look.main, 0.6))
    return front + 0.06, ankle


def _laces(c: Canvas, look: Colouring, top: Pair, bottom: Pair, count: int) -> None:
    colour = look.pick((WHITE, BLACK, look.second))
    for i in range(count):
        t = (i + 0.5) / count
        x, y = top[0] + (bottom[0] - top[0]) * t, top[1] + (bottom[1] - top[1]) * t
        c.mark(ribbon(points((x - 0.16, y + 0.03), (x + 0.06, y + 0.01)), 0.055), colour)


def _strap(c: Canvas, curve: Points, width: float, colour: Colour, buckle: bool) -> None:
    c.part(ribbon(curve, width), colour)
    if buckle:
        x, y = curve[len(curve) // 2]
        c.mark(ellipse(x, y, 0.06), (214, 184, 92))
        c.mark(ellipse(x, y, 0.03), darker(colour, 0.4))


def sneaker(c: Canvas, look: Colouring) -> None:
    """Thick sole, laces, a stripe or a patch; the collar may reach over the ankle."""
    thick, collar = look.between(0.12, 0.22), look.pick((-0.08, -0.12, -0.16, -0.2, -0.38))
    sole, base = _sole_colour(look), _GROUND - thick + 0.03
    throat = _upper(c, look, base, collar + look.between(-0.04, 0.08), look.between(0.26, 0.34))
    toe_cap = look.chance(0.4)
    if toe_cap:
        c.mark(
            smooth((0.62, base), (0.64, base - 0.22), (0.82, base - 0.17), (0.9, base - 0.06), (0.9, base)),
            lighter(sole, 0.3),
        )
    _laces(c, look, throat, (0.3, base - 0.34), look.pick((3, 4)))
    deco = look.rng.random()
    if deco < 0.4:
        c.mark(
            ribbon(
                bezier((-0.7, base - 0.16), (-0.3, base - 0.05), (0.0, base - 0.1), (0.22, base - 0.3)), (0.04, 0.13)
            ),
            look.second,
        )
    elif deco < 0.7:
        for x in (-0.3, -0.14, 0.02):
            c.mark(ribbon(points((x, base - 0.06), (x + 0.14, base - 0.34)), 0.07), look.second)
    else:
        c.mark(smooth((-0.87, base), (-0.88, base - 0.3), (-0.62, base - 0.26), (-0.52, base)), look.second)
    _sole(c, sole, thick, tread=look.chance(0.4))


def boot(c: Canvas, look: Colouring) -> None:
    """A shaft over the ankle or up to the knee, often a heel block, a cuff, laces or a buckle."""
    thick, heel = look.between(0.07, 0.14), look.pick((0.0, 0.08, 0.12, 0.16))
    collar = look.pick((-0.45, -0.62, -0.75, -0.9))
    sole, base = _sole_colour(look), _GROUND - thick - heel + 0.03
    throat = _upper(c, look, base, collar, look.between(0.24, 0.32))
    deco = look.rng.random()
    if deco < 0.4:
        _laces(c, look, (throat[0] - 0.02, collar + 0.14), (0.26, base - 0.34), look.pick((4, 5, 6)))
    elif deco < 0.65:
        _strap(c, points((-0.88, -0.02), (-0.4, 0.02), (-0.1, 0.06)), 0.1, look.second, True)
    if look.chance(0.35):
        c.part(box(-0.92, collar - 0.04, -0.14, collar + 0.1, 0.04), look.second)
    _sole(c, sole, thick, tread=look.chance(0.4), heel=heel)


def sandal(c: Canvas, look: Colouring) -> None:
    """A sole with straps and much air: slide, thong, or bands up to the ankle; it may stand on a wedge."""
    thick, sole = look.between(0.1, 0.18), _sole_colour(look)
    wedge = look.between(0.14, 0.34) if look.chance(0.3) else 0.0
    top = _GROUND - thick + 0.02
    if wedge:
        c.part(
            points((-0.88, top - wedge), (-0.5, top - wedge), (0.35, top), (0.35, _GROUND), (-0.86, _GROUND)),
            darker(sole, 0.2),
        )
    _sole(c, sole, thick, tread=look.chance(0.25))
    seat = top - wedge
    if wedge:
        c.mark(ribbon(along((-0.9, seat), (-0.5, seat), (0.3, top - 0.02)), 0.08), lighter(sole, 0.3))
    width, form = look.between(0.09, 0.17), look.rng.random()
    strap = look.main
    if form < 0.3:
        _strap(
            c,
            bezier((0.02, top), (0.1, top - 0.55), (0.5, top - 0.5), (0.66, top)),
            width * 2.2,
            strap,
            look.chance(0.3),
        )
    elif form < 0.55:
        _strap(
            c, bezier((0.7, top), (0.62, top - 0.3), (0.2, top - 0.45), (-0.25, top - wedge * 0.5)), width, strap, False
        )
        _strap(c, bezier((0.7, top), (0.6, top - 0.25), (0.45, top - 0.3), (0.2, top)), width, strap, False)
    else:
        for x in (0.5, 0.1)[: look.pick((1, 2))]:
            _strap(
                c,
                bezier((x - 0.1, top), (x - 0.06, top - 0.42), (x + 0.2, top - 0.4), (x + 0.28, top)),
                width,
                strap,
                False,
            )
    if form > 0.3 and look.chance(0.8):
        ankle = seat - look.between(0.42, 0.6)
        _strap(c, along((-0.84, seat), (-0.88, seat - 0.25), (-0.84, ankle)), width, strap, False)
        _strap(c, along((-0.86, ankle), (-0.55, ankle + 0.06), (-0.24, ankle + 0.02)), width, strap, look.chance(0.6))
        if look.chance(0.6):
            _strap(
                c,
                along((-0.24, ankle + 0.02), (-0.16, ankle + 0.3), (-0.1, top - 0.02 - wedge * 0.4)),
                width * 0.8,
                strap,
                False,
            )


def heel(c: Canvas, look: Colouring) -> None:
    """An arched sole on a high heel, thin or block; closed, open at the toe, or with an ankle strap."""
    lift, sole = look.between(0.42, 0.72), _sole_colour(look)
    seat, ball = _GROUND - 0.06 - lift, _GROUND - 0.06
    thick = look.pick((0.05, 0.07, 0.12, 0.2))
    c.part(
        points((-0.84, seat), (-0.84 + 0.3 + thick, seat + 0.1), (-0.7 + thick * 1.2, _GROUND), (-0.78, _GROUND)),
        darker(sole, 0.15),
    )
    arch = along((-0.86, seat), (-0.5, seat + 0.04), (0.0, seat + lift * 0.6), (0.4, ball), (0.96, ball - 0.02))
    rise, vamp = look.between(0.3, 0.42), look.between(-0.02, 0.2)
    counter = look.chance(0.8)
    if counter:
        back = smooth(
            (-0.87, seat + 0.03), (-0.9, seat - rise), (-0.74, seat - rise - 0.02), (-0.4, seat - 0.08),
            (vamp, seat + lift * 0.5), (0.2, ball - 0.02), (-0.1, seat + lift * 0.5), (-0.5, seat + 0.06),
        )  # fmt: skip
        c.part(back, look.main)
    front = smooth(
        (vamp - 0.1, seat + lift * 0.52), (vamp + 0.12, ball - 0.46), (0.5, ball - 0.28), (0.98, ball - 0.05),
        (0.9, ball + 0.02), (0.35, ball + 0.02),
    )  # fmt: skip
    c.part(front, look.main)
    c.mark(smooth((0.3, ball), (0.5, ball - 0.1), (0.95, ball - 0.06), (0.9, ball + 0.02)), darker(look.main, 0.25))
    if look.chance(0.2):
        c.mark(ellipse(0.86, ball - 0.06, 0.12, 0.07), darker(sole, 0.5))
    c.part(ribbon(arch, look.pick((0.05, 0.07, 0.1))), sole)
    if look.chance(0.45) or not counter:
        ankle = seat - look.between(0.36, 0.5)
        _strap(c, along((-0.86, seat), (-0.9, ankle + 0.1), (-0.84, ankle)), 0.08, look.main, False)
        _strap(c, along((-0.86, ankle), (-0.6, ankle + 0.07), (-0.3, ankle + 0.02)), 0.09, look.main, look.chance(0.6))
    if look.chance(0.35):
        c.mark(ellipse(vamp + 0.2, ball - 0.34, 0.1, 0.08), look.second)


DRAWERS: Mapping[str, Drawer] = {"sneaker": sneaker, "boot": boot, "sandal": sandal, "heel": heel}
