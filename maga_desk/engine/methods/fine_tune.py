"""Fine-tuning on the retain set alone: the plainest baseline, which hopes that what is not repeated fades."""

from __future__ import annotations

from collections.abc import Generator

from pydantic import Field

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams
from maga_desk.domain.specs.run import TrainRecipe
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.routine import Method, Routine, supervised, working_copy
from maga_desk.engine.schedules import cosine


class FineTuneParams(MethodParams):
    """Defaults: one pass at the rate that MaGA uses, so that the two are compared at equal cost."""

    epochs: int = Field(1, ge=1, le=1000, description="Passes over the retain pictures")
    lr: float = Field(0.02, gt=0, le=1, description="Learning rate at the start; falls to zero by a cosine")
    batch_size: int = Field(128, ge=2, le=4096, description="Pictures per step")


INFO = MethodInfo(
    name="fine-tune",
    title="Fine-tuning",
    summary="Train on with the retain pictures only. Cheap, and forgets little.",
    paper="baseline",
    tasks=("class", "sub-class", "random"),
    params=FineTuneParams,
    search={"epochs": (1, 2, 5), "lr": (0.01, 0.02, 0.05)},
)


def build(inputs: RunInputs, params: FineTuneParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Cross-entropy on the retain set from the original's weights."""
    yield from ()
    augment = inputs.pictures.train.augments
    recipe = TrainRecipe(epochs=params.epochs, lr=params.lr, batch_size=params.batch_size, augment=augment)
    return supervised(
        working_copy(inputs),
        inputs.pictures.train,
        inputs.retain_indices,
        inputs.runtime,
        recipe,
        inputs.seed,
        schedule=cosine,
        stage="Fine-tuning",
    )


METHOD = Method(INFO, build)
