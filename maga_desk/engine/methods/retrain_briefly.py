"""Retraining for as long as MaGA takes: the baseline that every approximate method has to beat.

A newly initialised net is trained on the retain set by the original's recipe, its epochs and milestones shortened to a
share of it. The budget is counted in steps of the same net on batches of the same size, not in seconds, so that it is
the same on every machine. The default is what MaGA relearned took of a retraining in our measurements
(resources/docs/results.md). It uses no weight of the original, no label but the pictures' own and no proposal: nothing
of the forgotten pictures is in it, however little it has learned.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from pydantic import Field

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams, Situation, Turn
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.methods import maga_relearn
from maga_desk.engine.parts.retaining import training
from maga_desk.engine.routine import Method, Routine, fresh_model


class RetrainBrieflyParams(MethodParams):
    """The budget."""

    share: float = Field(
        0.1, gt=0, le=1, title="Budget", description="Share of a retraining's steps, in whole epochs and at least one"
    )


def automatic(situation: Situation) -> Mapping[str, Any]:
    """What MaGA relearned takes for such a task."""
    return {"share": maga_relearn.INFO.cost[situation.task] / 100}


def recipe_of(recipe: TrainRecipe, params: RetrainBrieflyParams) -> TrainRecipe:
    """The original's recipe in so many epochs; warm-up and milestones keep their places in it."""
    epochs = max(1, round(params.share * recipe.epochs))
    shrunk = epochs / recipe.epochs
    milestones = tuple(dict.fromkeys(max(1, round(each * shrunk)) for each in recipe.milestones))
    return recipe.model_copy(update={"epochs": epochs, "milestones": milestones, "warm_up": recipe.warm_up * shrunk})


INFO = MethodInfo(
    name="retrain-briefly",
    title="Retraining at MaGA's budget",
    summary="Train a new net without the forget pictures, for as many steps as MaGA's time allows.",
    paper="baseline",
    tasks=("class", "sub-class", "random"),
    group="staying",
    params=RetrainBrieflyParams,
    automatic=automatic,
    gentler=Turn("share", up=True),
    needs=frozenset({"recipe"}),
    retrains=recipe_of,
    shortened=True,
)


def build(inputs: RunInputs, params: RetrainBrieflyParams, control: RunControl) -> Generator[Event, None, Routine]:
    """The shortened recipe on the retain set, from a newly initialised net."""
    yield from ()
    model = fresh_model(inputs.original, inputs.classes, inputs.seed, inputs.runtime, inputs.recipe.start)
    return training(inputs, model, recipe_of(inputs.recipe, params), "Retraining briefly")


METHOD = Method(INFO, build)
