"""From a first guess of a recipe to one that teaches as much as the original's: what is changed, and how far."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from maga_desk.domain.recipe_tries import Knows, RecipeTry
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.yardstick import hardly_better

NEAR_ENOUGH, NEARLY_AS_SURE = 3.0, 4.0
"""Points of accuracy and of sureness, below or above the original on the training pictures that stay, within which
nothing more is tried. A verdict is given up to five of either: see :mod:`maga_desk.auditing.retrained`."""

LONGER = 3
"""By how much epochs grow where a guess did not reach the original, or fall where it went beyond."""

RATE_STEP, RATE_BOUND = 3.0, 9.0
"""By how much a learning rate is changed at once, and at most from where the search began."""

CALMER = 0.5
"""The momentum that is tried where training diverges."""

MOST_TRIES = 8
"""Trainings of one guess."""

_MOST_PASSES = 1_000_000  # of pictures, of one training that a longer guess may ask for
_FLAT = 0.25  # of what was missing, that longer training must have won to be worth going on with
_FINEST = 1.15  # epochs between which no other is tried: what such a step changes, chance changes as well
_LARGEST_RATE = 10.0  # of a recipe


class RecipeSearch:
    """Which recipe is trained next, until a net knows what stays as well as the original and is as sure of it.

    Epochs are changed first; the learning rate where longer training wins little or epochs are known; where a training
    diverges or learns nothing, the learning rate, then a warm-up, then momentum. What is known is never changed.

    :ivar recipe: what is to be tried.
    :ivar tries: what was, in that order.
    """

    def __init__(self, first: TrainRecipe, known: Collection[str], pictures: int, chance: float = 0.0) -> None:
        """Begin with a guess.

        :param known: keys that are not guessed.
        :param pictures: that an epoch has.
        :param chance: percent that naming the commonest class gives.
        """
        self.recipe = first
        self.tries: list[RecipeTry] = []
        self._known, self._chance = known, chance
        self._most = _MOST_PASSES / max(1, pictures)
        self._rate = first.lr
        self._seen = {first.model_dump_json()}
        self._begin()

    def goes_on(self, reached: Knows | None, wanted: Knows) -> bool:
        """Whether there is something else to try, which :attr:`recipe` then is.

        :param reached: what the net of the recipe knows; ``None``: its training diverged.
        :param wanted: what the original knows.
        """
        self.tries.append(RecipeTry(self.recipe.text(), reached, wanted))
        if len(self.tries) >= MOST_TRIES or (reached is not None and not _short_by(reached, wanted)):
            return False
        for change in self._changes(reached, wanted):
            changed = self.recipe.model_copy(update=dict(change))
            if changed.model_dump_json() not in self._seen:
                if "epochs" not in change:
                    self._begin()
                self._seen.add(changed.model_dump_json())
                self.recipe = changed
                return True
        return False

    def _begin(self) -> None:
        """Nothing is known yet of how many epochs are enough."""
        self._few: int | None = None
        self._many: int | None = None
        self._before: float | None = None

    def _changes(self, reached: Knows | None, wanted: Knows) -> Iterator[Mapping[str, Any]]:
        """What may be changed, the likeliest to help first."""
        if reached is None:
            yield from self._gentler()
            return
        short, before = _short_by(reached, wanted), self._before
        if short > 0:
            self._few, self._before = self.recipe.epochs, reached.accuracy
        else:
            self._many = self.recipe.epochs
        longer, rates = self._epochs(), self._rates(short)
        missing = wanted.accuracy - (reached.accuracy if before is None else before)
        if short > 0 and self._chance and hardly_better(reached.accuracy, self._chance):
            yield from self._gentler()
        flat = short > 0 and before is not None and reached.accuracy - before < _FLAT * missing
        yield from (*rates, *longer) if flat else (*longer, *rates)

    def _epochs(self) -> list[Mapping[str, Any]]:
        """More or fewer, between those that were too few and too many once both are known."""
        if "epochs" in self._known:
            return []
        epochs = self.recipe.epochs
        if self._many is None:
            epochs *= LONGER
        elif self._few is None:
            epochs //= LONGER
        else:
            epochs = round(math.sqrt(self._few * self._many))
            if self._many < _FINEST * self._few:
                return []
        fits = 1 <= epochs <= self._most and epochs not in (self._few, self._many)
        return [{"epochs": epochs}] if fits else []

    def _rates(self, short: float) -> list[Mapping[str, Any]]:
        """Other learning rates: lower ones where too much was learned, both ways where too little was."""
        steps = (1 / RATE_STEP, RATE_STEP, 1 / RATE_BOUND, RATE_BOUND) if short > 0 else (1 / RATE_STEP, 1 / RATE_BOUND)
        rates = [float(f"{self._rate * step:.3g}") for step in steps]
        return [] if "lr" in self._known else [{"lr": rate} for rate in rates if rate <= _LARGEST_RATE]

    def _gentler(self) -> Iterator[Mapping[str, Any]]:
        """What keeps a training from diverging."""
        recipe = self.recipe
        if "lr" not in self._known:
            lower = [self._rate / RATE_STEP, self._rate / RATE_BOUND]
            yield from ({"lr": float(f"{rate:.3g}")} for rate in lower if rate < recipe.lr * 0.9)
        if "warm_up" not in self._known and not recipe.warm_up and recipe.epochs > 1:
            yield {"warm_up": float(max(1, round(recipe.epochs / 10)))}
        if "momentum" not in self._known and recipe.optimizer in ("sgd", "rmsprop") and recipe.momentum > CALMER:
            yield {"momentum": CALMER}


def _short_by(reached: Knows, wanted: Knows) -> float:
    """Points by which a net knows too little; negative: too much; 0: near enough. Accuracy comes before sureness."""
    right, sure = wanted.accuracy - reached.accuracy, wanted.sureness - reached.sureness
    if abs(right) > NEAR_ENOUGH:
        return right
    return sure if abs(sure) > NEARLY_AS_SURE else 0.0
