"""MaGA, relearned: draw the last stage almost anew and teach it everything but what must go.

A method of ours, on MaGA's ground: concepts are entangled as feature patterns, and what relabelling alone leaves is
still readable in the features (resources/docs/results.md). The net is cut into a trunk, which stays, and a tail, its
last stage. The trunk reads every picture once; the tail then learns from that:

- its weights shrink to a share and are filled up with a fresh initialisation (shrink and perturb: Ash and Adams,
  NeurIPS 2020, arXiv 1910.08475; wholly fresh is EU-k: Goel et al., arXiv 2201.06640);
- retain pictures: cross-entropy, and distillation from the original whose answer for gone classes is taken out, so that
  what it knows of the others comes back in a few passes (Hinton et al., arXiv 1503.02531; as DELETE takes it out). The
  last passes over a small set take the pictures as they are: a retrained net has seen each so often that it knows it
  better than a few augmented passes teach;
- forget pictures: MaGA's re-alignment, at a small weight. Their targets are a share of the labels that guidance
  proposes and the original's answer without what must go, in small sets sharpened: a net that never learned the class
  is surer of what else its pictures are than one that is only not heard about it;
- disentanglement: a critic guesses from the features and the answers whether a picture must be forgotten, and its
  reversed gradient makes the features of both alike (Ganin et al., arXiv 1505.07818; conditioned on the answers as in
  Long et al., arXiv 1705.10667).

Where single pictures or a sub-class go as if they had never been seen, the tail learns nothing of them, not even what
to say instead; the critic alone sees them.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from maga_desk.data.batches import Shuffled
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams, Situation
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.joint import forget_labels
from maga_desk.engine.parts.tail import (
    Tail,
    Taught,
    cut_tail,
    disentangled,
    distilled,
    features_of,
    held,
    make_critic,
    net_of,
    ramp,
    renew,
)
from maga_desk.engine.routine import Method, Routine, fresh_model, sgd
from maga_desk.engine.schedules import one_cycle
from maga_desk.models.taps import penultimate


class MagaRelearnParams(MethodParams):
    """Defaults from measurement, for a whole class of a set that is not small."""

    tail: float = Field(0.2, gt=0, lt=1, description="Least share of the net's work that is relearned")
    keep: float = Field(0.25, ge=0, le=1, description="What is kept of the tail's old weights; the rest is drawn anew")
    passes: float = Field(5.0, gt=0, le=100, description="Passes over the retain pictures' features")
    least_steps: int = Field(250, ge=1, le=100_000, description="Small sets: go on for at least this many steps")
    views: int = Field(1, ge=1, le=32, description="Augmented views of every picture that the trunk reads")
    plain: float = Field(
        0.0, ge=0, le=1, description="Share of the passes, the last ones, that take the pictures as they are"
    )
    lr: float = Field(0.2, gt=0, le=10, description="Peak learning rate of a one-cycle schedule")
    distil: float = Field(1.0, ge=0, le=20, description="Weight of the original's answers on retain pictures")
    temperature: float = Field(2.0, gt=0, le=20, description="Softmax temperature of those answers")
    forget_weight: float = Field(0.1, ge=0, le=20, description="Weight of the forget pictures' targets")
    guided: float = Field(
        0.25, ge=0, le=1, description="Share of the proposed labels in those targets; the rest is the original's "
        "answer without what must go",
    )  # fmt: skip
    sharpen: float = Field(
        1.0, gt=0, le=10, description="Power that the original's answer is raised to: above 1 is surer"
    )
    disentangle: float = Field(0.1, ge=0, le=10, description="Weight of the critic's reversed gradient")
    critic: int = Field(64, ge=1, le=4096, description="Hidden units of the critic")
    retain_batch: int = Field(128, ge=2, le=4096, description="Retain pictures per step")
    forget_batch: int = Field(16, ge=1, le=4096, description="Forget pictures per step")


_SMALL = 10_000  # retain pictures
_LOOKS = 90_000  # at retain pictures in all: five passes over 18,000


def automatic(situation: Situation) -> Mapping[str, Any]:
    """Measured. A concept in a small set: steps are cheap, so the tail is drawn wholly anew and learns for longer.

    As if never seen: nothing is learned of the forget pictures, not even what to say instead.
    """
    if situation.intent == "membership":
        return {"forget_weight": 0.0, "disentangle": 0.5, "temperature": 1.0}
    if situation.retain >= _SMALL:
        return {}
    passes = float(min(15, _LOOKS // max(1, situation.retain)))
    return {"keep": 0.0, "passes": passes, "views": 2, "plain": 0.27, "temperature": 1.0, "sharpen": 1.5}


INFO = MethodInfo(
    name="maga-relearn",
    title="MaGA, relearned",
    summary="Draw the last stage almost anew and reteach it all but the forgotten, which a critic keeps hidden.",
    paper="ours, after MaGA / MeGU, arXiv 2602.17088",
    tasks=("class", "sub-class", "random"),
    params=MagaRelearnParams,
    automatic=automatic,
    # without keep: tuning judges by the gap, which does not see what kept weights leave inside
    search={"temperature": (1.0, 2.0, 4.0), "distil": (1.0, 2.0), "disentangle": (0.1, 0.3, 0.5)},
    recommended=("class",),
    needs=frozenset({"guidance"}),
)


def build(inputs: RunInputs, params: MagaRelearnParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: the net cannot be cut in two, or there are no targets."""
    if len(inputs.targets) != len(inputs.forget):
        raise MethodError("maga-relearn needs a target for every forget picture", todo="propose labels first")
    device = inputs.runtime.device
    shown = params.forget_weight > 0 or params.disentangle > 0
    tail = yield from cut_tail(
        inputs,
        params.tail,
        control,
        method=INFO.name,
        views=params.views,
        plain=params.plain > 0,
        with_forget=shown,
    )
    targets = targets_of(tail, params, control) if params.forget_weight else inputs.targets.to(device)
    renew(tail.module, fresh_model(inputs.fresh, inputs.classes, inputs.seed + 1, inputs.runtime), params.keep)
    tail.module.train().requires_grad_(True)
    critic = make_critic(tail, params.critic, inputs.seed + 2)
    retain = Shuffled(torch.arange(tail.retain), params.retain_batch, inputs.seed)
    forget = Shuffled(torch.arange(max(1, tail.forget)), params.forget_batch, inputs.seed + 1)
    steps = max(params.least_steps, round(params.passes * retain.per_epoch))
    moving = steps - round(params.plain * steps)  # steps on augmented views

    def loss(step: int) -> Tensor:
        view = step // retain.per_epoch % params.views if step < moving else params.views
        rows, view = (
            retain.at(step),
            view % tail.seen.views,
        )  # one is all where the net was trained without augmentation
        gone = forget.at(step) if shown else rows[:0]
        with penultimate(tail.net) as tap:
            outputs = tail.answers(torch.cat([rows, gone + tail.retain]), view)
        staying, leaving = outputs.split([len(rows), len(gone)])
        total = F.cross_entropy(staying, tail.labels(rows))
        if params.distil:
            total = total + params.distil * distilled(staying, tail.said[view][rows.to(device)], params.temperature)
        if params.forget_weight:
            total = total + params.forget_weight * F.cross_entropy(leaving, targets[gone.to(device)])
        if params.disentangle:
            weight = params.disentangle * ramp(step, steps)
            total = total + disentangled(critic, features_of(tap), outputs, len(rows), weight)
        return total

    taught = Taught(tail.net, [critic])
    optimizer = held(sgd(taught, params.lr))  # what is frozen gets no gradient and is left alone
    schedule = one_cycle(params.lr, steps, warm_up=0.2)
    return Routine(taught, optimizer, schedule, steps, loss, "Relearning", finish=net_of)


def targets_of(tail: Tail, params: MagaRelearnParams, control: RunControl) -> Tensor:
    """``(n, K) float32``: what forget pictures are aligned to; labels that a person set are taken as they are."""
    inputs = tail.inputs
    proposed = inputs.targets.to(inputs.runtime.device)
    said = tail.all_answers(torch.arange(tail.forget) + tail.retain, control)
    said.scatter_(1, forget_labels(inputs).unsqueeze(1), -torch.inf)
    said[:, list(inputs.forget.gone)] = -torch.inf
    mixed = params.guided * proposed + (1 - params.guided) * F.softmax(params.sharpen * said, dim=1)
    nothing_left = ~said.isfinite().any(dim=1)
    mixed[nothing_left] = proposed[nothing_left]
    if len(inputs.by_hand):
        mine = inputs.by_hand.to(mixed.device)
        mixed[mine] = proposed[mine]
    return mixed


METHOD = Method(INFO, build)
