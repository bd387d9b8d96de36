"""Whether labels alone give the forgotten pictures away: how much noise a label bears.

After Apollo, Tang, Joshi and Kundu, "A Posteriori Label-Only Membership Inference Attack Towards Machine Unlearning"
(arXiv 2506.09923): the attacker sees the unlearned net's labels and nothing else. Pictures that were forgotten too
little lie farther within their class than unseen ones, pictures that were forgotten too much nearer to its edge. The
paper walks to the edge with the help of surrogate nets; ours walks along random directions and halves the distance,
which needs no other net, finds less, and keeps to a fixed number of questions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from maga_desk.auditing.ignorance import Pair
from maga_desk.auditing.parts import Parts
from maga_desk.data.batches import DeviceSet, Pictures
from maga_desk.domain.control import RunControl
from maga_desk.models.evenly import evenly
from maga_desk.models.inference import evaluating, in_parts, most_at_once
from maga_desk.models.runtime import Runtime

PICTURES = 150
"""Asked at most of the forget set, and of the unseen; evenly spread ones of more."""

DIRECTIONS, HALVINGS = 3, 5
QUESTIONS = 1 + DIRECTIONS * (1 + HALVINGS)
"""Labels that are asked for each picture."""

_FARTHEST = 3.0  # in deviations of a channel
_SEED = 250_609_923


def label_distances(model: nn.Module, pictures: DeviceSet, parts: Parts, runtime: Runtime, control: RunControl) -> Pair:
    """How far pictures of the forget set, and unseen ones of the same kind, are from the edge of their class.

    In deviations of a channel, 0 to 3, the mean over the directions; 0 where the label is wrong at once.

    :raises Cancelled: in between.
    """
    forget = evenly(parts.forget_train.nonzero().squeeze(1), PICTURES)
    unseen = evenly(parts.non_members.nonzero().squeeze(1), PICTURES)
    sides = ((pictures.train, forget), (pictures.test, unseen))
    found = [_distances(model, split, positions, runtime, control).double().numpy() for split, positions in sides]
    return found[0], found[1]


def _distances(model: nn.Module, split: Pictures, positions: Tensor, runtime: Runtime, control: RunControl) -> Tensor:
    if not len(positions):
        return torch.zeros(0)
    rows = []
    with evaluating(model):
        for part in in_parts(positions, model, split, runtime, most_at_once(runtime.device)):
            rows.append(_walked(model, split.batch(part), split.labels[part.to(split.device)], runtime, control))
    return torch.cat(rows)


def _walked(model: nn.Module, images: Tensor, labels: Tensor, runtime: Runtime, control: RunControl) -> Tensor:
    """``(n,)`` of a batch ``(n, C, H, W)``; the directions are the same for every picture."""
    generator = torch.Generator().manual_seed(_SEED)

    def kept(moved: Tensor) -> Tensor:
        control.checkpoint()
        with runtime.autocast():
            said: Tensor = model(runtime.shape(moved)).argmax(dim=1)
        return said == labels

    right, total = kept(images), torch.zeros(len(images), device=images.device)
    for _ in range(DIRECTIONS):
        way = torch.randn(images.shape[1:], generator=generator).to(images.device)
        low, high = torch.zeros_like(total), torch.full_like(total, _FARTHEST)
        low = torch.where(kept(images + _FARTHEST * way), high, low)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            stays = kept(images + middle.view(-1, 1, 1, 1) * way)
            low, high = torch.where(stays, middle, low), torch.where(stays, high, middle)
        total += low
    return torch.where(right, total / DIRECTIONS, torch.zeros_like(total)).float().cpu()
