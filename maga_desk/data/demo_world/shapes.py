"""Outlines as arrays of points ``(n, 2) float64``: x to the right, y down, an object fills about -1..1."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Pair = tuple[float, float]

_STEPS = 5  # points of a smooth curve between two of its corners


def _turn(count: int) -> Points:
    angles = [2 * math.pi * i / count for i in range(count)]
    return np.array([(math.cos(a), math.sin(a)) for a in angles])


def _spline(count: int) -> Points:
    """Weights ``(count, 4)`` of a uniform Catmull-Rom segment's four corners."""
    t = np.arange(count) / count
    return (
        np.stack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3], axis=1) / 2
    )


def _cubic(count: int) -> Points:
    """Weights ``(count, 4)`` of a cubic Bezier curve's four points."""
    t = np.arange(count) / (count - 1)
    return np.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)


_CIRCLE = _turn(24)
_DOT = _turn(10)
_SPLINE = _spline(_STEPS)
_CUBIC = _cubic(10)


def points(*pairs: Pair) -> Points:
    """Corners as they stand."""
    return np.array(pairs, dtype=np.float64)


def ellipse(x: float, y: float, rx: float, ry: float | None = None) -> Points:
    """An ellipse around (x, y); a circle when one radius is given."""
    ry = rx if ry is None else ry
    unit = _CIRCLE if max(rx, ry) > 0.12 else _DOT
    return unit * (rx, ry) + (x, y)


def box(left: float, top: float, right: float, bottom: float, corner: float = 0.0) -> Points:
    """An upright rectangle; ``corner`` cuts its corners in two steps, which reads as rounded."""
    if corner <= 0:
        return points((left, top), (right, top), (right, bottom), (left, bottom))
    r, k = corner, corner * 0.3
    return points(
        (left + r, top), (right - r, top), (right - k, top + k), (right, top + r),
        (right, bottom - r), (right - k, bottom - k), (right - r, bottom), (left + r, bottom),
        (left + k, bottom - k), (left, bottom - r), (left, top + r), (left + k, top + k),
    )  # fmt: skip


def smooth(*pairs: Pair) -> Points:
    """A closed smooth curve through the corners (Catmull-Rom)."""
    corners = np.array(pairs)
    window = np.stack([np.roll(corners, shift, axis=0) for shift in (1, 0, -1, -2)], axis=1)
    curve: Points = np.einsum("sk,nkd->nsd", _SPLINE, window).reshape(-1, 2)
    return curve


def along(*pairs: Pair) -> Points:
    """An open smooth curve through the corners (Catmull-Rom)."""
    corners = np.array([pairs[0], *pairs, pairs[-1]])
    window = np.stack([corners[:-3], corners[1:-2], corners[2:-1], corners[3:]], axis=1)
    curve = np.einsum("sk,nkd->nsd", _SPLINE, window).reshape(-1, 2)
    return np.concatenate([curve, corners[-1:]])


def bezier(start: Pair, pull_start: Pair, pull_end: Pair, end: Pair) -> Points:
    """An open cubic curve."""
    curve: Points = _CUBIC @ np.array([start, pull_start, pull_end, end])
    return curve


def turned(rows: Sequence[Pair]) -> Points:
    """The outline of a turned thing (a pot): ``rows`` are (height y, half width) from top to bottom."""
    right = along(*((width, y) for y, width in rows))
    return np.concatenate([right, right[::-1] * (-1, 1)])


def ribbon(curve: Points, width: float | Sequence[float]) -> Points:
    """The outline of a band along an open curve; ``width`` is one number, or (start, end)."""
    tangent = np.empty_like(curve)
    tangent[1:-1] = curve[2:] - curve[:-2]
    tangent[0], tangent[-1] = curve[1] - curve[0], curve[-1] - curve[-2]
    length = np.sqrt((tangent**2).sum(axis=1, keepdims=True)) + 1e-9
    normal = tangent[:, ::-1] * (-1, 1) / length
    if isinstance(width, float | int):
        half: float | Points = width / 2
    else:
        half = np.linspace(width[0] / 2, width[1] / 2, len(curve))[:, None]
    return np.concatenate([curve + normal * half, (curve - normal * half)[::-1]])


def scaled(outline: Points, factor: float, x: float = 0.0, y: float = 0.0) -> Points:
    """The outline made smaller or larger around its middle, then moved."""
    middle = outline.mean(axis=0)
    result: Points = (outline - middle) * factor + middle + (x, y)
    return result


def moved(outline: Points, x: float, y: float) -> Points:
    """The outline somewhere else."""
    return np.add(outline, (x, y))
