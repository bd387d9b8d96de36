"""Relearning from retained pictures alone: does fine-tuning that shows nothing of the forgotten bring it back?

Whoever gets a net may fine-tune it on pictures of their own. Of nets that only suppress what they were to forget, some
steps on pictures that *stay* undo it: forget accuracy goes back towards what it was, while a net that never learned it
has nothing to come back to. After the attack of "From Dormant to Deleted" (arXiv 2505.22310).

It cannot see a class that was ruled out at the head alone: no retained picture makes its row grow again. The probe
does.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from maga_desk.auditing.asked import Asked
from maga_desk.auditing.fine_tuning import SEED, fine_tuning
from maga_desk.data.batches import DeviceSet, Pictures, Shuffled
from maga_desk.domain.control import RunControl
from maga_desk.models.inference import logits
from maga_desk.models.runtime import Runtime

STEPS, PASSES = 100, 10
"""Steps at most; passes over the retained pictures at most."""

WATCHED = (5, 10, 25, 50, STEPS)
"""After how many steps the net is asked, and after the last."""

BATCH = 128
"""Retained pictures of a step, at most."""


@dataclass(frozen=True)
class Returned:
    """What fine-tuning on retained pictures brought back.

    :param curve: (steps, accuracy in percent on the forget pictures), from before the first step on.
    :param forget: ``(a,) bool`` forget pictures that are named rightly at the best of the moments after the first step,
        ``unseen`` ``(b,) bool`` test pictures of the same kind then. The best, because whoever attacks stops when it
        suits them; in the end fine-tuning without a class makes any net forget it.
    """

    curve: tuple[tuple[int, float], ...]
    forget: Tensor
    unseen: Tensor


def fine_tuned(model: nn.Module, asked: Asked, pictures: DeviceSet, runtime: Runtime, control: RunControl) -> Returned:
    """A copy of the net is trained for 100 steps on 128 retained training pictures each, with their true labels; for
    fewer where that is more than ten passes over them.

    How it is trained: :func:`~maga_desk.auditing.fine_tuning.fine_tuning`.

    :raises ResourceError: a step does not fit into memory.
    :raises Cancelled: in between.
    """
    train = pictures.train
    trained = copy.deepcopy(model).train().requires_grad_(True)
    shown = Shuffled(asked.retained, min(BATCH, len(asked.retained)), SEED)

    def named(split: Pictures, positions: Tensor, labels: Tensor) -> Tensor:
        return logits(trained, split, runtime, positions, control).argmax(dim=1) == labels

    forget = named(train, asked.forget, asked.forget_labels)
    curve = [(0, _percent(forget))]
    steps = steps_for(len(asked.retained))
    best, unseen = -1.0, torch.zeros(len(asked.unseen), dtype=torch.bool)
    for step in fine_tuning(trained, train, shown.at, steps, runtime, control):
        if step in WATCHED or step == steps:
            right = named(train, asked.forget, asked.forget_labels)
            curve.append((step, _percent(right)))
            if curve[-1][1] > best:
                best, forget = curve[-1][1], right
                if len(asked.unseen):
                    unseen = named(pictures.test, asked.unseen, asked.unseen_labels)
    return Returned(tuple(curve), forget, unseen)


def steps_for(retained: int) -> int:
    """How many steps are taken where so many training pictures stay."""
    return min(STEPS, max(1, PASSES * retained // min(BATCH, retained)))


def _percent(hits: Tensor) -> float:
    return float(hits.double().mean() * 100)
