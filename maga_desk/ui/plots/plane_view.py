"""Which part of a plane a widget shows: where points come to lie on the screen, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
_ROOM, _DEEPEST = 0.05, 4000.0  # of the widget around all points; times that it can be enlarged
_STRAY = 0.001  # of the points at either end, which do not make all others small


@dataclass(frozen=True)
class PlaneView:
    """The plane's ``y`` points up, the screen's down; both axes have one scale.

    :param centre: what lies in the middle of the widget.
    :param scale: logical pixels a unit.
    :param whole: the scale at which everything is in sight.
    :param size: of the widget in logical pixels.
    """

    centre: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    whole: float = 1.0
    size: tuple[int, int] = (1, 1)

    @classmethod
    def of(cls, points: Points, size: tuple[int, int]) -> PlaneView:
        """All points, but for a few strays, in a widget of this size."""
        width, height = max(1, size[0]), max(1, size[1])
        if not len(points):
            return cls(size=(width, height))
        low, high = np.quantile(points, _STRAY, axis=0), np.quantile(points, 1 - _STRAY, axis=0)
        span = high - low
        fits = [side * (1 - 2 * _ROOM) / each for side, each in zip((width, height), span, strict=True) if each > 0]
        middle = (low + high) / 2
        scale = float(min(fits)) if fits else 1.0
        return cls((float(middle[0]), float(middle[1])), scale, scale, (width, height))

    @property
    def zoom(self) -> float:
        """1 where everything is in sight."""
        return self.scale / self.whole

    def on_screen(self, points: Points) -> Points:
        """Where points ``(n, 2)`` lie, in logical pixels."""
        middle = np.array(self.size) / 2
        return np.asarray((points - np.array(self.centre)) * np.array([self.scale, -self.scale]) + middle)

    def in_plane(self, pixels: Points) -> Points:
        """What lies at places ``(n, 2)`` on the screen."""
        middle = np.array(self.size) / 2
        return np.asarray((pixels - middle) / np.array([self.scale, -self.scale]) + np.array(self.centre))

    def moved(self, right: float, down: float) -> PlaneView:
        """What was seen moves by so many pixels."""
        return replace(self, centre=(self.centre[0] - right / self.scale, self.centre[1] + down / self.scale))

    def zoomed(self, factor: float, at: tuple[float, float]) -> PlaneView:
        """Enlarged; what lies at ``at`` on the screen stays there."""
        scale = float(np.clip(self.scale * factor, self.whole / 2, self.whole * _DEEPEST))
        place = self.in_plane(np.array([at]))[0]
        found = replace(self, scale=scale)
        moved = found.on_screen(place[None])[0]
        return found.moved(at[0] - moved[0], at[1] - moved[1])

    def resized(self, size: tuple[int, int]) -> PlaneView:
        """The same middle and the same share of everything in a widget of another size."""
        width, height = max(1, size[0]), max(1, size[1])
        factor = min(width / self.size[0], height / self.size[1])
        return replace(self, size=(width, height), scale=self.scale * factor, whole=self.whole * factor)
