"""MaGA, relearned: draw the last stage almost anew and teach it everything but what must go.

A method of ours, on MaGA's ground: concepts are entangled as feature patterns, and what relabelling alone leaves is
still readable in the features (resources/docs/results.md). The net is cut into a trunk, which stays, and a tail, its
last stage (maga_desk/models/splitting.py). The trunk reads every picture once; the tail then learns from that:

- its weights shrink to a share and are filled up with a fresh initialisation (shrink and perturb: Ash and Adams,
  NeurIPS 2020, arXiv 1910.08475; wholly fresh is EU-k: Goel et al., arXiv 2201.06640);
- retain pictures: cross-entropy, and distillation from the original whose answer for gone classes is taken out, so that
  what it knows of the others comes back in a few passes (Hinton et al., arXiv 1503.02531; as DELETE takes it out);
- forget pictures: aligned to the targets that guidance gives them, MaGA's re-alignment, at a small weight;
- disentanglement: a critic guesses from the features and the answers whether a picture must be forgotten, and its
  reversed gradient makes the features of both alike (Ganin et al., arXiv 1505.07818; conditioned on the answers as in
  Long et al., arXiv 1705.10667).

Where single pictures or a sub-class go as if they had never been seen, the tail simply never sees them.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from maga_desk.data.batches import Shuffled
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.methods import MethodInfo, MethodParams, Situation
from maga_desk.engine.frozen import read_once
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.routine import Method, Routine, fresh_model, sgd, working_copy
from maga_desk.engine.schedules import one_cycle
from maga_desk.models.splitting import halves

_BATCH = 1024


class MagaRelearnParams(MethodParams):
    """Defaults from measurement, for a whole class."""

    tail: float = Field(0.2, gt=0, lt=1, description="Least share of the net's work that is relearned")
    keep: float = Field(0.25, ge=0, le=1, description="What is kept of the tail's old weights; the rest is drawn anew")
    passes: float = Field(5.0, gt=0, le=100, description="Passes over the retain pictures' features")
    least_steps: int = Field(700, ge=1, le=100_000, description="Small sets: go on for at least this many steps")
    views: int = Field(1, ge=1, le=32, description="Augmented views of every picture that the trunk reads")
    lr: float = Field(0.2, gt=0, le=10, description="Peak learning rate of a one-cycle schedule")
    distil: float = Field(1.0, ge=0, le=20, description="Weight of the original's answers on retain pictures")
    temperature: float = Field(2.0, gt=0, le=20, description="Softmax temperature of those answers")
    forget_weight: float = Field(0.1, ge=0, le=20, description="Weight of the forget pictures' targets")
    disentangle: float = Field(0.1, ge=0, le=10, description="Weight of the critic's reversed gradient")
    critic: int = Field(64, ge=1, le=4096, description="Hidden units of the critic")
    retain_batch: int = Field(128, ge=2, le=4096, description="Retain pictures per step")
    forget_batch: int = Field(16, ge=1, le=4096, description="Forget pictures per step")


def automatic(situation: Situation) -> Mapping[str, Any]:
    """As if never seen: nothing is learned of the forget pictures, not even what to say instead."""
    return {} if situation.intent == "concept" else {"forget_weight": 0.0, "disentangle": 0.0}


INFO = MethodInfo(
    name="maga-relearn",
    title="MaGA, relearned",
    summary="Draw the last stage almost anew and reteach it all but the forgotten, which a critic keeps hidden.",
    paper="ours, after MaGA / MeGU, arXiv 2602.17088",
    tasks=("class", "sub-class", "random"),
    params=MagaRelearnParams,
    automatic=automatic,
    search={"keep": (0.0, 0.25, 0.5), "temperature": (1.0, 2.0, 4.0), "disentangle": (0.0, 0.1, 0.2)},
    needs=frozenset({"guidance"}),
)


class _Taught(nn.Module):
    """The net with its critic, so that both are saved."""

    def __init__(self, net: nn.Module, width: int, classes: int, hidden: int) -> None:
        super().__init__()
        self.net = net
        self.critic = nn.Sequential(nn.Linear(width + classes, hidden), nn.ReLU(), nn.Linear(hidden, 1))


def build(inputs: RunInputs, params: MagaRelearnParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: the net cannot be cut in two, or there are no labels."""
    if len(inputs.targets) != len(inputs.forget):
        raise MethodError("maga-relearn needs a target for every forget picture", todo="propose labels first")
    train, runtime, device = inputs.pictures.train, inputs.runtime, inputs.runtime.device
    uses_forget = params.forget_weight > 0 or params.disentangle > 0
    retain, forget = inputs.retain_indices, inputs.forget_indices if uses_forget else inputs.forget_indices[:0]
    yield Progress("Cutting the net", 0, 0)
    example = train.batch(retain[:2])
    net = working_copy(inputs).requires_grad_(False).eval()
    cut = halves(net, runtime.shape(example), params.tail)
    seen = yield from read_once(
        cut.trunk, train, torch.cat([retain, forget]), runtime, views=params.views, seed=inputs.seed, control=control
    )
    said = []
    for view in range(params.views):
        parts = []
        for rows in torch.arange(len(retain)).split(_BATCH):
            control.checkpoint()
            with torch.no_grad(), runtime.autocast():
                parts.append(cut.tail(seen.at(rows, view)).float())
        said.append(torch.cat(parts))
        said[-1][:, list(inputs.forget.gone)] = -torch.inf
    renew(cut.tail, fresh_model(inputs.fresh, inputs.classes, inputs.seed + 1, runtime), params.keep)
    cut.tail.requires_grad_(True)
    head = head_input(cut.tail)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(inputs.seed + 2)
        taught = _Taught(net, head.in_features, inputs.classes, params.critic).to(device)
    taught.train()
    targets = inputs.targets.to(device)
    stay = Shuffled(torch.arange(len(retain)), params.retain_batch, inputs.seed)
    leave = Shuffled(torch.arange(max(1, len(forget))), params.forget_batch, inputs.seed + 1)
    steps = max(params.least_steps, round(params.passes * stay.per_epoch))
    optimizer = sgd(taught, params.lr)  # what is frozen gets no gradient and is left alone

    def loss(step: int) -> Tensor:
        rows, view = stay.at(step), step // stay.per_epoch % params.views
        gone = leave.at(step) if uses_forget else rows[:0]
        kept: dict[str, Tensor] = {}
        handle = head.register_forward_pre_hook(lambda _module, given: kept.update(features=given[0]))
        with runtime.autocast():
            outputs = cut.tail(seen.at(torch.cat([rows, gone + len(retain)]), view)).float()
        handle.remove()
        split = len(rows)
        labels = train.labels[retain[rows].to(device)]
        total = F.cross_entropy(outputs[:split], labels)
        if params.distil:
            total = total + params.distil * distilled(outputs[:split], said[view][rows.to(device)], params.temperature)
        if params.forget_weight:
            aligned = F.cross_entropy(outputs[split:], targets[gone.to(device)])
            total = total + params.forget_weight * aligned
        if params.disentangle:
            total = total + disentangled(taught.critic, kept["features"].float(), outputs, split, params.disentangle)
        return total

    return Routine(taught, optimizer, one_cycle(params.lr, steps, warm_up=0.2), steps, loss, "Relearning", finish=_net)


def _net(taught: nn.Module) -> nn.Module:
    assert isinstance(taught, _Taught)
    return taught.net


def head_input(tail: nn.Module) -> nn.Linear:
    """The tail's last linear layer."""
    linears = [module for module in tail.modules() if isinstance(module, nn.Linear)]
    if not linears:
        raise MethodError("the model has no linear head", where="[method] maga-relearn")
    return linears[-1]


@torch.no_grad()
def renew(tail: nn.Module, fresh: nn.Module, keep: float) -> None:
    """Shrink the tail's weights to a share ``keep`` and fill them up from a fresh net; statistics start anew."""
    others = {**dict(fresh.named_parameters()), **dict(fresh.named_buffers())}
    for name, weight in tail.named_parameters():
        weight.mul_(keep).add_(others[name], alpha=1 - keep)
    for name, buffer in tail.named_buffers():
        if name in others:
            buffer.copy_(others[name])


def distilled(outputs: Tensor, said: Tensor, temperature: float) -> Tensor:
    """T² KL(said || outputs) at a temperature, mean over pictures; minus infinity in ``said`` means never.

    :param outputs: logits ``(b, K)``; likewise ``said``.
    """
    wanted = F.softmax(said / temperature, dim=1)
    logs = F.log_softmax(outputs / temperature, dim=1)
    return temperature**2 * F.kl_div(logs, wanted, reduction="batchmean")


def disentangled(critic: nn.Module, features: Tensor, outputs: Tensor, split: int, weight: float) -> Tensor:
    """The critic's loss: telling forget pictures (from ``split`` on) from retain pictures, both counting alike.

    Its gradient reaches the features reversed and times ``weight``; they are scaled to unit deviation first, so that
    the weight means the same for every net.

    :param features: ``(b, D)`` the head's input; ``outputs``: logits ``(b, K)``.
    """
    scaled = features / (features.detach().std() + 1e-6)
    reversed_ = scaled.detach() * (1 + weight) - scaled * weight  # the value as it is, its gradient times -weight
    answers = F.softmax(outputs.detach(), dim=1)
    guesses = critic(torch.cat([reversed_, answers], dim=1)).squeeze(1)
    truth = torch.zeros_like(guesses)
    truth[split:] = 1
    counts = torch.where(truth > 0, split / max(1, len(guesses) - split), 1.0)
    return F.binary_cross_entropy_with_logits(guesses, truth, weight=counts)


METHOD = Method(INFO, build)
