"""Distances against closed forms and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from maga_desk.auditing.distances import (
    average_gap,
    jensen_shannon,
    kullback_leibler,
    tug_of_war,
    zero_retrain_forgetting,
)


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    first, second = torch.randn(2, 40, 5, generator=torch.Generator().manual_seed(1)) * 3
    return first, second


def softmax(outputs: torch.Tensor) -> np.ndarray:
    return torch.softmax(outputs.double(), 1).numpy()


def test_jensen_shannon_agrees_with_scipy_and_its_bounds(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    first, second = pair
    expected = [jensenshannon(a, b) ** 2 for a, b in zip(softmax(first), softmax(second), strict=True)]
    np.testing.assert_allclose(jensen_shannon(first, second), expected, rtol=1e-9)
    np.testing.assert_allclose(jensen_shannon(first, second), jensen_shannon(second, first), rtol=1e-12)
    np.testing.assert_allclose(jensen_shannon(first, first), 0, atol=1e-12)
    far = torch.tensor([[80.0, 0.0]]), torch.tensor([[0.0, 80.0]])
    assert jensen_shannon(*far) == pytest.approx(math.log(2))


def test_kullback_leibler_agrees_with_scipy(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    first, second = pair
    np.testing.assert_allclose(
        kullback_leibler(first, second), entropy(softmax(first), softmax(second), axis=1), rtol=1e-9
    )
    masked = second.clone()
    masked[:, 0] = -1e4  # a class that is forbidden at the output
    assert np.isfinite(kullback_leibler(first, masked)).all()
    assert (kullback_leibler(first, masked) >= kullback_leibler(first, second) - 1e-9)[second.argmax(1) != 0].any()


def test_zrf_is_one_for_an_untrained_net_and_zero_for_its_opposite() -> None:
    unsure = torch.zeros(30, 4)
    alike = zero_retrain_forgetting(unsure, unsure)
    assert alike is not None and alike.value == pytest.approx(1)
    sure, other = torch.tensor([[90.0, 0.0]] * 30), torch.tensor([[0.0, 90.0]] * 30)
    apart = zero_retrain_forgetting(sure, other)
    assert apart is not None and apart.value == pytest.approx(0, abs=1e-9)
    assert zero_retrain_forgetting(unsure[:0], unsure[:0]) is None


def test_gap_and_tug_of_war_by_hand() -> None:
    right, wrong = np.ones(10, dtype=bool), np.zeros(10, dtype=bool)
    half = np.arange(10) < 5
    pairs = [(right, half), (wrong, wrong)]
    gap, tow = average_gap(pairs), tug_of_war(pairs)
    assert gap.value == pytest.approx((50 + 0) / 2) and gap.n == 20
    assert tow.value == pytest.approx(0.5 * 1.0)
    assert gap.low is not None and gap.high is not None and gap.low < 25 < gap.high
    assert average_gap([(half, right), (wrong, wrong)]).value == pytest.approx(gap.value), "either direction counts"
    assert tug_of_war([(half, half)]).value == 1
