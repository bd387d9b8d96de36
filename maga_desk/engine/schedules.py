"""Learning rates as functions of the step, so that a resumed run needs no state of a scheduler."""

from __future__ import annotations

import math
from collections.abc import Callable

Schedule = Callable[[int], float]


def constant(rate: float) -> Schedule:
    """The same at every step."""
    return lambda _step: rate


def cosine(peak: float, steps: int) -> Schedule:
    """From ``peak`` at step 0 down to zero after the last step."""
    return lambda step: peak * 0.5 * (1 + math.cos(math.pi * step / max(1, steps)))


def one_cycle(peak: float, steps: int, *, warm_up: float = 0.3, start: float = 0.04) -> Schedule:
    """Smith and Topin's super-convergence schedule: cosine up to ``peak``, cosine down to nearly zero.

    :param warm_up: share of the steps in which the rate rises.
    :param start: first learning rate as a share of ``peak``.
    """
    top = int(warm_up * steps)

    def at(step: int) -> float:
        if step < top:
            return peak * (start + (1 - start) * 0.5 * (1 - math.cos(math.pi * step / top)))
        return peak * 0.5 * (1 + math.cos(math.pi * (step - top) / max(1, steps - top)))

    return at
