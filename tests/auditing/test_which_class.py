"""The class that was made to look forgotten is found; one that is like the others is not."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from maga_desk.auditing.which_class import head_signs, rank_of_gone

CLASSES = 10


@pytest.fixture
def asked() -> tuple[torch.Tensor, torch.Tensor]:
    """Logits on 40 pictures of each class, and labels."""
    torch.manual_seed(0)
    labels = torch.arange(CLASSES).repeat_interleave(40)
    return torch.randn(len(labels), CLASSES) + 4 * nn.functional.one_hot(labels, CLASSES), labels


def test_a_class_that_is_never_named_stands_first(asked: tuple[torch.Tensor, torch.Tensor]) -> None:
    outputs, labels = asked
    signs = torch.ones(CLASSES, 2, dtype=torch.float64)
    signs[3] = torch.tensor([0.2, -1.0])
    masked = outputs.clone()
    masked[:, 3] -= 20
    beside = [label for label in range(CLASSES) if label != 3]
    for found in (
        rank_of_gone(signs, masked, labels, [3], beside),
        rank_of_gone(None, masked, labels, [3], beside),
        rank_of_gone(signs, outputs, labels, [3], beside),
    ):
        assert found is not None and (found.value, found.low, found.high) == (1.0, 1.0, 1.0) and found.n == 400


def test_nothing_that_stands_out_is_not_found(asked: tuple[torch.Tensor, torch.Tensor]) -> None:
    outputs, labels = asked
    alike = [rank_of_gone(None, outputs, labels, [c], [d for d in range(CLASSES) if d != c]) for c in range(CLASSES)]
    assert sum(each.value for each in alike if each is not None) == pytest.approx(CLASSES * (CLASSES + 1) / 2)
    assert any(each is not None and each.high is not None and each.low != each.high for each in alike)
    assert rank_of_gone(None, outputs, labels, [], [0, 1]) is None
    assert rank_of_gone(None, outputs[:0], labels[:0], [3], [0, 1]) is None


def test_signs_are_of_a_row_for_each_class() -> None:
    net = nn.Sequential(nn.Linear(4, 6), nn.Linear(6, 3))
    net.requires_grad_(False)
    signs = head_signs(net, 3)
    assert signs is not None and signs.shape == (3, 2)
    assert signs[1, 0] == pytest.approx(float(net[1].weight[1].norm())) and signs[1, 1] == net[1].bias[1]
    assert head_signs(net, 5) is None and head_signs(nn.ReLU(), 3) is None
