"""Pictures as points in a plane, and which of them lie in a shape that is drawn there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PictureMap:
    """Where the training pictures lie.

    :param name: of the projection.
    :param said: what of the features it shows, and what of it is approximate: a sentence or two.
    :param points: ``(N, 2) float64``, finite.
    """

    name: str
    said: str
    points: Points


class PointPlaces:
    """Points in the order of their height, so that a shape is compared with those of its own height alone."""

    def __init__(self, points: Points) -> None:
        """:param points: ``(N, 2) float64``, finite."""
        self._order = np.argsort(points[:, 1], kind="stable")
        self._x, self._y = points[self._order, 0], points[self._order, 1]

    def inside(self, corners: Points) -> NDArray[np.int64]:
        """Positions of the points within a closed polygon, ascending; by the even-odd rule, as Qt fills one.

        Each edge turns the points to its left that lie at its height, its lower end included and its upper end not: so
        that no point at the height of a corner is turned twice.

        :param corners: ``(m, 2) float64``; the last is joined to the first. Fewer than three enclose nothing.
        """
        turned = np.zeros(len(self._x), dtype=bool)
        if len(corners) < 3:
            return np.empty(0, dtype=np.int64)
        ends = np.roll(corners, -1, axis=0)
        upwards = corners[:, 1] <= ends[:, 1]
        low, high = np.where(upwards[:, None], corners, ends), np.where(upwards[:, None], ends, corners)
        first, last = np.searchsorted(self._y, low[:, 1]), np.searchsorted(self._y, high[:, 1])
        for (x, y), (x_end, y_end), start, end in zip(low, high, first, last, strict=True):
            if start < end:
                crossing = x + (self._y[start:end] - y) * ((x_end - x) / (y_end - y))
                turned[start:end] ^= self._x[start:end] < crossing
        return np.sort(self._order[turned])

    def along(self, start: Points, end: Points, radius: float) -> NDArray[np.int64]:
        """Positions of the points at most ``radius`` away from a stretch between two points ``(2,)``, ascending."""
        low, high = min(start[1], end[1]) - radius, max(start[1], end[1]) + radius
        here = slice(np.searchsorted(self._y, low, "left"), np.searchsorted(self._y, high, "right"))
        x, y = self._x[here] - start[0], self._y[here] - start[1]
        across, up = end[0] - start[0], end[1] - start[1]
        length = across * across + up * up
        along = np.clip((x * across + y * up) / length, 0, 1) if length > 0 else np.zeros_like(x)
        near = (x - along * across) ** 2 + (y - along * up) ** 2 <= radius * radius
        return np.sort(self._order[here][near])

    def nearest(self, place: Points, radius: float, among: NDArray[np.bool_] | None = None) -> int | None:
        """The position of the nearest point at most ``radius`` away from ``(2,)``.

        :param among: ``(N,) bool``: only these are meant.
        """
        here = slice(np.searchsorted(self._y, place[1] - radius), np.searchsorted(self._y, place[1] + radius, "right"))
        away = (self._x[here] - place[0]) ** 2 + (self._y[here] - place[1]) ** 2
        if among is not None:
            away = np.where(among[self._order[here]], away, np.inf)
        if not len(away) or away.min() > radius * radius:
            return None
        return int(self._order[here][away.argmin()])
