"""Learning rates as functions of the step, so that a resumed run needs no state of a scheduler."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from maga_desk.domain.specs.recipe import TrainRecipe

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


def falling(peak: float, steps: int) -> Schedule:
    """From ``peak`` at step 0 in a straight line down to zero after the last step."""
    return lambda step: peak * max(0.0, 1 - step / max(1, steps))


def stepwise(peak: float, milestones: Sequence[int], gamma: float) -> Schedule:
    """``peak`` times ``gamma`` for each milestone, a step's number, that is reached."""
    return lambda step: peak * gamma ** sum(step >= milestone for milestone in milestones)


def schedule_of(recipe: TrainRecipe, per_epoch: int) -> Schedule:
    """A recipe's learning rates.

    :param per_epoch: steps of an epoch.
    """
    rising, steps = round(recipe.warm_up * per_epoch), recipe.epochs * per_epoch
    rest = max(1, steps - rising)
    after = {
        "one-cycle": lambda: one_cycle(recipe.lr, rest),
        "cosine": lambda: cosine(recipe.lr, rest),
        "linear": lambda: falling(recipe.lr, rest),
        "constant": lambda: constant(recipe.lr),
        # milestones count from the first epoch, as training scripts have them
        "step": lambda: stepwise(recipe.lr, [at * per_epoch - rising for at in recipe.milestones], recipe.gamma),
    }[recipe.schedule]()
    if not rising:
        return after
    return lambda step: recipe.lr * (step + 1) / rising if step < rising else after(step - rising)
