"""Random labels (amnesiac unlearning): Graves, Nagisetty and Ganesh, "Amnesiac Machine Learning" (AAAI 2021).

Each forget picture gets a label drawn uniformly from the other classes that stay; both sets are trained together.
Schedule and batch sizes are MaGA's, so that the two methods differ in labels and noises alone.
"""

from __future__ import annotations

from collections.abc import Generator

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from maga_desk.data.batches import Shuffled, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.fields import FallingRate, ForgetBatch, ForgetWeight, RetainBatch
from maga_desk.engine.parts.joint import joint_loss
from maga_desk.engine.routine import Method, Routine, sgd, working_copy
from maga_desk.engine.schedules import cosine


class RandomLabelsParams(MethodParams):
    """MaGA's defaults."""

    passes: float = Field(1.0, gt=0, le=50, description="Passes over the retain pictures")
    lr: FallingRate = 0.02
    forget_weight: ForgetWeight = 1.0
    retain_batch: RetainBatch = 128
    forget_batch: ForgetBatch = 64


INFO = MethodInfo(
    name="random-labels",
    title="Random labels",
    summary="Train the forget pictures towards labels drawn at random. Forgets, and damages what should stay.",
    paper="Graves et al., AAAI 2021",
    tasks=("class", "sub-class", "random"),
    group="labels",
    cost={"class": 2.3, "sub-class": 13.2, "random": 14.3},
    firmer=Turn("forget_weight", up=True),
    gentler=Turn("forget_weight", up=False),
    params=RandomLabelsParams,
    search={"passes": (1.0, 2.0), "lr": (0.01, 0.02, 0.05), "forget_weight": (0.1, 0.3, 1.0)},
)


def build(inputs: RunInputs, params: RandomLabelsParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Joint training on retain pictures and randomly relabelled forget pictures."""
    yield from ()
    wrong = random_labels(inputs).to(inputs.runtime.device)
    model = working_copy(inputs)
    retain = Shuffled(inputs.retain_indices, params.retain_batch, inputs.seed)
    forget = Shuffled(torch.arange(len(inputs.forget)), params.forget_batch, inputs.seed + 1)
    steps = max(1, round(params.passes * retain.per_epoch))

    def on_forget(outputs: Tensor, _images: Tensor, rows: Tensor) -> Tensor:
        return params.forget_weight * F.cross_entropy(outputs, wrong[rows.to(wrong.device)])

    loss = joint_loss(inputs, model, retain, forget, on_forget)
    return Routine(model, sgd(model, params.lr), cosine(params.lr, steps), steps, loss)


def random_labels(inputs: RunInputs) -> Tensor:
    """``(n,) int64``: for each forget picture a uniform draw from the classes that are neither its own nor gone."""
    allowed = torch.ones(len(inputs.forget), inputs.classes)
    allowed[:, list(inputs.forget.gone)] = 0
    own = inputs.pictures.train.labels.cpu()[inputs.forget_indices]
    allowed[torch.arange(len(allowed)), own] = 0
    nowhere = allowed.sum(dim=1) == 0  # two classes, one of them gone: only the own class is left
    allowed[nowhere, own[nowhere]] = 1
    return torch.multinomial(allowed, 1, generator=step_generator(inputs.seed, 0)).squeeze(1)


METHOD = Method(INFO, build)
