from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from pydantic import ValidationError

from maga_desk.domain.limits import FEWEST, LimitCheck, Share, Stays, checks_from, of_net, of_result, of_time
from maga_desk.domain.specs.limits import LimitsSpec

ALL = LimitsSpec(class_loss=5, retain_accuracy=80, minutes=2)


def stays(whole: float, **classes: tuple[float, int]) -> Stays:
    shares = {name: Share(accuracy, count, "test pictures") for name, (accuracy, count) in classes.items()}
    return Stays(shares, Share(whole, 1200, "test pictures"))


def test_a_result_beside_its_limits() -> None:
    before, after = (
        stays(85.0, dog=(80.0, 200), deer=(90.0, 100)),
        stays(81.5, dog=(72.0, 200), deer=(90.0, 100)),
    )
    checks = of_result(ALL, before, after, 60.0)
    assert [check.kept for check in checks] == [False, True, True]
    assert checks[0].text() == "Limit broken: dog lost 8.0 points on test pictures (n 200), at most 5 were allowed"
    assert checks[1].text() == (
        "Limit kept: 81.5 % of what stays is right on test pictures (n 1,200), at least 80 % were asked for"
    )
    assert checks_from(json.loads(json.dumps([asdict(check) for check in checks]))) == checks


def test_what_was_not_measured_is_not_kept() -> None:
    checks = of_result(ALL, Stays(), Stays(), None)
    assert [check.kept for check in checks] == [None, None, None]
    assert all(check.text().startswith("Limit not measured") for check in checks)


def test_a_class_of_which_too_few_stay_is_named_and_breaks_no_limit() -> None:
    before, after = (
        stays(85.0, dog=(80.0, 200), fox=(100.0, FEWEST - 1)),
        stays(81.5, dog=(78.0, 200), fox=(0.0, FEWEST - 1)),
    )
    (check,) = of_net(LimitsSpec(class_loss=5), before, after)
    assert check.kept and check.few == ("fox (9)",)
    assert check.text().endswith("at most 5 were allowed; too few pictures stay to say it of fox (9)")
    assert checks_from(json.loads(json.dumps([asdict(check)]))) == (check,)
    (check,) = of_net(LimitsSpec(class_loss=5), stays(85.0, fox=(100.0, 3)), stays(81.5, fox=(0.0, 3)))
    assert check.kept is None and "fox (3)" in check.text()


def test_nothing_lost_is_said_with_all_pictures_that_were_looked_at() -> None:
    both = stays(85.0, dog=(80.0, 200), deer=(90.0, 100))
    (check,) = of_net(LimitsSpec(class_loss=5), both, both)
    assert check.text() == "Limit kept: no class lost anything on test pictures (n 300), at most 5 were allowed"


@pytest.mark.parametrize(
    ("ended", "start"), [(True, "Time over: it took 2.1 minutes"), (False, "Limit broken: it took 2.1 minutes")]
)
def test_the_time_that_ended_a_run_reads_as_that(ended: bool, start: str) -> None:
    (check,) = of_time(ALL, 126.0, ended=ended)
    assert check.kept is False and check.text().startswith(start)
    (kept,) = of_time(ALL, 60.0, ended=ended)
    assert kept.kept and kept.text().startswith("Limit kept: it took 1.0 minutes")


def test_a_value_beside_its_limit_shows_on_which_side_it_is() -> None:
    assert "it took 2.001 minutes" in LimitCheck("minutes", 2.0, 2.001).text()
    assert "lost 5.04 points" in LimitCheck("class_loss", 5.0, 5.04, "dog").text()
    assert "it took 1,250.0 minutes" in LimitCheck("minutes", 2000.0, 1250.0).text()


def test_checks_of_earlier_reports_are_read() -> None:
    raw = {"key": "minutes", "limit": 2.0, "value": 1.0, "who": "", "on": ""}
    assert checks_from([raw]) == (LimitCheck("minutes", 2.0, 1.0),)


@pytest.mark.parametrize("wrong", [{"class_loss": 0}, {"retain_accuracy": 101}, {"minutes": -1}, {"seconds": 3}])
def test_limits_that_cannot_be(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        LimitsSpec(**wrong)
