"""The paper's combination against plain arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from maga_desk.domain.evidence import evidence

LIKENESS = np.array([[0.5, 0.0, 0.25, 0.25]])
PREDICTION = np.array([[0.25, 0.5, 0.125, 0.125]], dtype=np.float32)


@pytest.mark.parametrize(
    ("combine", "gamma", "expected"),
    [
        ("product", 1.0, [0.125, 0.0, 0.03125, 0.03125]),
        ("soft", 2.0, [0.0625, 0.0, 0.0078125, 0.0078125]),
        ("transition", 2.0, [0.5, 0.0, 0.25, 0.25]),
        ("sample", 1.0, [0.5, 0.0, 0.25, 0.25]),
        ("classifier", 1.0, [0.25, 0.5, 0.125, 0.125]),
    ],
)
def test_each_rule_takes_what_it_says(combine: str, gamma: float, expected: list[float]) -> None:
    assert evidence(LIKENESS, PREDICTION, combine, gamma).tolist() == [expected]


def test_the_precision_is_the_matrixs() -> None:
    assert evidence(LIKENESS, PREDICTION, "product", 1.0).dtype == np.float64
    assert evidence(LIKENESS.astype(np.float32), PREDICTION, "product", 0.5).dtype == np.float32
