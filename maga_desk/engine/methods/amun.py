"""AMUN: fine-tune on the nearest adversarial example of each forget picture, with the wrong label it has.

Ebrahimpour-Boroojeny, Sundaram and Chandrasekaran, "Not All Wrong is Bad" (ICML 2025, arXiv 2503.00917). The example
lies close to the picture, and the net already gives it the wrong label. Training on it therefore moves the decision
boundary near the picture and little else, and the net becomes less confident on the picture. Examples come from
projected gradient descent in L2, 50 steps of a tenth of the bound; the bound doubles until one is found. Then ten
passes over retain, forget and adversarial pictures together, learning rate .01.

Deviations: the first bound (.05 in pixel units) is ours; the example is the first picture found outside the class, not
the last of the 50; its label is never a class that goes. Where a whole class goes, ``automatic`` leaves out the forget
pictures with their own label, since they would keep the class.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import torch
from pydantic import Field

from maga_desk.data.batches import Shuffled
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams, Situation, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.adversarial import Search, nearest_wrong
from maga_desk.engine.parts.fields import BatchSize, FallingRate
from maga_desk.engine.parts.joint import extra_rows, mixed_loss
from maga_desk.engine.routine import Method, Routine, sgd, working_copy
from maga_desk.engine.schedules import cosine


class AmunParams(MethodParams):
    """Defaults as published, but for the first bound."""

    epochs: int = Field(10, ge=1, le=1000, description="Passes over retain and adversarial pictures together")
    lr: FallingRate = 0.01
    with_forget: bool = Field(True, description="Also train on the forget pictures with their own labels")
    bound: float = Field(0.05, gt=0, le=100, description="Search: first L2 distance, in pixel units of 0..1")
    doublings: int = Field(10, ge=0, le=30, description="Search: how often the distance may be doubled")
    search_steps: int = Field(50, ge=1, le=1000, description="Search: steps for each distance")
    batch_size: BatchSize = 128


def automatic(situation: Situation) -> Mapping[str, Any]:
    """A class that goes is not trained with its own label."""
    return {"with_forget": False} if situation.task == "class" else {}


INFO = MethodInfo(
    name="amun",
    title="AMUN",
    summary="Fine-tune on the nearest adversarial example of each forget picture, with its wrong label.",
    paper="Ebrahimpour-Boroojeny et al., ICML 2025, arXiv 2503.00917",
    tasks=("class", "sub-class", "random"),
    group="labels",
    cost={"class": 32.5, "sub-class": 118.9, "random": 95.9},
    firmer=Turn("lr", up=True),
    gentler=Turn("lr", up=False),
    params=AmunParams,
    automatic=automatic,
    presets={"paper": {}},
    search={"epochs": (1, 3, 10), "lr": (0.003, 0.01, 0.03), "search_steps": (20, 50)},
)


def build(inputs: RunInputs, params: AmunParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Search for the adversarial examples, then fine-tune on everything together."""
    search = Search(params.bound, params.doublings, params.search_steps)
    pictures, labels, _ = yield from nearest_wrong(inputs.original, inputs, control, search)
    model = working_copy(inputs)
    parts = [inputs.retain_indices, extra_rows(len(pictures))]
    if params.with_forget:
        parts.append(inputs.forget_indices)
    walk = Shuffled(torch.cat(parts), params.batch_size, inputs.seed)
    steps = params.epochs * walk.per_epoch
    loss = mixed_loss(inputs, model, walk.at, pictures, labels)
    return Routine(model, sgd(model, params.lr), cosine(params.lr, steps), steps, loss, "Fine-tuning")


METHOD = Method(INFO, build)
