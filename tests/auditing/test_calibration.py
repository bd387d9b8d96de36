"""Expected calibration error against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from maga_desk.auditing.calibration import BINS, calibration_error


def logits_of(sure: float, count: int, classes: int = 4) -> torch.Tensor:
    """Outputs that give class 0 a probability of ``sure`` and the others alike."""
    shares = torch.full((count, classes), (1 - sure) / (classes - 1), dtype=torch.float64)
    shares[:, 0] = sure
    return shares.log()


@pytest.mark.parametrize(("sure", "right"), [(0.9, 0.9), (0.9, 0.6), (0.5, 0.95), (0.7, 0.0)])
def test_one_bin_is_the_distance_of_accuracy_and_confidence(sure: float, right: float) -> None:
    labels = torch.ones(200, dtype=torch.int64)
    labels[: round(200 * right)] = 0
    found = calibration_error(logits_of(sure, 200), labels)
    assert found is not None and found.n == 200
    assert found.value == pytest.approx(100 * abs(sure - right), abs=1e-9)
    assert found.low is not None and found.high is not None and 0 <= found.low <= found.high


def test_bins_count_by_their_share_and_do_not_cancel() -> None:
    """A net that is too sure in one bin by 30 points and too unsure in another by 20: their weighted mean."""
    outputs = torch.cat([logits_of(0.9, 300), logits_of(0.4, 100)])
    labels = torch.cat([torch.zeros(180), torch.ones(120), torch.zeros(60), torch.ones(40)]).long()
    found = calibration_error(outputs, labels)
    assert found is not None
    assert found.value == pytest.approx(0.75 * 30 + 0.25 * 20, abs=1e-9)


def test_against_a_plain_loop_over_bins() -> None:
    rng = np.random.default_rng(3)
    outputs = torch.from_numpy(3 * rng.standard_normal((500, 5)))
    labels = torch.from_numpy(rng.integers(0, 5, 500))
    shares = torch.softmax(outputs, dim=1).numpy()
    sure, answers, total = shares.max(axis=1), shares.argmax(axis=1), 0.0
    for b in range(BINS):
        inside = (sure >= b / BINS) & ((sure < (b + 1) / BINS) | (b == BINS - 1))
        if inside.any():
            right = (answers[inside] == labels.numpy()[inside]).mean()
            total += inside.mean() * abs(right - sure[inside].mean())
    found = calibration_error(outputs, labels)
    assert found is not None and found.value == pytest.approx(100 * total)


def test_the_interval_holds_the_true_error_about_as_often_as_it_says() -> None:
    """One bin whose true error is 10 points: the closed form is a share's, and 95 % of intervals hold it."""
    rng, held = np.random.default_rng(0), 0
    for _ in range(200):
        labels = torch.from_numpy((rng.random(400) >= 0.8).astype(np.int64))
        found = calibration_error(logits_of(0.9, 400), labels)
        assert found is not None and found.low is not None and found.high is not None
        held += found.low <= 10 <= found.high
    assert 180 <= held <= 200


def test_few_pictures_give_no_figure() -> None:
    assert calibration_error(logits_of(0.9, 19), torch.zeros(19, dtype=torch.int64)) is None
    assert calibration_error(logits_of(0.9, 0), torch.zeros(0, dtype=torch.int64)) is None
