"""Retraining: a newly initialised net, trained on the retain set with the original's recipe. The yardstick ("gold").

No weight of the original is used; where the original was fine-tuned, the same start is. The augmentation is the
original's.
"""

from __future__ import annotations

from collections.abc import Generator

from pydantic import Field

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.retaining import training
from maga_desk.engine.routine import Method, Routine, fresh_model


class RetrainParams(MethodParams):
    """Changes to the original's recipe; unset means as there."""

    epochs: int | None = Field(None, ge=1, le=10_000, description="Passes over the retain pictures")
    lr: float | None = Field(None, gt=0, le=10, description="Peak learning rate")


def recipe_of(recipe: TrainRecipe, params: RetrainParams) -> TrainRecipe:
    """The original's recipe with the changes that the parameters ask for."""
    return recipe.model_copy(update={key: value for key, value in params.model_dump().items() if value is not None})


INFO = MethodInfo(
    name="retrain",
    title="Retraining",
    summary="Train a new net without the forget pictures. Slow, and the yardstick for all others.",
    paper="exact unlearning",
    tasks=("class", "sub-class", "random"),
    group="retraining",
    params=RetrainParams,
    needs=frozenset({"recipe"}),
    retrains=recipe_of,
)


def build(inputs: RunInputs, params: RetrainParams, control: RunControl) -> Generator[Event, None, Routine]:
    """The original's recipe on the retain set, from a newly initialised net."""
    yield from ()
    model = fresh_model(inputs.original, inputs.classes, inputs.seed, inputs.runtime, inputs.recipe.start)
    return training(inputs, model, recipe_of(inputs.recipe, params), "Retraining")


METHOD = Method(INFO, build)
