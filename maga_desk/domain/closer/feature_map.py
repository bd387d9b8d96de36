"""Features of some pictures in two dimensions, before and after, by one projection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """Where pictures lie in the plane that was fitted to the original's features.

    :param name: of the projection.
    :param said: what of the features it shows, a sentence.
    :param test: ``(n,) bool``, whether a point is a test picture; else it is a training picture.
    :param positions: ``(n,) int64`` among the pictures of its split.
    :param before: ``(n, 2) float64`` by the original, ``after`` by the unlearned net.
    """

    name: str
    said: str
    test: NDArray[np.bool_]
    positions: NDArray[np.int64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]

    def inside(self, after: bool, low: tuple[float, float], high: tuple[float, float]) -> NDArray[np.int64]:
        """Which points lie in a rectangle of one of the two maps."""
        points = self.after if after else self.before
        return np.flatnonzero(((points >= np.array(low)) & (points <= np.array(high))).all(axis=1))
