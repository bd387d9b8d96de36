"""CMF: the head is the classes' mean features, so that a class can only be forgotten where the features move.

Gao, Unal, Rangamani and Zhu, "An Illusion of Unlearning?" (AISTATS 2026, arXiv 2604.08271). Known to us is the abstract
alone: most methods misalign the head with features that still tell the class, and methods based on a classifier of
class-mean features enforce that both agree. Ours is the rest. With m_c the mean feature of class c over retained
pictures and v the mean variance of a feature within classes, the logits are those of the nearest mean, m_c' h / v -
|m_c|^2 / 2v: a linear head that no gradient reaches. The means follow the features as a running mean over the steps. A
forgotten class has no retained picture and so no mean: it has no row to answer with. Retained pictures are learned by
cross-entropy; forgotten ones, by KL, towards the original's answer without the class (DELETE's target), which draws
their features in among the means of what stays.
"""

from __future__ import annotations

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
from maga_desk.engine.methods.logit_mask import NEVER
from maga_desk.engine.parts.critic import clip_gradients
from maga_desk.engine.parts.distillation import kl_to, teacher_logits
from maga_desk.engine.parts.fields import FallingRate, ForgetBatch, ForgetWeight, RetainBatch
from maga_desk.engine.parts.heads import classifying_head
from maga_desk.engine.parts.subsets import per_class
from maga_desk.engine.routine import Method, Routine, sgd, working_copy
from maga_desk.engine.schedules import cosine
from maga_desk.models.inference import features
from maga_desk.models.taps import penultimate

_PER_CLASS = 256  # pictures of which the first means are made


class CmfParams(MethodParams):
    """All are ours: the abstract gives none."""

    passes: float = Field(5.0, gt=0, le=1000, description="Passes over the retain pictures")
    lr: FallingRate = 0.02
    forget_weight: ForgetWeight = 1.0
    memory: float = Field(0.9, ge=0, lt=1, description="Share of a class's mean that a step leaves as it was")
    retain_batch: RetainBatch = 128
    forget_batch: ForgetBatch = 64


INFO = MethodInfo(
    name="cmf",
    title="CMF (class-mean head)",
    summary="Train with the classes' mean features as the head, so that forgetting has to move the features.",
    paper="Gao et al., AISTATS 2026, arXiv 2604.08271",
    tasks=("class",),
    group="labels",
    firmer=Turn("forget_weight", up=True),
    gentler=Turn("lr", up=False),
    params=CmfParams,
    search={"lr": (0.005, 0.02, 0.05), "forget_weight": (0.3, 1.0, 3.0), "passes": (3.0, 5.0, 10.0)},
)


def build(inputs: RunInputs, params: CmfParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: the head is no linear layer with a bias, or all features are the same."""
    model, original = working_copy(inputs), inputs.original.eval()
    head = classifying_head(model, inputs.classes, INFO.name)
    if not isinstance(head, nn.Linear) or head.bias is None:
        raise MethodError("the model's head is no linear layer with a bias", where=f"[method] {INFO.name}")
    yield Progress("Finding class means", 0, 0)
    means, variance = first_means(inputs, control)
    head.requires_grad_(False)  # in it the means are kept, so that a resumed run goes on with them
    train, device = inputs.pictures.train, inputs.runtime.device
    present = train.labels[inputs.retain_indices.to(train.labels.device)].unique().tolist()
    gone = [label for label in range(inputs.classes) if label not in present]
    write_head(head, means, variance, gone)
    retain = Shuffled(inputs.retain_indices, params.retain_batch, inputs.seed)
    forget = Shuffled(torch.arange(len(inputs.forget)), params.forget_batch, inputs.seed + 1)
    steps = max(1, round(params.passes * retain.per_epoch))

    def loss(step: int) -> Tensor:  # no two losses: those are looked at more than once, and the means would move on
        kept, rows = retain.at(step), forget.at(step)
        both = torch.cat([kept, inputs.forget_indices[rows]])
        images = train.augmented(both, step_generator(inputs.seed, step))
        with penultimate(model) as tap, inputs.runtime.autocast():
            model(inputs.runtime.shape(images))
        assert tap.features is not None
        found = tap.features.float()
        labels = train.labels[kept.to(train.labels.device)].to(device)
        follow(head, found[: len(kept)].detach(), labels, variance, params.memory, gone)
        outputs = F.linear(found, head.weight.clone(), head.bias.clone())
        wanted = teacher_logits(original, images[len(kept) :], inputs)
        wanted[:, gone] = -torch.inf
        forgetting = kl_to(outputs[len(kept) :], wanted)
        return F.cross_entropy(outputs[: len(kept)], labels) + params.forget_weight * forgetting

    return Routine(model, clip_gradients(sgd(model, params.lr)), cosine(params.lr, steps), steps, loss)


def first_means(inputs: RunInputs, control: RunControl) -> tuple[Tensor, float]:
    """The original's class means over retained pictures ``(K, D)``, zero without any, and v.

    :raises MethodError: all features are the same.
    """
    chosen = per_class(inputs, _PER_CLASS)
    found = features(inputs.original, inputs.pictures.train, inputs.runtime, chosen, control).to(inputs.runtime.device)
    labels = inputs.pictures.train.labels[chosen.to(inputs.pictures.train.labels.device)].to(found.device)
    member = F.one_hot(labels, inputs.classes).to(found)
    means = member.T @ found / member.sum(dim=0).clamp_min(1).unsqueeze(1)
    variance = float((found - means[labels]).square().mean())
    spread = float(found.var(dim=0, unbiased=False).mean())
    if not spread > 0:
        raise MethodError("the model's features are the same for every picture", where=f"[method] {INFO.name}")
    return means, max(variance, 1e-3 * spread)


@torch.no_grad()
def write_head(head: nn.Linear, means: Tensor, variance: float, gone: list[int]) -> None:
    """The nearest mean as a linear layer; classes that go have none."""
    head.weight.copy_(means / variance)
    head.bias.copy_(-means.square().sum(dim=1) / (2 * variance))
    head.weight[gone] = 0
    head.bias[gone] = NEVER


def follow(head: nn.Linear, found: Tensor, labels: Tensor, variance: float, memory: float, gone: list[int]) -> None:
    """Let the means of the classes that a batch has go on towards the batch's own.

    :param found: features ``(b, D)``; ``labels`` ``(b,) int64``.
    """
    member = F.one_hot(labels, len(head.weight)).to(found)
    counts = member.sum(dim=0).unsqueeze(1)
    now = member.T @ found / counts.clamp_min(1)
    before = head.weight.detach() * variance
    write_head(head, torch.where(counts > 0, memory * before + (1 - memory) * now, before), variance, gone)


METHOD = Method(INFO, build)
