"""Animals: ears, eyes, muzzles, whiskers, bodies, legs and tails are shared; their proportions make the kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from maga_desk.data.demo_world.canvas import Canvas, Colouring, Drawer, Placement
from maga_desk.data.demo_world.colours import BLACK, WHITE, Colour, brightness, darker, lighter, mix
from maga_desk.data.demo_world.shapes import Points, along, bezier, box, ellipse, points, ribbon, smooth

_PINK: Colour = (226, 150, 150)


@dataclass(frozen=True)
class Features:
    """What tells one animal from another; everything else is common.

    The head is drawn in -0.6..0.6 units around its middle.

    :param ear: the right ear's outline around its root at (0, 0), tip up.
    :param ear_x: the root's place beside the middle of the head.
    :param ear_y: the root's place above or below it.
    :param ear_lean: how far the ear leans out, in degrees.
    :param cheeks: half width of the head at the cheeks.
    :param jaw: half width near the chin.
    :param chin: how far below the middle the chin is.
    :param muzzle: half width and half height of the muzzle.
    :param pale: cheeks and chest are pale.
    :param nose: half width of the nose.
    :param tail: the tail's middle line from its root at (0, 0) to the left.
    :param tail_width: at root and tip; ``tip`` makes the tip pale.
    :param inner: the inside of the ear can be seen.
    """

    ear: Points
    ear_x: float
    ear_y: float
    ear_lean: float
    cheeks: float
    jaw: float
    chin: float
    muzzle: tuple[float, float]
    pale: bool
    nose: float
    tail: Points
    tail_width: tuple[float, float]
    tip: bool = False
    whiskers: bool = False
    teeth: bool = False
    tongue: bool = False
    inner: bool = True


def _ears(c: Canvas, look: Colouring, f: Features) -> None:
    tipped = look.chance(0.25)
    for side in (-1, 1):
        lean = f.ear_lean + look.between(-8, 8)
        ear = c.placed(Placement.of(side * f.ear_x, f.ear_y, degrees=side * lean, flip=side < 0))
        ear.part(f.ear, darker(look.main, 0.15))
        if tipped:
            middle = f.ear.mean(axis=0)
            ear.mark((f.ear - middle) * 0.7 + middle + (0, -0.06), darker(look.main, 0.6))
        elif f.inner:
            middle = f.ear.mean(axis=0)
            ear.mark((f.ear - middle) * 0.55 + middle + (0, 0.04), mix(_PINK, look.main, 0.35))


def _coat(c: Canvas, look: Colouring) -> None:
    """A blaze, a patch over one eye, or stripes on the brow."""
    form, second = look.rng.random(), look.second
    if form < 0.15:
        c.mark(points((-0.09, -0.5), (0.09, -0.5), (0.14, 0.2), (-0.14, 0.2)), lighter(look.main, 0.7))
    elif form < 0.32:
        c.mark(ellipse(look.pick((-0.24, 0.24)), -0.1, 0.2, 0.24), second, 0.85)
    elif form < 0.47:
        for x in (-0.16, 0.0, 0.16):
            c.mark(box(x - 0.03, -0.48, x + 0.03, -0.26), darker(look.main, 0.5))


def _head(c: Canvas, look: Colouring, f: Features, behind: bool) -> None:
    """A face from the front in -0.6..0.6 units; hanging ears (``behind`` false) lie over the head."""
    if behind:
        _ears(c, look, f)
    c.part(
        smooth(
            (0, -0.52),
            (0.34, -0.42),
            (f.cheeks, 0.0),
            (f.jaw, f.chin * 0.66),
            (0, f.chin),
            (-f.jaw, f.chin * 0.66),
            (-f.cheeks, 0.0),
            (-0.34, -0.42),
        ),
        look.main,
    )
    _coat(c, look)
    pale = lighter(look.main, 0.75)
    wide, tall = f.muzzle
    low = f.chin - tall - 0.03
    if f.pale:
        for side in (-1, 1):
            c.mark(
                smooth(
                    (side * 0.03, low + tall),
                    (side * f.jaw * 0.95, f.chin * 0.62),
                    (side * f.cheeks * 0.96, 0.05),
                    (side * 0.2, 0.12),
                ),
                pale,
            )
    if f.pale or look.chance(0.6):
        c.mark(ellipse(0, low, wide, tall), pale)
    else:
        c.mark(ellipse(0, low, wide, tall), lighter(look.main, 0.3))
    if f.tongue and look.chance(0.4):
        c.mark(ellipse(0.03, low + tall, 0.08, 0.13), (222, 96, 110))
    _eyes(c, look)
    nose = look.pick((BLACK, BLACK, darker(_PINK, 0.15)))
    y = low - tall * 0.45
    c.mark(smooth((-f.nose, y - 0.03), (f.nose, y - 0.03), (0, y + f.nose * 0.9)), nose)
    c.mark(box(-0.015, y, 0.015, low + tall * 0.5), BLACK, 0.7)
    if f.teeth and look.chance(0.6):
        c.mark(box(-0.07, low + tall * 0.4, 0.07, low + tall * 0.95), WHITE)
        c.mark(box(-0.01, low + tall * 0.4, 0.01, low + tall * 0.95), BLACK, 0.6)
    if f.whiskers and look.chance(0.75):
        colour = WHITE if brightness(look.main) < 120 else darker(look.main, 0.65)
        for side in (-1, 1):
            for drop in (-0.05, 0.05):
                c.mark(ribbon(points((side * 0.12, low + drop * 0.5), (side * 0.62, low + drop * 3)), 0.03), colour)
    if not behind:
        _ears(c, look, f)


def _eyes(c: Canvas, look: Colouring) -> None:
    apart, y = look.between(0.2, 0.27), look.between(-0.16, -0.06)
    wide, tall = look.between(0.07, 0.1), look.between(0.08, 0.12)
    iris: Colour = look.pick((BLACK, BLACK, (196, 160, 40), (96, 150, 80), (90, 60, 36)))
    rim = look.chance(0.35) or brightness(look.main) < 90
    for x in (-apart, apart):
        if look.chance(0.04):
            c.mark(box(x - wide, y - 0.02, x + wide, y + 0.02), BLACK)  # a wink
            continue
        if rim:
            c.mark(ellipse(x, y, wide + 0.03, tall + 0.03), lighter(look.main, 0.8))
        c.mark(ellipse(x, y, wide, tall), iris)
        c.mark(ellipse(x, y, wide * 0.55, tall * 0.7), BLACK)
        c.mark(ellipse(x + 0.025, y - 0.04, 0.028), WHITE)


def _tail(c: Canvas, look: Colouring, f: Features) -> None:
    c.part(ribbon(f.tail, f.tail_width), darker(look.main, 0.1))
    tail, (start, end) = f.tail, f.tail_width
    share = min(len(tail) * 2 // 3, len(tail) - 2)
    c.mark(ellipse(tail[-1, 0], tail[-1, 1], end / 2), darker(look.main, 0.1))
    if f.tip:
        c.mark(ribbon(tail[share:], (start + (end - start) * 0.66, end)), lighter(look.main, 0.8))
        c.mark(ellipse(tail[-1, 0], tail[-1, 1], end / 2), lighter(look.main, 0.8))


def _portrait(c: Canvas, look: Colouring, f: Features, behind: bool) -> None:
    """The head alone, over a hint of shoulders."""
    c.part(smooth((-0.4, 0.55), (0.4, 0.55), (0.75, 1.3), (-0.75, 1.3)), darker(look.main, 0.15))
    _head(c.placed(Placement.of(0, 0.18, scale=1.12)), look, f, behind)


def _sitting(c: Canvas, look: Colouring, f: Features, behind: bool) -> None:
    """From the front: head over a pear-shaped body, two forelegs, the tail to one side."""
    _tail(c.placed(Placement.of(-0.3, 0.8, flip=look.chance(0.5))), look, f)
    c.part(
        smooth((0, -0.3), (0.3, 0.0), (0.46, 0.6), (0.36, 0.92), (0, 0.95), (-0.36, 0.92), (-0.46, 0.6), (-0.3, 0.0)),
        look.main,
    )
    if f.pale or look.chance(0.4):
        c.mark(ellipse(0, 0.3, 0.2, 0.34), lighter(look.main, 0.7))
    for x in (-0.14, 0.14):
        c.part(box(x - 0.11, 0.35, x + 0.11, 0.95, 0.08), lighter(look.main, 0.08))
        c.mark(ellipse(x, 0.92, 0.14, 0.07), lighter(look.main, 0.4 if f.tip else 0.15))
    _head(
        c.placed(Placement.of(look.between(-0.06, 0.06), -0.26, scale=0.94, degrees=look.between(-10, 10))),
        look,
        f,
        behind,
    )


def _standing(c: Canvas, look: Colouring, f: Features, behind: bool) -> None:
    """From the side, facing right with the head towards the viewer."""
    high = look.between(-0.05, 0.08)
    _tail(c.placed(Placement.of(-0.66, high + 0.1)), look, f)
    far = darker(look.main, 0.35)
    step = look.between(-0.08, 0.08)
    for x, colour in ((-0.48 + step, far), (0.3 - step, far), (-0.62, look.main), (0.14, look.main)):
        c.part(box(x - 0.09, high + 0.2, x + 0.09, 0.88, 0.05), colour)
    c.part(
        smooth(
            (-0.74, high + 0.1),
            (-0.4, high - 0.14),
            (0.1, high - 0.1),
            (0.44, high - 0.2),
            (0.5, high + 0.2),
            (0.1, high + 0.42),
            (-0.5, high + 0.38),
        ),
        look.main,
    )
    if look.chance(0.3):
        c.mark(ellipse(-0.3, high + 0.1, 0.2, 0.15), look.second, 0.85)
    c.mark(
        smooth((-0.5, high + 0.34), (0.0, high + 0.26), (0.3, high + 0.3), (0.1, high + 0.42)), darker(look.main, 0.25)
    )
    _head(c.placed(Placement.of(0.48, high - 0.34, scale=0.8, degrees=look.between(-12, 12))), look, f, behind)


def _animal(c: Canvas, look: Colouring, f: Features, behind: bool = True) -> None:
    pose: Callable[[Canvas, Colouring, Features, bool], None] = look.pick(
        (_portrait, _portrait, _portrait, _sitting, _sitting, _standing)
    )
    pose(c, look, f, behind)


def cat(c: Canvas, look: Colouring) -> None:
    """Upright pointed ears, a round face with whiskers, a long thin tail."""
    tall, foot = look.between(0.3, 0.42), look.between(0.16, 0.22)
    _animal(
        c,
        look,
        Features(
            ear=points((-foot, 0.12), (0.02, -tall), (foot, 0.14)),
            ear_x=look.between(0.27, 0.33),
            ear_y=-0.36,
            ear_lean=look.between(6, 24),
            cheeks=look.between(0.52, 0.6),
            jaw=look.between(0.38, 0.46),
            chin=look.between(0.38, 0.45),
            muzzle=(look.between(0.17, 0.23), look.between(0.11, 0.15)),
            pale=look.chance(0.2),
            nose=look.between(0.05, 0.08),
            tail=bezier((0, 0), (-0.45, 0.1), (-0.55, -0.3), (-0.2 - look.between(0, 0.25), -0.7)),
            tail_width=(0.14, 0.11),
            tip=look.chance(0.15),
            whiskers=True,
        ),
    )


def dog(c: Canvas, look: Colouring) -> None:
    """Hanging ears (sometimes pricked), a broad muzzle with a big nose, a short tail."""
    hanging = look.chance(0.75)
    long = look.between(0.4, 0.65)
    foot = look.between(0.14, 0.2)
    if hanging:
        ear = smooth((-0.08, -0.1), (0.12, -0.12), (0.24, 0.1), (0.22, long), (0.06, long + 0.06), (-0.06, long * 0.5))
    else:
        ear = points((-foot, 0.12), (0.02, -long * 0.62), (foot, 0.14))
    _animal(
        c,
        look,
        Features(
            ear=ear,
            ear_x=look.between(0.36, 0.44) if hanging else look.between(0.27, 0.33),
            ear_y=-0.34,
            ear_lean=look.between(-14, 6) if hanging else look.between(6, 22),
            cheeks=look.between(0.44, 0.54),
            jaw=look.between(0.34, 0.42),
            chin=look.between(0.5, 0.6),
            muzzle=(look.between(0.22, 0.3), look.between(0.17, 0.23)),
            pale=look.chance(0.2),
            nose=look.between(0.09, 0.14),
            tail=along((0, 0), (-0.22, -0.16), (-0.3, -0.36 - look.between(0, 0.2))),
            tail_width=(0.16, 0.1),
            tip=look.chance(0.15),
            tongue=True,
            inner=not hanging,
        ),
        behind=not hanging,
    )


def fox(c: Canvas, look: Colouring) -> None:
    """Large pointed ears, a narrow chin, pale cheeks, a bushy tail with a pale tip."""
    tall, foot = look.between(0.42, 0.56), look.between(0.2, 0.26)
    _animal(
        c,
        look,
        Features(
            ear=points((-foot, 0.14), (0.04, -tall), (foot, 0.14)),
            ear_x=look.between(0.3, 0.36),
            ear_y=-0.34,
            ear_lean=look.between(8, 26),
            cheeks=look.between(0.54, 0.64),
            jaw=look.between(0.13, 0.2),
            chin=look.between(0.55, 0.66),
            muzzle=(look.between(0.12, 0.17), look.between(0.1, 0.14)),
            pale=look.chance(0.85),
            nose=look.between(0.06, 0.09),
            tail=bezier((0, 0), (-0.4, 0.12), (-0.6, -0.1), (-0.5, -0.5 - look.between(0, 0.15))),
            tail_width=(0.16, 0.34),
            tip=look.chance(0.85),
            whiskers=look.chance(0.2),
        ),
    )


def rabbit(c: Canvas, look: Colouring) -> None:
    """Long ears, upright or hanging, a small round face with teeth, a puff of a tail."""
    tall, broad = look.between(0.66, 0.92), look.between(0.1, 0.15)
    hanging = look.chance(0.22)
    ear = smooth((-broad * 0.7, 0.1), (-broad, -tall * 0.5), (0, -tall), (broad, -tall * 0.5), (broad * 0.7, 0.1))
    _animal(
        c,
        look,
        Features(
            ear=ear,
            ear_x=0.36 if hanging else look.between(0.14, 0.22),
            ear_y=-0.36,
            ear_lean=look.between(140, 165) if hanging else look.between(-4, 24),
            cheeks=look.between(0.4, 0.48),
            jaw=look.between(0.32, 0.4),
            chin=look.between(0.42, 0.5),
            muzzle=(look.between(0.16, 0.22), look.between(0.12, 0.16)),
            pale=look.chance(0.25),
            nose=look.between(0.05, 0.07),
            tail=points((0.04, 0.06), (-0.1, -0.02), (-0.14, -0.04)),
            tail_width=(0.24, 0.28),
            tip=look.chance(0.4),
            whiskers=look.chance(0.4),
            teeth=True,
        ),
        behind=not hanging,
    )


DRAWERS: Mapping[str, Drawer] = {"cat": cat, "dog": dog, "fox": fox, "rabbit": rabbit}
