"""Plain training on the retain pictures, by the original's recipe or as fine-tuning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import nn

from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.routine import Routine, supervised
from maga_desk.engine.schedules import Schedule, cosine, one_cycle


class FineTuning(Protocol):
    """The parameters of a method that ends in fine-tuning."""

    @property
    def epochs(self) -> int: ...
    @property
    def lr(self) -> float: ...
    @property
    def batch_size(self) -> int: ...


def training(
    inputs: RunInputs,
    model: nn.Module,
    recipe: TrainRecipe,
    stage: str,
    schedule: Callable[[float, int], Schedule] = one_cycle,
) -> Routine:
    """Cross-entropy on the retain pictures by a recipe.

    :param schedule: from (peak, steps) to a learning rate per step.
    """
    train, positions = inputs.pictures.train, inputs.retain_indices
    return supervised(model, train, positions, inputs.runtime, recipe, inputs.seed, schedule=schedule, stage=stage)


def fine_tuning(inputs: RunInputs, model: nn.Module, params: FineTuning, stage: str) -> Routine:
    """Cross-entropy on the retain pictures; the learning rate falls to zero along a cosine.

    Pictures are augmented where the original was trained so.
    """
    augment = inputs.pictures.train.augments
    recipe = TrainRecipe(epochs=params.epochs, lr=params.lr, batch_size=params.batch_size, augment=augment)
    return training(inputs, model, recipe, stage, cosine)
