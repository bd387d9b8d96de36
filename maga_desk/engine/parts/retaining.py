"""Plain training on the retain pictures, by the original's recipe or as fine-tuning."""

from __future__ import annotations

from typing import Protocol

from torch import nn

from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.routine import Routine, supervised


class FineTuning(Protocol):
    """The parameters of a method that ends in fine-tuning."""

    @property
    def epochs(self) -> int: ...
    @property
    def lr(self) -> float: ...
    @property
    def batch_size(self) -> int: ...


def training(inputs: RunInputs, model: nn.Module, recipe: TrainRecipe, stage: str) -> Routine:
    """Cross-entropy on the retain pictures by a recipe."""
    train, positions = inputs.pictures.train, inputs.retain_indices
    return supervised(model, train, positions, inputs.runtime, recipe, inputs.seed, stage=stage)


def fine_tuning(inputs: RunInputs, model: nn.Module, params: FineTuning, stage: str) -> Routine:
    """Cross-entropy on the retain pictures; the learning rate falls to zero along a cosine.

    Pictures are augmented as they were when the original was trained.
    """
    recipe = TrainRecipe(
        epochs=params.epochs,
        lr=params.lr,
        schedule="cosine",
        batch_size=params.batch_size,
        augment=inputs.pictures.train.augmentation,
    )
    return training(inputs, model, recipe, stage)
