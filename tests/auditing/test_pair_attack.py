"""Two models together give away who stays where the second one treats just these otherwise."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from maga_desk.auditing.pair_attack import PICTURES, Sides, sides_of, told_by

CLASSES = 5


def model(seed: int, sure: Tensor, labels: Tensor) -> Tensor:
    """Logits that are right, by so much."""
    noise = torch.randn(len(labels), CLASSES, generator=torch.Generator().manual_seed(seed))
    return noise + nn_one_hot(labels) * sure[:, None]


def nn_one_hot(labels: Tensor) -> Tensor:
    return torch.nn.functional.one_hot(labels, CLASSES).float()


def sides(seed: int, members: Tensor, others: Tensor) -> Sides:
    labels = torch.arange(len(members)) % CLASSES
    return Sides(model(seed, members, labels), labels, model(seed + 1, others, labels), labels)


def test_a_change_of_members_alone_is_seen_by_the_pair_only() -> None:
    both = 8 * torch.rand(500, 2, generator=torch.Generator().manual_seed(1))
    old = sides(10, both[:, 0], both[:, 1])
    moved = sides(20, (both[:, 0] + 4) % 8, both[:, 1])  # as sure as before on the whole, each otherwise
    told = told_by(old, moved)
    assert told is not None and told.gain is not None
    assert told.auc.value > 70 and told.gain.low is not None and told.gain.low > 10
    still = told_by(old, sides(30, both[:, 0], both[:, 1]))
    assert still is not None and still.gain is not None and still.gain.low is not None and still.gain.low <= 0
    alone = told_by(old, None)
    assert alone is not None and alone.gain is None
    assert alone.auc.low is not None and alone.auc.high is not None and alone.auc.low < 50 < alone.auc.high


def test_one_model_that_remembers_is_enough() -> None:
    ones = torch.ones(300)
    told = told_by(sides(1, 6 * ones, 1 * ones), sides(5, 6 * ones, 1 * ones))
    assert told is not None and told.gain is not None and told.auc.value > 95 and told.gain.value < 3


def test_too_few_are_not_asked_and_many_are_thinned() -> None:
    labels = torch.arange(3000) % CLASSES
    outputs = model(1, torch.ones(3000), labels)
    found = sides_of(outputs, outputs[:50], labels, labels[:50])
    assert len(found.members) == PICTURES == len(found.members_labels) and len(found.others) == 50
    assert told_by(replace(found, others=outputs[:5], others_labels=labels[:5]), None) is None
