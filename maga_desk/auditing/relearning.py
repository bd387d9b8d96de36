"""How easily the forgotten comes back: from a few pictures by the head alone, or by a few steps of training.

A net that never saw a class learns it too, so retraining's value is the yardstick; a net that needs less has kept a
trace.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maga_desk.auditing.fine_tuning import SEED, fine_tuning
from maga_desk.auditing.probe import Probing, Shown
from maga_desk.data.batches import DeviceSet, Pictures, Shuffled, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.models.evenly import evenly
from maga_desk.models.heads import head_of
from maga_desk.models.inference import logits
from maga_desk.models.runtime import Runtime

SHOWN = (1, 2, 5, 10)  # pictures that a prototype is made of
DRAWS = 5

MOST_STEPS, EVERY = 200, 5
LEVEL = 0.95  # of the original's accuracy: as good as before
LEARNED, BESIDE = 32, 96
"""Forgotten and other training pictures of a step."""

WATCHED = 400
"""Test pictures on which the curve is measured, at most."""


@dataclass(frozen=True)
class Relearning:
    """What is relearned and judged; the same for every net that is compared.

    :param learn: ``(n,) int64`` positions of the forgotten training pictures, ``beside`` of pictures that stay.
    :param asked: ``(m,) int64`` positions among the test pictures that show what was forgotten.
    :param level: accuracy in percent on the asked that counts as regained.
    """

    learn: Tensor
    beside: Tensor
    asked: Tensor
    level: float


def prototype_curve(probing: Probing, seen: Shown) -> dict[int, Tensor]:
    """By number of pictures (:data:`SHOWN`): how often each asked test picture is named rightly, ``(m,)`` 0 to 1.

    The head is replaced by prototypes, the mean features of each class: of what was forgotten the mean of so many
    pictures only (five draws), of the others of all that the probe learns from. A picture is named by the prototype
    with the largest cosine, after the mean feature of what stays was taken away. After the prototypical relearning of
    Ha et al. ("Unlearning's Blind Spots", arXiv 2506.01318).
    """
    learned, asked = seen.learned, seen.asked
    gone = probing.wanted.unique()
    leaving = torch.isin(probing.truth, gone)
    centre = learned[~leaving].mean(dim=0)
    learned, asked = learned - centre, F.normalize(asked - centre, dim=1)
    names = probing.truth.unique()
    found: dict[int, Tensor] = {}
    for count in SHOWN:
        right = torch.zeros(len(asked), dtype=torch.float64)
        for draw in range(DRAWS):
            generator = step_generator(SEED, draw)
            means = []
            for name in names:
                mine = (probing.truth == name).nonzero().squeeze(1)
                if name in gone:
                    mine = mine[torch.randperm(len(mine), generator=generator)[:count]]
                means.append(learned[mine].mean(dim=0))
            prototypes = F.normalize(torch.stack(means), dim=1)
            right += names[(asked @ prototypes.T).argmax(dim=1)] == probing.wanted
        found[count] = right / DRAWS
    return found


def relearning_curve(
    model: nn.Module,
    relearning: Relearning,
    gone: Sequence[int],
    pictures: DeviceSet,
    runtime: Runtime,
    control: RunControl,
) -> list[tuple[int, float]]:
    """(steps, accuracy in percent on the asked) until the level is reached, at most 200 steps; a copy is trained.

    The head's row of every class in ``gone`` starts at zero with the other rows' mean bias, whatever a method left
    there: nobody who wants the class back would start from a row that rules it out. Each step sees 32 forgotten and 96
    other training pictures (:func:`~maga_desk.auditing.fine_tuning.fine_tuning`).

    :raises ResourceError: a step does not fit into memory.
    :raises Cancelled: in between.
    """
    trained = copy.deepcopy(model).train().requires_grad_(True)
    renew_rows(trained, gone)
    forgotten = Shuffled(relearning.learn, LEARNED, SEED)
    beside = Shuffled(relearning.beside, BESIDE, SEED)
    watched = evenly(relearning.asked, WATCHED)

    def batch_of(step: int) -> Tensor:
        return torch.cat([forgotten.at(step), beside.at(step)])

    curve = [(0, _accuracy(trained, pictures.test, watched, runtime))]
    if curve[0][1] >= relearning.level:
        return curve
    for step in fine_tuning(trained, pictures.train, batch_of, MOST_STEPS, runtime, control):
        if step % EVERY == 0:
            curve.append((step, _accuracy(trained, pictures.test, watched, runtime)))
            if curve[-1][1] >= relearning.level:
                break
    return curve


def steps_needed(curve: Sequence[tuple[int, float]], level: float) -> float:
    """The steps at which a curve first reaches the level, interpolated; the last step where it never does."""
    for (before, low), (after, high) in pairwise(curve):
        if high >= level > low:
            return before + (after - before) * (level - low) / (high - low)
    return float(curve[0][0] if curve[0][1] >= level else curve[-1][0])


@torch.no_grad()
def renew_rows(model: nn.Module, gone: Sequence[int]) -> None:
    """Start the head's rows of these classes at zero, with the other rows' mean bias."""
    head = head_of(model)
    kept = [label for label in range(len(head.weight)) if label not in gone]
    for label in gone:
        head.weight[label] = 0
        if head.bias is not None:
            head.bias[label] = head.bias[kept].mean()


def _accuracy(model: nn.Module, test: Pictures, positions: Tensor, runtime: Runtime) -> float:
    outputs = logits(model, test, runtime, positions)
    return float((outputs.argmax(dim=1) == test.labels[positions.to(test.device)].cpu()).double().mean() * 100)
