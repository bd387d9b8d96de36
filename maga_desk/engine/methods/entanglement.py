"""Retain-forget entanglement: forget under a constraint on what is unlike, then mend what is alike without undoing it.

Cheng, Liu, Li and Zhang, "Machine Unlearning under Retain-Forget Entanglement" (ICLR 2026, arXiv 2603.26569). Known to
us is the abstract alone. Phase one: an augmented Lagrangian raises the forget loss while less related retained pictures
are preserved. Phase two: gradient projection, regularised by the Wasserstein-2 distance, mends related retained
pictures without compromising the unlearning.

Ours is the rest. *Related* are the retained pictures of the classes that the original takes forget pictures for. The
forget loss is cross-entropy, per picture up to a ceiling. The constraint is that the mean cross-entropy of unrelated
pictures is at most what it was, plus a slack; with the multiplier l >= 0 and penalty r, phase one descends -F + (max(0,
l + r c)^2 - l^2) / 2r and sets l to max(0, l + r c) after each step. In phase two a step's gradient on retained
pictures, related ones first, loses the part along which the forget loss would fall. The distance is that between the
forget pictures' logits now and at the end of phase one, each taken as a Gaussian with independent coordinates: |m1 -
m2|^2 + |s1 - s2|^2.
"""

from __future__ import annotations

import copy
from collections.abc import Generator

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from maga_desk.data.batches import Shuffled, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.constrained import along, gaussian_distance, lagrangian, projected
from maga_desk.engine.parts.distillation import teacher_logits
from maga_desk.engine.parts.fields import FallingRate, ForgetBatch, RetainBatch
from maga_desk.engine.parts.joint import forget_labels
from maga_desk.engine.parts.subsets import some
from maga_desk.engine.parts.trainable_stage import TrainedTogether, net_of
from maga_desk.engine.routine import Method, Routine, sgd, working_copy
from maga_desk.engine.schedules import cosine
from maga_desk.models.inference import logits

_LOOKED_AT = 1024  # pictures of each side that the original is asked about


class EntanglementParams(MethodParams):
    """All are ours: the abstract gives none."""

    passes: float = Field(1.0, gt=0, le=100, description="Phase one: passes over the unrelated retain pictures")
    mending: float = Field(1.0, gt=0, le=100, description="Phase two: passes over the related retain pictures")
    lr: FallingRate = 0.01
    ceiling: float = Field(3.0, gt=0, le=50, description="Cross-entropy of a forget picture that is enough, in nats")
    slack: float = Field(0.05, ge=0, le=10, description="How much the unrelated pictures' cross-entropy may rise")
    penalty: float = Field(10.0, gt=0, le=1e4, description="Penalty of the augmented Lagrangian")
    transport: float = Field(0.1, ge=0, le=100, description="Weight of the Wasserstein-2 distance in phase two")
    related: int = Field(1, ge=1, le=1000, description="Classes that count as related")
    retain_batch: RetainBatch = 128
    forget_batch: ForgetBatch = 64


INFO = MethodInfo(
    name="entanglement",
    title="Retain-forget entanglement",
    summary="Raise the loss under a constraint on what is unlike, then mend what is alike by projected gradients.",
    paper="Cheng et al., ICLR 2026, arXiv 2603.26569",
    tasks=("class", "sub-class"),
    group="away",
    firmer=Turn("ceiling", up=True),
    gentler=Turn("ceiling", up=False),
    params=EntanglementParams,
    search={"ceiling": (1.0, 2.0, 3.0, 5.0), "lr": (0.003, 0.01, 0.03), "mending": (1.0, 3.0)},
)


class Multiplier(nn.Module):
    """What a resumed run must find again: l, and the net as phase one left it."""

    value: Tensor

    def __init__(self, net: nn.Module, device: torch.device) -> None:
        super().__init__()
        self.register_buffer("value", torch.zeros((), device=device))
        self.left = copy.deepcopy(net).requires_grad_(False)

    def train(self, _mode: bool = True) -> Multiplier:
        """The kept net is only looked at."""
        super().train(False)
        return self


def build(inputs: RunInputs, params: EntanglementParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: no class is left that is not related."""
    yield Progress("Finding related pictures", 0, 0)
    model = working_copy(inputs)
    train, device = inputs.pictures.train, inputs.runtime.device
    alike = related_classes(inputs, params.related, control)
    labels = train.labels.cpu()[inputs.retain_indices]
    near = torch.isin(labels, torch.tensor(alike))
    if near.all() or not near.any():
        raise MethodError("there must be related and unrelated classes that stay", where=f"[method] {INFO.name}")
    far, close = inputs.retain_indices[~near], inputs.retain_indices[near]
    unrelated = Shuffled(far, params.retain_batch, inputs.seed)
    related = Shuffled(close, max(2, params.retain_batch // 2), inputs.seed + 2)
    forget = Shuffled(torch.arange(len(inputs.forget)), params.forget_batch, inputs.seed + 1)
    allowed = _mean_loss(inputs, some(inputs, far, _LOOKED_AT), control) + params.slack
    first = max(1, round(params.passes * unrelated.per_epoch))
    steps = first + max(1, round(params.mending * related.per_epoch))
    kept = Multiplier(model, device)
    trained = TrainedTogether(model, [kept])
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    gone = forget_labels(inputs)

    def shown(step: int, *lots: Tensor) -> tuple[Tensor, list[Tensor]]:
        images = train.augmented(torch.cat(lots), step_generator(inputs.seed, step))
        with inputs.runtime.autocast():
            outputs = model(inputs.runtime.shape(images))
        return images, list(outputs.float().split([len(lot) for lot in lots]))

    def entropy(outputs: Tensor, positions: Tensor) -> Tensor:
        return F.cross_entropy(outputs, train.labels[positions.to(train.labels.device)])

    def forgetting(outputs: Tensor, rows: Tensor) -> Tensor:
        each = F.cross_entropy(outputs, gone[rows.to(gone.device)], reduction="none")
        return each.clamp_max(params.ceiling).mean()

    def loss(step: int) -> Tensor:
        rows = forget.at(step)
        if step < first:
            others = unrelated.at(step)
            _, (on_others, on_forget) = shown(step, others, inputs.forget_indices[rows])
            over = entropy(on_others, others) - allowed
            return -forgetting(on_forget, rows) + lagrangian(over, kept.value, params.penalty)
        if step == first:
            kept.left.load_state_dict(model.state_dict())
        mine, others = related.at(step - first), unrelated.at(step)
        images, (on_mine, on_others, on_forget) = shown(step, mine, others, inputs.forget_indices[rows])
        then = teacher_logits(kept.left, images[-len(rows) :], inputs)
        mend = entropy(on_mine, mine) + entropy(on_others, others)
        mend = mend + params.transport * gaussian_distance(on_forget, then)
        return along(projected(mend, forgetting(on_forget, rows), weights), weights, mend)

    return Routine(trained, sgd(trained, params.lr), cosine(params.lr, steps), steps, loss, finish=net_of)


def related_classes(inputs: RunInputs, count: int, control: RunControl) -> list[int]:
    """The classes that stay and get most of the original's probability for forget pictures."""
    chosen = some(inputs, inputs.forget_indices, _LOOKED_AT)
    shares = logits(inputs.original, inputs.pictures.train, inputs.runtime, chosen, control).softmax(dim=1).mean(dim=0)
    shares[list(inputs.forget.gone)] = -1
    return [int(each) for each in shares.topk(min(count, inputs.classes - 1)).indices if shares[each] >= 0]


def _mean_loss(inputs: RunInputs, positions: Tensor, control: RunControl) -> float:
    outputs = logits(inputs.original, inputs.pictures.train, inputs.runtime, positions, control)
    return float(F.cross_entropy(outputs, inputs.pictures.train.labels.cpu()[positions]))


METHOD = Method(INFO, build)
