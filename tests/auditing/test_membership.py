"""Attacks find memory where there is some, find none where there is none, and agree with scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import entropy as scipy_entropy
from sklearn.metrics import log_loss, roc_auc_score, roc_curve

from maga_desk.auditing.intervals import SEED, interval
from maga_desk.auditing.membership import (
    _ROUNDS,
    area_under_curve,
    confidence_attack,
    entropy,
    entropy_attack,
    found_at,
    roc,
    true_log_probability,
)


def test_entropy_agrees_with_scipy() -> None:
    outputs = torch.randn(50, 7, generator=torch.Generator().manual_seed(0)) * 4
    expected = scipy_entropy(torch.softmax(outputs.double(), 1).numpy(), axis=1)
    np.testing.assert_allclose(entropy(outputs).numpy(), expected, rtol=1e-10)
    assert entropy(torch.zeros(1, 8)).item() == pytest.approx(math.log(8))


def test_the_true_labels_probability_is_minus_the_loss() -> None:
    generator = torch.Generator().manual_seed(3)
    outputs, labels = torch.randn(60, 4, generator=generator), torch.arange(60) % 4
    expected = log_loss(labels.numpy(), torch.softmax(outputs.double(), 1).numpy(), labels=range(4))
    assert -float(true_log_probability(outputs, labels).mean()) == pytest.approx(expected)


def answers_of_a_net_that_remembers() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    unsure, sure = torch.randn(2, 900, 10, generator=generator)
    sure[:, 0] += 12
    return sure, unsure


def test_the_entropy_attack_finds_memory_and_finds_none_where_there_is_none() -> None:
    sure, unsure = answers_of_a_net_that_remembers()
    members, non_members = sure[:300], unsure[:300]
    found, missed = entropy_attack(members, non_members, sure[300:]), entropy_attack(members, non_members, unsure[300:])
    assert found is not None and found.mean() > 0.95
    assert missed is not None and missed.mean() < 0.05
    even = entropy_attack(unsure[:300], unsure[300:600], unsure[600:])
    assert even is not None and 0.2 < even.mean() < 0.8
    assert entropy_attack(members[:0], non_members, sure) is None


def test_the_confidence_attack_does_too() -> None:
    rng = np.random.default_rng(0)
    sure, unsure = rng.beta(30, 1, 3000), rng.beta(4, 4, 3000)
    found = confidence_attack(sure[:2500], unsure[:2500], sure[2500:])
    missed = confidence_attack(sure[:2500], unsure[:2500], unsure[2500:])
    assert found is not None and found.mean() > 0.95
    assert missed is not None and missed.mean() < 0.05
    assert confidence_attack(sure, unsure[:0], sure) is None


def test_the_curve_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    members, non_members = rng.normal(0.8, 1, 700).round(1), rng.normal(0, 1, 500).round(1)  # with ties
    truth, scores = np.repeat([1, 0], [700, 500]), np.concatenate([members, non_members])
    assert area_under_curve(members, non_members) == pytest.approx(roc_auc_score(truth, scores))
    fpr, tpr, _ = roc_curve(truth, scores, drop_intermediate=False)
    for accused in (0.01, 0.05, 0.2):
        assert found_at(members, non_members, accused) == pytest.approx(tpr[fpr <= accused].max())
    figure = roc(members, non_members)
    assert figure is not None and figure.auc.n == 1200
    assert figure.auc.value == pytest.approx(100 * roc_auc_score(truth, scores))
    assert figure.auc.low is not None and figure.auc.high is not None
    assert figure.auc.low < figure.auc.value < figure.auc.high
    assert 2 < figure.auc.high - figure.auc.low < 10


@pytest.mark.parametrize(("inside", "outside", "decimals"), [(60, 20, 6), (300, 400, 0), (7, 1, 1)])
def test_intervals_are_those_of_measuring_every_drawing(inside: int, outside: int, decimals: int) -> None:
    rng = np.random.default_rng(3)
    members = np.append(rng.normal(0.5, 1, inside), np.inf).round(decimals)
    non_members = np.append(rng.normal(0, 1, outside), -np.inf).round(decimals)
    again, drawn = np.random.default_rng(SEED), []
    for _ in range(_ROUNDS):
        one, other = (side[again.integers(0, len(side), len(side))] for side in (members, non_members))
        drawn.append([area_under_curve(one, other), found_at(one, other, 0.01), found_at(one, other, 0.001)])
    figure = roc(members, non_members)
    assert figure is not None
    for each, values in zip((figure.auc, figure.tpr_1, figure.tpr_01), np.array(drawn).T, strict=True):
        assert (each.low, each.high) == interval(100 * values)


def test_a_score_that_is_no_number_gives_no_area() -> None:
    scores = np.array([0.0, 1.0, np.nan, 2.0])
    figure = roc(scores, np.arange(3.0))
    assert figure is not None and math.isnan(figure.auc.value) and math.isnan(figure.auc.low or 0.0)


def test_no_difference_is_a_coin_and_one_per_mille_is_coarse() -> None:
    rng = np.random.default_rng(2)
    figure = roc(rng.normal(size=2000), rng.normal(size=2000))
    assert figure is not None and 46 < figure.auc.value < 54 and figure.tpr_1.value < 3
    few = roc(np.arange(40.0), np.arange(20.0) - 0.5)
    assert few is not None and few.tpr_01.value == 52.5  # nobody may be accused: only what beats every non-member
    assert roc(np.zeros(0), np.zeros(3)) is None
