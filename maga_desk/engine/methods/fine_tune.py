"""Fine-tuning on the retain set alone: the plainest baseline. It relies on forgetting what is no longer trained on."""

from __future__ import annotations

from collections.abc import Generator

from pydantic import Field

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.fields import BatchSize, FallingRate
from maga_desk.engine.parts.retaining import fine_tuning
from maga_desk.engine.routine import Method, Routine, working_copy


class FineTuneParams(MethodParams):
    """One pass at MaGA's learning rate, so that the two are compared at equal cost."""

    epochs: int = Field(1, ge=1, le=1000, description="Passes over the retain pictures")
    lr: FallingRate = 0.02
    batch_size: BatchSize = 128


INFO = MethodInfo(
    name="fine-tune",
    title="Fine-tuning",
    summary="Continue training on the retain pictures only. Cheap, and forgets little.",
    paper="baseline",
    tasks=("class", "sub-class", "random"),
    group="staying",
    cost={"class": 8.3, "sub-class": 23.4, "random": 26},
    firmer=Turn("lr", up=True),
    gentler=Turn("lr", up=False),
    params=FineTuneParams,
    search={"epochs": (1, 2, 5), "lr": (0.01, 0.02, 0.05)},
)


def build(inputs: RunInputs, params: FineTuneParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Cross-entropy on the retain set from the original's weights."""
    yield from ()
    return fine_tuning(inputs, working_copy(inputs), params, "Fine-tuning")


METHOD = Method(INFO, build)
