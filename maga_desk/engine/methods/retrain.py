"""Retraining on the retain set from a fresh initialisation with the original recipe: the yardstick ("gold").

Everything is initialised anew, the head and every layer below it, and the augmentation is the original's.
"""

from __future__ import annotations

from collections.abc import Generator

from pydantic import Field

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.routine import Method, Routine, fresh_model, supervised


class RetrainParams(MethodParams):
    """What may differ from the original's recipe; unset means as the original."""

    epochs: int | None = Field(None, ge=1, le=10_000, description="Passes over the retain pictures")
    lr: float | None = Field(None, gt=0, le=10, description="Peak learning rate")


INFO = MethodInfo(
    name="retrain",
    title="Retraining",
    summary="Train again from nothing without the forget pictures. Slow, and the yardstick for all others.",
    paper="exact unlearning",
    tasks=("class", "sub-class", "random"),
    params=RetrainParams,
    needs=frozenset({"recipe"}),
)


def build(inputs: RunInputs, params: RetrainParams, control: RunControl) -> Generator[Event, None, Routine]:
    """The original's recipe on the retain set, from a fresh net."""
    yield from ()
    given = {name: value for name, value in params.model_dump().items() if value is not None}
    return supervised(
        fresh_model(inputs.fresh, inputs.classes, inputs.seed, inputs.runtime),
        inputs.pictures.train,
        inputs.retain_indices,
        inputs.runtime,
        inputs.recipe.model_copy(update=given),
        inputs.seed,
        stage="Retraining",
    )


METHOD = Method(INFO, build)
