from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from pydantic import ValidationError

from maga_desk.domain.limits import LimitCheck, checks_from, of_result
from maga_desk.domain.specs.limits import LimitsSpec

CLASSES = ("cat", "dog", "deer")


def test_a_result_beside_its_limits() -> None:
    limits = LimitsSpec(class_loss=5, retain_accuracy=80, minutes=2)
    checks = of_result(limits, CLASSES, (90.0, 80.0, None), (0.0, 72.0, None), 81.5, 60.0, {"cat"})
    assert [check.kept for check in checks] == [False, True, True]
    assert checks[0].text() == "Limit broken: dog lost 8.0 points on test pictures, at most 5 were allowed"
    assert checks[1].text().startswith("Limit kept: 81.5 % of what stays is right")
    assert checks_from(json.loads(json.dumps([asdict(check) for check in checks]))) == checks


def test_what_was_not_measured_is_not_kept() -> None:
    checks = of_result(LimitsSpec(class_loss=5, retain_accuracy=80), CLASSES, (), (), None, 1.0, ())
    assert [check.kept for check in checks] == [None, None]
    assert all(check.text().startswith("Limit not measured") for check in checks)


def test_nothing_lost_is_said_so() -> None:
    assert "no class lost anything" in LimitCheck("class_loss", 5, 0.0, "dog").text()


@pytest.mark.parametrize("wrong", [{"class_loss": 0}, {"retain_accuracy": 101}, {"minutes": -1}, {"seconds": 3}])
def test_limits_that_cannot_be(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        LimitsSpec(**wrong)
