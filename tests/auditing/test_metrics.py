"""Measures against closed forms and independent computations."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy as scipy_entropy

from maga_desk.auditing.metrics import Answers, Split, entropy, entropy_attack, jensen_shannon, judge


def test_entropy_agrees_with_scipy() -> None:
    outputs = torch.randn(50, 7, generator=torch.Generator().manual_seed(0)) * 4
    expected = scipy_entropy(torch.softmax(outputs.double(), 1).numpy(), axis=1)
    np.testing.assert_allclose(entropy(outputs).numpy(), expected, rtol=1e-10)
    assert entropy(torch.zeros(1, 8)).item() == pytest.approx(math.log(8))


def test_jensen_shannon_agrees_with_scipy_and_its_bounds() -> None:
    generator = torch.Generator().manual_seed(1)
    first, second = torch.randn(2, 40, 5, generator=generator) * 3
    p, q = torch.softmax(first.double(), 1).numpy(), torch.softmax(second.double(), 1).numpy()
    expected = np.mean([jensenshannon(a, b) ** 2 for a, b in zip(p, q, strict=True)])
    assert jensen_shannon(first, second) == pytest.approx(expected, rel=1e-9)
    assert jensen_shannon(first, second) == pytest.approx(jensen_shannon(second, first), rel=1e-12)
    assert jensen_shannon(first, first) == pytest.approx(0, abs=1e-12)
    far = torch.tensor([[80.0, 0.0]]), torch.tensor([[0.0, 80.0]])
    assert jensen_shannon(*far) == pytest.approx(math.log(2))
    assert jensen_shannon(first[:0], second[:0]) is None


def test_the_attack_finds_memory_and_finds_none_where_there_is_none() -> None:
    generator = torch.Generator().manual_seed(2)
    unsure = torch.randn(900, 10, generator=generator)
    sure = torch.randn(900, 10, generator=generator)
    sure[:, 0] += 12
    members, strangers = sure[:300], unsure[:300]
    found, missed = entropy_attack(members, strangers, sure[300:]), entropy_attack(members, strangers, unsure[300:])
    assert found is not None and found > 95
    assert missed is not None and missed < 5
    even = entropy_attack(unsure[:300], unsure[300:600], unsure[600:])
    assert even is not None and 20 < even < 80
    assert entropy_attack(members[:0], strangers, sure) is None


def one_hot(labels: list[int]) -> torch.Tensor:
    return 5 * torch.eye(3)[labels]


def test_accuracies_count_who_is_where() -> None:
    split = Split(
        train_labels=torch.tensor([0, 0, 1, 1, 2, 2]),
        test_labels=torch.tensor([0, 1, 2, 2]),
        forget_train=torch.tensor([False, False, False, False, True, True]),
        forget_test=torch.tensor([False, False, True, True]),
    )
    given = Answers(train=one_hot([0, 1, 1, 1, 2, 0]), test=one_hot([0, 0, 2, 0]))
    audit = judge(given, split, 3)
    assert audit.metrics.retain_train == pytest.approx(75)
    assert audit.metrics.forget_train == pytest.approx(50)
    assert audit.metrics.retain_test == pytest.approx(50)
    assert audit.metrics.forget_test == pytest.approx(50)
    assert audit.metrics.js_to_retrained is None
    assert audit.per_class == (100, 0, 50)
    assert audit.counts == {"retain_train": 4, "forget_train": 2, "retain_test": 2, "forget_test": 2}
    assert judge(given, split, 3, retrained=given).metrics.js_to_retrained == pytest.approx(0, abs=1e-12)


def test_what_is_not_there_is_none() -> None:
    split = Split(torch.tensor([0, 1]), torch.tensor([0, 0]), torch.tensor([True, False]), torch.tensor([False, False]))
    audit = judge(Answers(one_hot([0, 1]), one_hot([0, 0])), split, 3)
    assert audit.metrics.forget_test is None
    assert audit.per_class == (100, None, None)
