"""Curves as drawings: SVG of our own making from the record's points, the same in HTML and PDF."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias
from xml.etree import ElementTree

from maga_desk.domain.record_judgement import RecordCurve
from maga_desk.services.records.paper.blocks import Chart
from maga_desk.services.records.paper.values import shortened
from maga_desk.services.records.paper.wording import settable

Points: TypeAlias = tuple[tuple[float, float], ...]

_WIDTH, _HEIGHT = 640, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 10, 40
_LEGEND = 18  # height of one line of it
_MOST = 240  # points of one line; more would not be seen
_LINES = (("#1f4e8c", ""), ("#a8480b", "7 3"), ("#2b6b3f", "2 3"), ("#6b2a7a", "9 3 2 3"), ("#444444", "1 4"))
"""Colours that differ in print without colour as well: each has a dash of its own."""
_FONT = "Libertinus Serif, Georgia, serif"


def charts(curves: Sequence[RecordCurve]) -> tuple[Chart, ...]:
    """A chart for each thing that was watched, with a line for each net."""
    together: dict[tuple[str, str, str], list[RecordCurve]] = {}
    for curve in curves:
        together.setdefault((curve.title, curve.x, curve.y), []).append(curve)
    return tuple(_chart(title, x, y, lines) for (title, x, y), lines in together.items())


def _chart(title: str, x: str, y: str, curves: Sequence[RecordCurve]) -> Chart:
    lines = [(each.net, each.points) for each in curves if each.points]
    if not lines:
        return Chart(title, "", "No points were kept.")
    said = "; ".join(f"{net}: {_told(points, y)}" for net, points in lines)
    alt = f"{title}. Across: {x}; up: {y}. {said}."
    return Chart(title, _drawn(settable(alt), x, y, lines), alt)


def _told(points: Points, y: str) -> str:
    """A line in words: where it begins and ends, and how far it goes between."""
    ys = [each for _, each in points]
    return (
        f"{_short(ys[0])} at {_short(points[0][0])}, {_short(ys[-1])} at {_short(points[-1][0])}, "
        f"between {_short(min(ys))} and {_short(max(ys))}"
    )


def _drawn(alt: str, x: str, y: str, lines: Sequence[tuple[str, Points]]) -> str:
    across = ticks(*_reach([each for _, points in lines for each, _ in points]))
    up = ticks(*_reach([each for _, points in lines for _, each in points]))
    height = _HEIGHT + _LEGEND * len(lines)
    svg = ElementTree.Element(
        "svg",
        {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {_WIDTH} {height}", "role": "img", "aria-label": alt},
    )

    def at(point: tuple[float, float]) -> tuple[float, float]:
        wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
        return (
            round(_LEFT + wide * (point[0] - across[0]) / (across[-1] - across[0]), 1),
            round(_TOP + high * (up[-1] - point[1]) / (up[-1] - up[0]), 1),
        )

    for tick in up:
        _, line = at((across[0], tick))
        _line(svg, (_LEFT, line), (_WIDTH - _RIGHT, line), "#d8d8d8")
        _text(svg, _short(tick), (_LEFT - 6, line + 4), "end")
    for tick in across:
        place, _ = at((tick, up[0]))
        _line(svg, (place, _HEIGHT - _BOTTOM), (place, _HEIGHT - _BOTTOM + 4), "#666666")
        _text(svg, _short(tick), (place, _HEIGHT - _BOTTOM + 17), "middle")
    _line(svg, (_LEFT, _HEIGHT - _BOTTOM), (_WIDTH - _RIGHT, _HEIGHT - _BOTTOM), "#666666")
    _text(svg, x, (_LEFT + (_WIDTH - _LEFT - _RIGHT) / 2, _HEIGHT - 6), "middle")
    _text(svg, y, (12, _TOP + (_HEIGHT - _TOP - _BOTTOM) / 2), "middle", turned=True)
    for number, (net, points) in enumerate(lines):
        colour, dash = _LINES[number % len(_LINES)]
        drawn = " ".join(f"{across_},{up_}" for across_, up_ in map(at, thinned(points)))
        style = {"fill": "none", "stroke": colour, "stroke-width": "1.6", "stroke-linejoin": "round"}
        if dash:
            style["stroke-dasharray"] = dash
        ElementTree.SubElement(svg, "polyline", {"points": drawn, **style})
        place = _HEIGHT + _LEGEND * number + 10
        ElementTree.SubElement(svg, "polyline", {"points": f"{_LEFT},{place} {_LEFT + 36},{place}", **style})
        _text(svg, net, (_LEFT + 44, place + 4), "start")
    return ElementTree.tostring(svg, encoding="unicode")


def _line(svg: ElementTree.Element, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    places = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
    told = {name: f"{value:g}" for name, value in places.items()}
    ElementTree.SubElement(svg, "line", {**told, "stroke": colour, "stroke-width": "1"})


def _text(
    svg: ElementTree.Element, text: str, place: tuple[float, float], anchor: str, *, turned: bool = False
) -> None:
    x, y = (f"{each:g}" for each in place)
    turn = {"transform": f"rotate(-90 {x} {y})"} if turned else {}
    named = {"x": x, "y": y, "text-anchor": anchor, "font-size": "12", "font-family": _FONT, "fill": "#222222"}
    ElementTree.SubElement(svg, "text", {**named, **turn}).text = settable(shortened(text, 40 if turned else 90))


def thinned(points: Points, most: int = _MOST) -> Points:
    """At most about ``most`` points: of each stretch the least and the largest, in their order, and both ends."""
    if len(points) <= most:
        return points
    width = math.ceil(2 * len(points) / most)
    kept = [points[0]]
    for start in range(0, len(points), width):
        stretch = points[start : start + width]
        ends = {min(stretch, key=lambda each: each[1]), max(stretch, key=lambda each: each[1])}
        kept += sorted(ends)
    return (*kept, points[-1])


def ticks(low: float, high: float, about: int = 5) -> tuple[float, ...]:
    """Round numbers from at or below ``low`` to at or above ``high``."""
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(each * power for each in (1.0, 2.0, 2.5, 5.0, 10.0) if each * power >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(number * step, 12) for number in range(first, last + 1))


def _reach(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if high - low > 1e-9 * max(abs(low), abs(high), 1e-9):
        return low, high
    middle = abs(low) * 0.1 or 1.0
    return low - middle, high + middle


def _short(value: float) -> str:
    whole = value == round(value) and abs(value) < 1e9
    return (f"{value:,.0f}" if whole else f"{value:.4g}").replace("-", "−")
