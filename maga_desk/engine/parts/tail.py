"""Working on a net's last stage alone: the trunk reads every picture once, then only the tail is trained.

What methods that do so share: the cut, the features, the original's answers, a renewed tail, and the three losses.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maga_desk.data.batches import Pictures
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Progress
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.heads import classifying_head
from maga_desk.engine.parts.kept_features import Frozen, read_once
from maga_desk.engine.routine import working_copy
from maga_desk.models.splitting import halves
from maga_desk.models.taps import FeatureTap

_BATCH = 1024
_LENGTH = 8.0  # of the features that a critic sees, in the mean
_LARGEST_GRADIENT = 5.0


@dataclass(frozen=True)
class Tail:
    """A copy of the original cut in two, with what its trunk read.

    Rows count the retain pictures first, then the forget pictures.

    :param net: the whole copy, frozen; training ``module`` (its last stage) trains it.
    :param head: the last linear layer.
    :param seen: the trunk's features of all rows.
    :param retain: how many retain pictures there are, ``forget`` likewise.
    :param said: by view, the original's logits on retain pictures ``(n, K) float32``; minus infinity for gone classes.
    """

    inputs: RunInputs
    net: nn.Module
    module: nn.Module
    head: nn.Linear
    seen: Frozen
    retain: int
    forget: int
    said: tuple[Tensor, ...]

    def answers(self, rows: Tensor, view: int = 0, module: nn.Module | None = None) -> Tensor:
        """Logits ``(b, K) float32`` of a tail (default: this one's) on rows ``(b,) int64``."""
        with self.inputs.runtime.autocast():
            outputs: Tensor = (module or self.module)(self.seen.at(rows, view))
        return outputs.float()

    def labels(self, rows: Tensor) -> Tensor:
        """``(b,) int64`` on the device: the true labels of retain rows."""
        labels = self.inputs.pictures.train.labels
        return labels[self.inputs.retain_indices[rows].to(labels.device)]

    def all_answers(self, rows: Tensor, control: RunControl, view: int = 0, module: nn.Module | None = None) -> Tensor:
        """Like :meth:`answers` without gradients, for any number of rows.

        :raises Cancelled: in between.
        """
        found = []
        for part in rows.split(_BATCH):
            control.checkpoint()
            with torch.no_grad():
                found.append(self.answers(part, view, module))
        return torch.cat(found)

    def elsewhere(self, pictures: Pictures, control: RunControl, module: nn.Module) -> Generator[Event, None, Tensor]:
        """Like :meth:`all_answers`, of all of other pictures, which the trunk reads for it.

        :raises Cancelled: in between.
        """
        everything, inputs = torch.arange(len(pictures.labels)), self.inputs
        seen = yield from read_once(
            self.seen.trunk, pictures, everything, inputs.runtime, views=1, seed=inputs.seed, control=control
        )
        return replace(self, seen=seen).all_answers(everything, control, module=module)


def cut_tail(
    inputs: RunInputs,
    share: float,
    control: RunControl,
    *,
    method: str,
    views: int = 1,
    plain: bool = False,
    with_forget: bool = True,
) -> Generator[Event, None, Tail]:
    """Cut a copy of the original and let its trunk read the pictures.

    :param share: least share of the net's work that the tail does.
    :param views: augmented ones; with ``plain``, the pictures as they are come last (:func:`read_once`).
    :raises MethodError: the net cannot be cut in two, or has no linear head.
    :raises Cancelled: in between.
    """
    train, runtime, gone = inputs.pictures.train, inputs.runtime, list(inputs.forget.gone)
    yield Progress("Cutting the net", 0, 0)
    net = working_copy(inputs).requires_grad_(False).eval()
    head = classifying_head(net, inputs.classes, method)
    cut = halves(net, runtime.shape(train.batch(inputs.retain_indices[:2])), share)
    retain, forget = inputs.retain_indices, inputs.forget_indices if with_forget else inputs.forget_indices[:0]
    positions = torch.cat([retain, forget])
    seen = yield from read_once(
        cut.trunk, train, positions, runtime, views=views, plain=plain, seed=inputs.seed, control=control
    )
    tail = Tail(inputs, net, cut.tail, head, seen, len(retain), len(forget), ())
    said = []
    for view in range(seen.views):
        answers = tail.all_answers(torch.arange(len(retain)), control, view)
        answers[:, gone] = -torch.inf
        said.append(answers)
    return Tail(inputs, net, cut.tail, head, seen, len(retain), len(forget), tuple(said))


@torch.no_grad()
def renew(tail: nn.Module, fresh: nn.Module, keep: float) -> None:
    """Shrink a tail's weights to a share ``keep`` and fill them up from a fresh net; statistics start anew."""
    others = {**dict(fresh.named_parameters()), **dict(fresh.named_buffers())}
    for name, weight in tail.named_parameters():
        weight.mul_(keep).add_(others[name], alpha=1 - keep)
    for name, buffer in tail.named_buffers():
        if name in others and keep < 1:
            buffer.copy_(others[name])


def stranger_of(tail: Tail, fresh: nn.Module) -> nn.Module:
    """A copy of the tail that knows nothing, in training mode: it has never seen any picture."""
    module = copy.deepcopy(tail.module)
    renew(module, fresh, 0.0)
    return module.train().requires_grad_(True)


def distilled(outputs: Tensor, said: Tensor, temperature: float) -> Tensor:
    """T² KL(said || outputs) at a temperature, mean over pictures; minus infinity in ``said`` means never.

    :param outputs: logits ``(b, K)``; likewise ``said``.
    """
    wanted = F.softmax(said / temperature, dim=1)
    logs = F.log_softmax(outputs / temperature, dim=1)
    return temperature**2 * F.kl_div(logs, wanted, reduction="batchmean")


class Critic(nn.Module):
    """Guesses from features and answers whether a picture must be forgotten."""

    def __init__(self, width: int, classes: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width + classes, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, features: Tensor, answers: Tensor) -> Tensor:
        """``(b,)`` logits from ``(b, D)`` and ``(b, K)``."""
        guesses: Tensor = self.layers(torch.cat([features, answers], dim=1)).squeeze(1)
        return guesses


def make_critic(tail: Tail, hidden: int, seed: int) -> Critic:
    """A critic of this tail's features and answers, on its device."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Critic(tail.head.in_features, tail.inputs.classes, hidden).to(tail.inputs.runtime.device)


def features_of(tap: FeatureTap) -> Tensor:
    """``(b, D) float32``: the head's input of the forward pass that was just taken."""
    assert tap.features is not None
    return tap.features.flatten(1).float()


def disentangled(critic: nn.Module, features: Tensor, outputs: Tensor, split: int, weight: float) -> Tensor:
    """The critic's loss: telling forget pictures (from ``split`` on) from retain pictures, both counting alike.

    Its gradient reaches the features reversed and times ``weight``; they are scaled first, to a length that is the same
    for every net, so that the weight and the critic's learning rate mean the same as well.

    :param features: ``(b, D)`` the head's input; ``outputs``: logits ``(b, K)``.
    """
    scaled = features * (_LENGTH / features.shape[1] ** 0.5 / (features.detach().std() + 1e-6))
    reversed_ = scaled.detach() * (1 + weight) - scaled * weight  # the value as it is, its gradient times -weight
    guesses = critic(reversed_, F.softmax(outputs.detach(), dim=1))
    truth = torch.zeros_like(guesses)
    truth[split:] = 1
    counts = torch.where(truth > 0, split / max(1, len(guesses) - split), 1.0)
    return F.binary_cross_entropy_with_logits(guesses, truth, weight=counts)


def ramp(step: int, steps: int) -> float:
    """From 0 to 1, soon nearly 1: how much a critic counts, so that the features are there before they flee (Ganin)."""
    return 2 / (1 + math.exp(-10 * step / max(1, steps))) - 1


def held(optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    """The optimiser, with the length of each step's gradient bounded: two nets that pull apart can run away."""

    def clip(*_arguments: object) -> None:
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        nn.utils.clip_grad_norm_(weights, _LARGEST_GRADIENT)

    optimizer.register_step_pre_hook(clip)
    return optimizer


class Taught(nn.Module):
    """A net with what is trained beside it, so that both are saved; the net alone is handed over.

    All of it is in training mode, the trunk too: it is not run any more, or set to evaluation whenever it is.
    """

    def __init__(self, net: nn.Module, beside: Sequence[nn.Module]) -> None:
        super().__init__()
        self.net = net
        self.beside = nn.ModuleList(beside)
        self.train()


def net_of(taught: nn.Module) -> nn.Module:
    """What a routine with a :class:`Taught` hands over."""
    assert isinstance(taught, Taught)
    return taught.net
