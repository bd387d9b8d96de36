"""Learning-rate schedules."""

from __future__ import annotations

import pytest

from maga_desk.engine.schedules import cosine, one_cycle


def test_cosine_falls_from_peak_to_nothing() -> None:
    rate = cosine(0.02, 100)
    assert rate(0) == pytest.approx(0.02)
    assert rate(50) == pytest.approx(0.01)
    assert rate(100) == pytest.approx(0)


@pytest.mark.parametrize("steps", [1, 2, 7, 500])
def test_one_cycle_rises_to_its_peak_and_ends_near_nothing(steps: int) -> None:
    rates = [one_cycle(0.3, steps)(step) for step in range(steps)]
    assert max(rates) == pytest.approx(0.3)
    assert all(rate >= 0 for rate in rates)
    if steps > 100:
        assert rates[0] == pytest.approx(0.3 * 0.04)
        assert rates[-1] < 0.001
        assert rates.index(max(rates)) == int(0.3 * steps)
