"""Intervals cover the truth as often as they say, and stay wide where little is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, bootstrap

from maga_desk.auditing.intervals import kinds_of_means, mean, share


def test_a_share_agrees_with_jeffreys_interval() -> None:
    hits = np.arange(400) < 300
    figure = share(hits)
    assert figure is not None and figure.value == 75 and figure.n == 400
    low, high = beta.ppf([0.025, 0.975], 300.5, 100.5) * 100
    assert (figure.low, figure.high) == pytest.approx((low, high), abs=0.4)


def test_few_pictures_give_wide_intervals_even_when_all_agree() -> None:
    few, many = share(np.zeros(5, dtype=bool)), share(np.zeros(5000, dtype=bool))
    assert few is not None and few.value == 0 and few.low is not None and few.low < 1
    assert few.high is not None and few.high > 25
    assert many is not None and many.high is not None and many.high < 0.2
    assert share(np.zeros(0, dtype=bool)) is None and mean(np.zeros(0)) is None


def test_a_mean_agrees_with_scipys_bootstrap() -> None:
    values = np.random.default_rng(3).gamma(2.0, size=200)
    figure = mean(values)
    expected = bootstrap((values,), np.mean, method="percentile", rng=np.random.default_rng(4)).confidence_interval
    assert figure is not None and figure.value == pytest.approx(values.mean())
    assert (figure.low, figure.high) == pytest.approx((expected.low, expected.high), abs=0.05)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(300):
        figure = share(rng.random(60) < 0.15)
        assert figure is not None and figure.low is not None and figure.high is not None
        covered += figure.low <= 15 <= figure.high
    assert 0.9 < covered / 300 < 0.99


def test_differences_of_pairs_know_that_they_are_pairs() -> None:
    """Two nets that are right on the same pictures differ by nothing, for sure; independent ones do not."""
    rng = np.random.default_rng(6)
    one, other = rng.random(1000) < 0.7, rng.random(1000) < 0.7
    same = kinds_of_means(one.astype(int) - one.astype(int), (-1, 0, 1))
    apart = kinds_of_means(one.astype(int) - other.astype(int), (-1, 0, 1))
    assert same.std() < 0.002 and apart.std() > 0.01
