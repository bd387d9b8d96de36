"""MaGA: machine-guided amnesiac unlearning through target feature disentanglement (arXiv 2602.17088).

Forget pictures are trained with perturbing labels, which follow from a transition matrix and the classifier's
prediction. A pair of feature noises is added to them: the negative one impedes the patterns of the old label, the
positive one strengthens those of the new label. One short pass over retain and forget pictures together suffices.

Choices of ours: the paper's code, learning rate and noise weights are not public, so the schedule (SGD .02 with cosine
decay, 128 retain and 64 forget pictures a step, one pass over the retain set) and the weights come from measurements.
``noise = "conditioned"`` makes a noise for each picture. Soft targets come with the guidance (``combine = "soft"``).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from maga_desk.data.batches import Shuffled, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Event, NoisePair, Progress
from maga_desk.domain.methods import MethodInfo, MethodParams, Situation, Task, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.fields import FallingRate, ForgetBatch, RetainBatch
from maga_desk.engine.parts.noise import Bank, NoiseRecipe, conditioned_noise, make_bank
from maga_desk.engine.parts.subsets import kept_share
from maga_desk.engine.routine import Method, Routine, TwoLosses, sgd, working_copy
from maga_desk.engine.schedules import cosine

_SHOWN_PAIRS, _SHOWN_MEMBERS = 8, 4


class MagaParams(MethodParams):
    """MaGA's parameters."""

    noise: Literal["bank", "conditioned", "none"] = Field(
        "bank",
        description="bank: made once for each label; conditioned: made for each picture; none: relabelling alone",
    )
    positive: float = Field(0.3, ge=0, le=4, description="Weight a of the noise that strengthens the new label")
    negative: float = Field(0.1, ge=0, le=4, description="Weight b of the noise that impedes the old label")
    bound: float = Field(
        0.125, gt=0, le=2, description="Conditioned noise: largest change of a pixel, normalised units"
    )
    noise_steps: int = Field(30, ge=1, le=500, description="Bank: optimiser steps for each noise")
    members: int = Field(8, ge=1, le=64, description="Bank: noises for each label")
    retain_share: float = Field(1.0, gt=0, le=1, description="Share of the retain pictures that is used")
    passes: float = Field(1.0, gt=0, le=50, description="Passes over these retain pictures")
    least_steps: int = Field(140, ge=1, le=100_000, description="Fewest steps; more passes are made over a small set")
    lr: FallingRate = 0.02
    forget_weight: float = Field(1.0, ge=0, le=20, description="Weight w of the forget pictures' loss")
    retain_batch: RetainBatch = 128
    forget_batch: ForgetBatch = 64


def automatic(situation: Situation) -> Mapping[str, Any]:
    """Measured (resources/docs/results.md). Membership needs weaker settings, which do not forget too much."""
    if situation.intent == "concept":
        return {}
    by_task: Mapping[Task, Mapping[str, Any]] = {
        "class": {},
        "sub-class": {"noise": "conditioned", "positive": 0.0, "negative": 1.0, "forget_weight": 0.3},
        "random": {"negative": 0.0, "forget_weight": 0.1},
    }
    return by_task[situation.task]


PAPER = {"noise": "bank", "positive": 1.0, "negative": 1.0, "forget_weight": 1.0}
"""As published, for every task: both noises at full strength, and the plain sum of both losses. Where the guidance
leaves the combination open, the labels are the paper's too."""

INFO = MethodInfo(
    name="maga",
    title="MaGA",
    summary="Re-align the forget pictures to related labels, with noises that impede the old and strengthen the new.",
    paper="MaGA / MeGU, arXiv 2602.17088",
    tasks=("class", "sub-class", "random"),
    group="maga",
    noise=True,
    cost={"class": 7.7, "sub-class": 38.4, "random": 24.3},
    firmer=Turn("passes", up=True),
    gentler=Turn("forget_weight", up=False),
    params=MagaParams,
    automatic=automatic,
    presets={"paper": PAPER},
    search={"positive": (0.0, 0.3, 1.0), "negative": (0.0, 0.1, 0.3, 1.0), "forget_weight": (0.1, 0.3, 1.0)},
    needs=frozenset({"guidance"}),
)


def build(inputs: RunInputs, params: MagaParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Make the noises, then the routine of the re-alignment."""
    if len(inputs.labels) != len(inputs.forget):
        raise MethodError("maga needs a perturbing label for every forget picture", todo="propose labels first")
    train, runtime, device = inputs.pictures.train, inputs.runtime, inputs.runtime.device
    labels, targets = inputs.labels.to(device), inputs.targets.to(device)
    old = train.labels[inputs.forget_indices.to(device)]
    yield Progress("Making noises", 0, 2)
    positive = _make_bank(inputs, params, labels, control, negative=False)
    yield Progress("Making noises", 1, 2)
    negative = _make_bank(inputs, params, old, control, negative=True)
    yield Progress("Making noises", 2, 2)
    if params.noise == "bank":
        yield from _shown_banks(inputs, positive, negative, old, labels)
    elif params.noise == "conditioned":
        yield from _shown_examples(inputs, params, old, labels)
    original = inputs.original.eval()
    model = working_copy(inputs)
    retain = Shuffled(kept_share(inputs, params.retain_share), params.retain_batch, inputs.seed)
    forget = Shuffled(torch.arange(len(inputs.forget)), params.forget_batch, inputs.seed + 1)
    steps = max(params.least_steps, round(params.passes * retain.per_epoch))

    def noised(images: Tensor, rows: Tensor, generator: torch.Generator) -> Tensor:
        for bank in (positive, negative):
            if bank is not None:
                images = images + bank.draw(rows, generator)
        if params.noise != "conditioned":
            return images
        total = torch.zeros_like(images)
        for weight, wanted, away in ((params.positive, labels, False), (params.negative, old, True)):
            if weight:
                total += weight * conditioned_noise(
                    original, images, wanted[rows], runtime, bound=params.bound, negative=away
                )
        return images + total

    def parts(step: int) -> tuple[Tensor, Tensor]:
        kept, rows = retain.at(step), forget.at(step)
        generator = step_generator(inputs.seed, step)
        images = train.augmented(torch.cat([kept, inputs.forget_indices[rows]]), generator)
        rows = rows.to(device)
        split = len(kept)
        mixed = torch.cat([images[:split], noised(images[split:], rows, generator)])
        with runtime.autocast():
            outputs = model(runtime.shape(mixed))
        outputs = outputs.float()
        on_retain = F.cross_entropy(outputs[:split], train.labels[kept.to(device)])
        on_forget = F.cross_entropy(outputs[split:], targets[rows])
        return on_retain, params.forget_weight * on_forget

    return Routine(model, sgd(model, params.lr), cosine(params.lr, steps), steps, TwoLosses(parts))


def _make_bank(
    inputs: RunInputs, params: MagaParams, wanted: Tensor, control: RunControl, *, negative: bool
) -> Bank | None:
    weight = params.negative if negative else params.positive
    if params.noise != "bank" or weight == 0:
        return None
    return make_bank(
        inputs.original,
        wanted,
        inputs.pictures.train.images.shape[2:],
        inputs.runtime,
        NoiseRecipe(members=params.members, steps=params.noise_steps, weight=weight),
        step_generator(inputs.seed + 7, int(negative)),
        negative=negative,
        control=control,
    )


def _pairs(old: Tensor, new: Tensor) -> list[tuple[int, int]]:
    """The most frequent (true, perturbing) pairs of labels."""
    pairs, counts = torch.unique(torch.stack([old, new], dim=1), dim=0, return_counts=True)
    return [(true, to) for true, to in pairs[counts.argsort(descending=True)][:_SHOWN_PAIRS].tolist()]


def _shown_banks(
    inputs: RunInputs, positive: Bank | None, negative: Bank | None, old: Tensor, new: Tensor
) -> Iterator[NoisePair]:
    """A few noises for each of the most frequent pairs of labels."""
    names = inputs.pictures.classes
    for true, to in _pairs(old, new):
        yield NoisePair(
            names[true],
            names[to],
            positive.of(to)[:_SHOWN_MEMBERS].cpu().numpy() if positive else None,
            negative.of(true)[:_SHOWN_MEMBERS].cpu().numpy() if negative else None,
        )


def _shown_examples(inputs: RunInputs, params: MagaParams, old: Tensor, new: Tensor) -> Iterator[NoisePair]:
    """Conditioned noises of a few pictures for each of the most frequent pairs of labels."""
    names, train = inputs.pictures.classes, inputs.pictures.train
    for true, to in _pairs(old, new):
        rows = ((old == true) & (new == to)).nonzero().squeeze(1)[:_SHOWN_MEMBERS]
        images = train.batch(inputs.forget_indices[rows.cpu()])

        def noise(labels: Tensor, images: Tensor = images, *, away: bool) -> NDArray[np.float32]:
            made = conditioned_noise(inputs.original, images, labels, inputs.runtime, bound=params.bound, negative=away)
            return made.cpu().numpy()

        yield NoisePair(
            names[true],
            names[to],
            noise(new[rows], away=False) if params.positive else None,
            noise(old[rows], away=True) if params.negative else None,
        )


METHOD = Method(INFO, build)
