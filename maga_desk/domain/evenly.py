"""Places that are evenly spread over a list."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def evenly_placed(length: int, count: int) -> NDArray[np.int64]:
    """``(m,) int64``: at most ``count`` of the places 0 to ``length - 1``, evenly spread, both ends among them.

    Rounded in float64; :func:`maga_desk.models.evenly.evenly`, for tensors, rounds in float32, so that the two differ
    by one place now and then. Seeded results rest on both.
    """
    return np.linspace(0, length - 1, min(count, length)).astype(np.int64)
