"""MaGA, as if unseen: let the forget pictures be answered as a net would answer that never saw them.

A method of ours for the intent *membership*: a label that may never be the true one over-forgets, for a net that never
saw a picture still knows most of what it shows. So the perturbing target of a picture is what such a net would say:

1. *A stranger answers.* The net's last stage is drawn anew and learns, from features that the trunk read once, the
   retain pictures only: one short pass, no forget picture among them.
2. *As sure as of strangers.* The trunk below still remembers single pictures, and one short pass makes no net as sure
   as the original. The confidences are therefore moved, keeping their order. Where single pictures go, held-out ones of
   the same class are like them: confidences in the true label become the original's in theirs, quantile by quantile.
   Where a sub-class goes, nothing held out is like it: a net that never saw any of it is less sure of it. So the
   stranger is heard on the held-out pictures too, and what makes its confidences the original's there, among right
   answers and among wrong ones, is done to those in the forgotten. What is left goes to the other classes as the
   stranger has it. Without held-out pictures the stranger is taken at its word. ReGUn (2026) takes the mean answer to
   held-out pictures instead.
3. *Re-alignment.* The original's last stage is tuned: retain pictures keep their labels and the original's answers,
   forget pictures move to their targets. Labels that a person set win over the stranger.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from maga_desk.data.batches import Shuffled
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Message, Progress
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
    stranger_of,
)
from maga_desk.engine.routine import Method, Routine, fresh_model, sgd
from maga_desk.engine.schedules import one_cycle
from maga_desk.models.inference import logits
from maga_desk.models.taps import penultimate

_STAGE = "Asking a stranger"
_SAID_EVERY = 20
_FEWEST = 5  # held-out pictures of a class, or right or wrong answers; with fewer all are taken together
_PLACES = 1001  # at which two distributions are compared

Values = NDArray[np.float64]


class MagaUnseenParams(MethodParams):
    """Defaults from measurement."""

    tail: float = Field(0.2, gt=0, lt=1, description="Least share of the net's work that is tuned")
    stranger_passes: float = Field(1.0, gt=0, le=100, description="Passes of the stranger over the retain pictures")
    stranger_lr: float = Field(0.2, gt=0, le=10, description="Its peak learning rate")
    disentangle: float = Field(0.0, ge=0, le=10, description="Weight of a critic's reversed gradient in the stranger")
    critic: int = Field(64, ge=1, le=4096, description="Hidden units of the critic")
    calibrate: bool = Field(True, description="As sure as of held-out pictures, where some are and membership counts")
    passes: float = Field(4.0, gt=0, le=100, description="Passes of the tuning over the retain pictures' features")
    least_steps: int = Field(200, ge=1, le=100_000, description="Small sets: go on for at least this many steps")
    lr: float = Field(0.05, gt=0, le=10, description="Peak learning rate of a one-cycle schedule")
    distil: float = Field(1.0, ge=0, le=20, description="Weight of the original's answers on retain pictures")
    temperature: float = Field(2.0, gt=0, le=20, description="Softmax temperature of those answers")
    forget_weight: float = Field(1.0, ge=0, le=20, description="Weight of the forget pictures' targets")
    retain_batch: int = Field(128, ge=2, le=4096, description="Retain pictures per step")
    forget_batch: int = Field(32, ge=1, le=4096, description="Forget pictures per step")


def automatic(situation: Situation) -> Mapping[str, Any]:
    """Measured: what must be as if never seen needs a stranger that learned longer, with a critic beside it.

    Longest for a sub-class, of which the stranger must say from afar what it is.
    """
    if situation.intent == "concept":
        return {}
    shared = {"disentangle": 0.5, "lr": 0.1}
    if situation.task == "random":
        return shared | {"stranger_passes": 2.0, "forget_weight": 2.0}
    return shared | {"stranger_passes": 4.0, "forget_weight": 1.5}


INFO = MethodInfo(
    name="maga-unseen",
    title="MaGA, as if unseen",
    summary="Let the last stage answer the forget pictures as a net would that never saw them.",
    paper="ours, after MaGA / MeGU, arXiv 2602.17088",
    tasks=("class", "sub-class", "random"),
    params=MagaUnseenParams,
    automatic=automatic,
    search={"forget_weight": (0.5, 1.0, 2.0), "lr": (0.02, 0.05, 0.1), "disentangle": (0.2, 0.5)},
    recommended=("sub-class", "random"),
    needs=frozenset({"guidance"}),
)


def build(inputs: RunInputs, params: MagaUnseenParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: the net cannot be cut in two."""
    device = inputs.runtime.device
    tail = yield from cut_tail(inputs, params.tail, control, method=INFO.name)
    targets = yield from unseen_targets(inputs, params, tail, control)
    if len(inputs.by_hand):
        mine = inputs.by_hand.to(device)
        targets[mine] = inputs.targets.to(device)[mine]
    tail.module.train().requires_grad_(True)
    retain = Shuffled(torch.arange(tail.retain), params.retain_batch, inputs.seed)
    forget = Shuffled(torch.arange(tail.forget), params.forget_batch, inputs.seed + 1)
    steps = max(params.least_steps, round(params.passes * retain.per_epoch))

    def loss(step: int) -> Tensor:
        rows, gone = retain.at(step), forget.at(step)
        outputs = tail.answers(torch.cat([rows, gone + tail.retain]))
        staying, leaving = outputs.split([len(rows), len(gone)])
        total = F.cross_entropy(staying, tail.labels(rows))
        if params.distil:
            total = total + params.distil * distilled(staying, tail.said[0][rows.to(device)], params.temperature)
        return total + params.forget_weight * F.cross_entropy(leaving, targets[gone.to(device)])

    taught = Taught(tail.net, [])
    schedule = one_cycle(params.lr, steps, warm_up=0.2)
    return Routine(taught, sgd(taught, params.lr), schedule, steps, loss, finish=net_of)


def unseen_targets(
    inputs: RunInputs, params: MagaUnseenParams, tail: Tail, control: RunControl
) -> Generator[Event, None, Tensor]:
    """``(n, K) float32`` on the device: what a net would say of each forget picture that never saw it.

    :raises Cancelled: in between.
    """
    stranger = stranger_of(tail, fresh_model(inputs.fresh, inputs.classes, inputs.seed + 1, inputs.runtime))
    yield from _teach(stranger, params, tail, control)
    said = _said(tail, tail.all_answers(torch.arange(tail.forget) + tail.retain, control, module=stranger.eval()))
    if params.calibrate and inputs.situation.intent == "membership":
        held_out = inputs.pictures.held_out
        if held_out is None:
            yield Message("No pictures are held out: how sure the net may be of the forgotten is a guess", "warning")
        else:
            labels, their_labels = forget_labels(inputs).cpu(), held_out.labels.cpu()
            theirs = torch.softmax(logits(inputs.original, held_out, inputs.runtime, None, control).double(), dim=1)
            if inputs.forget.task == "random":
                said = as_sure_as(said, labels, theirs, their_labels)
            else:
                heard = _said(tail, (yield from tail.elsewhere(held_out, control, stranger)))
                said = as_sure_when(said, labels, heard, theirs, their_labels)
    return said.float().to(inputs.runtime.device)


def _said(tail: Tail, outputs: Tensor) -> Tensor:
    """Softmax ``(n, K) float64`` of logits, nothing of it for gone classes."""
    outputs[:, list(tail.inputs.forget.gone)] = -torch.inf
    return torch.softmax(outputs.cpu().double(), dim=1)


def as_sure_as(said: Tensor, labels: Tensor, theirs: Tensor, their_labels: Tensor) -> Tensor:
    """Move answers' confidences in the true label, in their order, to those of other pictures of the same class.

    :param said: softmax ``(n, K) float64``; ``labels``: ``(n,)`` the true ones.
    :param theirs: softmax ``(m, K)`` of pictures that were never seen, with ``their_labels`` ``(m,)``.
    :returns: ``(n, K) float64``; the other classes share what is left as they did.
    """
    sure, reference = _at(said, labels), _at(theirs, their_labels)
    moved = np.empty_like(sure)
    for label in labels.unique().tolist():
        mine, like = (labels == label).numpy(), reference[(their_labels == label).numpy()]
        moved[mine] = quantiles(sure[mine], like if len(like) >= _FEWEST else reference)
    return _set(said, labels, moved)


def as_sure_when(said: Tensor, labels: Tensor, heard: Tensor, theirs: Tensor, their_labels: Tensor) -> Tensor:
    """Move a stranger's confidences in what it says as those in other pictures must move to be the original's.

    Right answers and wrong ones by themselves: a net is sure of what it never saw in another way where it errs.

    :param said: the stranger's softmax ``(n, K) float64``; ``labels``: ``(n,)`` the true ones.
    :param heard: the stranger's of pictures that were never seen ``(m, K) float64``; ``theirs``: the original's of the
        same pictures, with ``their_labels`` ``(m,)``.
    :returns: ``(n, K) float64``; the other classes share what is left as they did.
    """
    top, sure, right = _answers(said, labels)
    _, from_, was_right = _answers(heard, their_labels)
    _, to, is_right = _answers(theirs, their_labels)
    moved = np.empty_like(sure)
    for which in (True, False):
        source, target = from_[was_right == which], to[is_right == which]
        if min(len(source), len(target)) < _FEWEST:
            source, target = from_, to
        moved[right == which] = carried(sure[right == which], source, target)
    return _set(said, top, moved)


def _answers(said: Tensor, labels: Tensor) -> tuple[Tensor, Values, NDArray[np.bool_]]:
    """What is said ``(n,)``, how surely ``(n,)``, and whether it is right ``(n,)``."""
    top = said.argmax(dim=1)
    return top, _at(said, top), (top == labels).numpy()


def carried(values: Values, source: Values, target: Values) -> Values:
    """Values ``(n,)`` moved as the source ``(m,)`` must move to be spread like the target ``(k,)``; none is empty."""
    places = np.linspace(0, 1, _PLACES)
    return np.interp(values, np.quantile(source, places), np.quantile(target, places))


def _at(said: Tensor, labels: Tensor) -> Values:
    values: Values = said.gather(1, labels.unsqueeze(1)).squeeze(1).numpy()
    return values


def _set(said: Tensor, labels: Tensor, values: Values) -> Tensor:
    """``said`` with the probabilities of ``labels`` replaced; the other classes share what is left as they did."""
    place, own = labels.unsqueeze(1), said.scatter(1, labels.unsqueeze(1), 0)
    rest = own.sum(dim=1, keepdim=True)
    even = torch.full_like(own, 1 / max(1, own.shape[1] - 1)).scatter(1, place, 0)
    kept = torch.from_numpy(values).unsqueeze(1)
    return (torch.where(rest > 0, own / rest.clamp_min(1e-300), even) * (1 - kept)).scatter(1, place, kept)


def quantiles(values: Values, reference: Values) -> Values:
    """Every value's place among its own, read off the reference: ``(n,)``, from ``(n,)`` and ``(m,)``, m at least 1."""
    places = (values.argsort().argsort() + 0.5) / len(values)
    return np.quantile(reference, places)


def _teach(
    stranger: nn.Module, params: MagaUnseenParams, tail: Tail, control: RunControl
) -> Generator[Event, None, None]:
    """Cross-entropy and the original's answers on retain pictures; of forget pictures only the critic learns."""
    inputs = tail.inputs
    retain = Shuffled(torch.arange(tail.retain), params.retain_batch, inputs.seed + 3)
    forget = Shuffled(torch.arange(tail.forget), params.forget_batch, inputs.seed + 4)
    steps = max(1, round(params.stranger_passes * retain.per_epoch))
    taught = nn.ModuleList([stranger])
    critic = make_critic(tail, params.critic, inputs.seed + 2) if params.disentangle else None
    if critic is not None:
        taught.append(critic)
    optimizer, schedule = held(sgd(taught, params.stranger_lr)), one_cycle(params.stranger_lr, steps, warm_up=0.2)
    for step in range(steps):
        control.checkpoint()
        if step % _SAID_EVERY == 0:
            yield Progress(_STAGE, step, steps)
        for group in optimizer.param_groups:
            group["lr"] = schedule(step)
        rows = retain.at(step)
        gone = forget.at(step) if critic is not None else rows[:0]
        with penultimate(stranger) as tap:
            outputs = tail.answers(torch.cat([rows, gone + tail.retain]), module=stranger)
        staying = outputs[: len(rows)]
        loss = F.cross_entropy(staying, tail.labels(rows))
        loss = loss + distilled(staying, tail.said[0][rows.to(outputs.device)], 1.0)
        if critic is not None:
            weight = params.disentangle * ramp(step, steps)
            loss = loss + disentangled(critic, features_of(tap), outputs, len(rows), weight)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    yield Progress(_STAGE, steps, steps)


METHOD = Method(INFO, build)
