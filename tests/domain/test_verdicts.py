"""How near is near, figure by figure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maga_desk.domain.results import Audit, Figure, Report
from maga_desk.domain.verdicts import verdict, verdicts
from maga_desk.domain.yardstick import Yardstick

GOLD = Yardstick("gold.safetensors", "ab" * 32, "record")


def report(key: str, after: float, gold: float | None = None, intent: str = "membership") -> Report:
    retrained = Audit({} if gold is None else {key: Figure(gold)})
    return Report(("a",), Audit({}), Audit({key: Figure(after)}), retrained, 1.0, 10.0, intent=intent, yardstick=GOLD)


@pytest.mark.parametrize(
    ("key", "after", "gold", "grade"),
    [
        ("lira", 90.0, None, "far"),
        ("lira", 50.5, None, "close"),
        ("lira_tpr1", 1.2, None, "close"),
        ("lira_tpr01", 3.0, None, "far"),
        ("retain_test", 70.0, 71.0, "close"),
        ("retain_test", 66.5, 71.0, "near"),
        ("gap", 0.4, None, "close"),
        ("tow", 0.5, None, "far"),
        ("cka_retrained", 0.5, None, "unknown"),
        ("rmia", 80.0, 51.0, "far"),
    ],
)
def test_grades(key: str, after: float, gold: float | None, grade: str) -> None:
    assert verdict(report(key, after, gold), key).grade == grade


def test_what_tells_the_result_from_retraining_should_be_a_guess() -> None:
    judged = verdict(report("lira", 60.0), "lira")
    assert (judged.best, judged.difference) == (50.0, 10.0)


def test_recognising_a_concept_even_less_is_no_fault() -> None:
    for key, after, gold in (("probe", 10.0, 60.0), ("relearn", 90.0, 20.0)):
        assert verdict(report(key, after, gold, "concept"), key).grade == "close"
        assert verdict(report(key, after, gold, "membership"), key).grade == "far"


@pytest.mark.parametrize("yardstick", [None, Yardstick("net.pt", "cd" * 32, "none")])
def test_without_a_yardstick_nothing_is_judged(yardstick: Yardstick | None) -> None:
    figures = {key: Figure(1.0) for key in ("retain_test", "gap", "lira")}
    judged = Report(("a",), Audit(figures), Audit(figures), Audit(figures), 1.0, 10.0, yardstick=GOLD)
    assert any(each.grade != "unknown" for each in verdicts(judged))
    for each in verdicts(replace(judged, yardstick=yardstick)):
        assert (each.grade, each.best, each.difference) == ("unknown", None, None)
