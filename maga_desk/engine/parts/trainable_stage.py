"""Training the last stage of a net alone.

The net is cut in two. The trunk is frozen and runs once over every picture (:mod:`.frozen_features`); the trainable
stage behind it then learns from these features, which costs a fraction of training the whole net.
"""

from __future__ import annotations

import copy
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from maga_desk.data.batches import Pictures
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Progress
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.frozen_features import FrozenFeatures, freeze_features
from maga_desk.engine.parts.heads import classifying_head
from maga_desk.engine.routine import working_copy
from maga_desk.models.splitting import halves

_BATCH = 1024


@dataclass(frozen=True)
class TrainableStage:
    """A copy of the original, cut in two, with the trunk's features of its pictures.

    Rows count the retain pictures first, then the forget pictures.

    :param net: the whole copy, without gradients; it shares its weights with ``module``, so training that trains it.
    :param module: the last stage.
    :param head: the layer that gives the logits.
    :param features: the trunk's outputs for all rows.
    :param retain: number of retain pictures; ``forget``: of forget pictures.
    :param original_logits: for each view the original's logits of the retain pictures ``(n, K) float32``, with minus
        infinity for classes that go.
    """

    inputs: RunInputs
    net: nn.Module
    module: nn.Module
    head: nn.Linear | nn.Conv2d
    features: FrozenFeatures
    retain: int
    forget: int
    original_logits: tuple[Tensor, ...]

    def logits(self, rows: Tensor, view: int = 0, module: nn.Module | None = None) -> Tensor:
        """``(b, K) float32`` for rows ``(b,) int64``.

        :param module: another stage to run behind the same trunk.
        """
        with self.inputs.runtime.autocast():
            outputs: Tensor = (module or self.module)(self.features.at(rows, view))
        return outputs.float()

    def labels(self, rows: Tensor) -> Tensor:
        """``(b,) int64`` on the device: the true labels of retain rows."""
        labels = self.inputs.pictures.train.labels
        return labels[self.inputs.retain_indices[rows].to(labels.device)]

    def all_logits(self, rows: Tensor, control: RunControl, view: int = 0, module: nn.Module | None = None) -> Tensor:
        """Like :meth:`logits`, without gradients and for any number of rows.

        :raises Cancelled: in between.
        """
        found = []
        for part in rows.split(_BATCH):
            control.checkpoint()
            with torch.no_grad():
                found.append(self.logits(part, view, module))
        return torch.cat(found)

    def logits_of(self, pictures: Pictures, control: RunControl, module: nn.Module) -> Generator[Event, None, Tensor]:
        """Like :meth:`all_logits`, for all of some other pictures; the trunk runs over them first.

        :raises Cancelled: in between.
        """
        everything, inputs = torch.arange(len(pictures.labels)), self.inputs
        features = yield from freeze_features(
            self.features.trunk, pictures, everything, inputs.runtime, views=1, seed=inputs.seed, control=control
        )
        return replace(self, features=features).all_logits(everything, control, module=module)


def cut_off_stage(
    inputs: RunInputs,
    share: float,
    control: RunControl,
    *,
    method: str,
    views: int = 1,
    plain: bool = False,
    with_forget: bool = True,
) -> Generator[Event, None, TrainableStage]:
    """Cut a copy of the original in two and compute the trunk's features.

    :param share: of the net's multiplications, the least that the trainable stage does.
    :param views: number of augmented views; ``plain``: add one without augmentation (:func:`.freeze_features`).
    :param with_forget: compute features of the forget pictures too.
    :raises MethodError: the net cannot be cut in two, or has no linear head.
    :raises Cancelled: in between.
    """
    train, runtime, gone = inputs.pictures.train, inputs.runtime, list(inputs.forget.gone)
    yield Progress("Splitting the net", 0, 0)
    net = working_copy(inputs).requires_grad_(False).eval()
    head = classifying_head(net, inputs.classes, method)
    cut = halves(net, runtime.shape(train.batch(inputs.retain_indices[:2])), share)
    retain, forget = inputs.retain_indices, inputs.forget_indices if with_forget else inputs.forget_indices[:0]
    positions = torch.cat([retain, forget])
    features = yield from freeze_features(
        cut.trunk, train, positions, runtime, views=views, plain=plain, seed=inputs.seed, control=control
    )
    stage = TrainableStage(inputs, net, cut.tail, head, features, len(retain), len(forget), ())
    original = []
    for view in range(features.views):
        outputs = stage.all_logits(torch.arange(len(retain)), control, view)
        outputs[:, gone] = -torch.inf
        original.append(outputs)
    return replace(stage, original_logits=tuple(original))


@torch.no_grad()
def shrink_and_perturb(module: nn.Module, fresh: nn.Module, keep: float) -> None:
    """Weights become ``keep`` times themselves plus ``1 - keep`` times fresh ones (Ash and Adams, NeurIPS 2020).

    Statistics of normalisation start anew unless everything is kept.

    :param module: a part of a net; ``fresh``: a whole newly initialised net of the same architecture.
    """
    others = {**dict(fresh.named_parameters()), **dict(fresh.named_buffers())}
    for name, weight in module.named_parameters():
        weight.mul_(keep).add_(others[name], alpha=1 - keep)
    for name, buffer in module.named_buffers():
        if name in others and keep < 1:
            buffer.copy_(others[name])


def reinitialised(stage: TrainableStage, fresh: nn.Module) -> nn.Module:
    """A copy of the stage's module with freshly initialised weights, in training mode.

    :param fresh: a whole newly initialised net of the same architecture.
    """
    module = copy.deepcopy(stage.module)
    shrink_and_perturb(module, fresh, 0.0)
    return module.train().requires_grad_(True)


class TrainedTogether(nn.Module):
    """A net and whatever is trained beside it, so that a resumable checkpoint holds both; the net is handed over.

    Everything is set to training mode, the trunk too. That is harmless: the trunk runs no more, or is set to evaluation
    whenever it runs.
    """

    def __init__(self, net: nn.Module, beside: Sequence[nn.Module]) -> None:
        super().__init__()
        self.net = net
        self.beside = nn.ModuleList(beside)
        self.train()


def net_of(trained: nn.Module) -> nn.Module:
    """What a routine of a :class:`TrainedTogether` hands over."""
    assert isinstance(trained, TrainedTogether)
    return trained.net
