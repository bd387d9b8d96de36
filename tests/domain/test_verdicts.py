"""How near is near, figure by figure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maga_desk.domain.results import Audit, Figure, Report, SecondJudgement
from maga_desk.domain.verdicts import disagreements, on_guesses, verdict, verdicts
from maga_desk.domain.yardstick import Yardstick

GOLD = Yardstick("gold.safetensors", "ab" * 32, "record")


def report(key: str, after: float, gold: float | None = None, intent: str = "membership") -> Report:
    retrained = Audit({} if gold is None else {key: Figure(gold)})
    before = Audit({key: Figure(100.0 if key != "relearn" else 0.0)})
    return Report(("a",), before, Audit({key: Figure(after)}), retrained, 1.0, 10.0, intent=intent, yardstick=GOLD)


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


@pytest.mark.parametrize(
    ("after", "gold", "guessed", "known"),
    [
        (Figure(70.0, 69.5, 70.5), Figure(71.0, 70.5, 71.5), "close", "close"),
        (Figure(70.0, 68.0, 72.0), Figure(71.0, 69.0, 73.0), "unsure", "close"),
        (Figure(50.0, 45.0, 55.0), Figure(71.0, 66.0, 76.0), "far", "far"),
        (Figure(60.0, 45.0, 75.0), Figure(66.0, 51.0, 81.0), "unsure", "far"),  # the bounds lie within, not at the ends
        (Figure(70.0), Figure(71.0), "close", "close"),  # no intervals: taken as exact
    ],
)
def test_a_guess_judges_only_where_the_intervals_leave_no_doubt(
    after: Figure, gold: Figure, guessed: str, known: str
) -> None:
    judged = replace(
        report("retain_test", 0.0), after=Audit({"retain_test": after}), retrained=Audit({"retain_test": gold})
    )
    assert verdict(judged, "retain_test").grade == known
    guess = replace(judged, yardstick=replace(GOLD, guessed="SGD, learning rate 0.1"))
    assert verdict(guess, "retain_test").grade == guessed


def test_the_interval_of_a_distance_stands_beside_its_fixed_best() -> None:
    guess = replace(GOLD, guessed="SGD, learning rate 0.1")
    for low, high, grade in ((3.2, 4.4, "far"), (2.4, 3.6, "unsure"), (0.2, 0.8, "close")):
        figures = Audit({"gap": Figure((low + high) / 2, low, high)})
        assert verdict(replace(report("gap", 0.0), after=figures, yardstick=guess), "gap").grade == grade


def by_two(first: float, second: float, after: float = 50.0, standing: str = "record") -> Report:
    """Judged by the nets of two guesses."""
    one = report("retain_train", after, first)
    other = replace(GOLD, file="second.safetensors", standing=standing)
    beside = Audit({"retain_train": Figure(second)})
    return replace(one, second=SecondJudgement(one.before, one.after, beside, other))


def test_of_two_guesses_the_more_careful_verdict_counts_and_the_difference_is_named() -> None:
    apart = by_two(50.5, 99.0)
    assert [verdict(each, "retain_train").grade for each in (apart.by_first(), apart)] == ["close", "far"]
    assert verdict(apart, "retain_train").retrained == 99.0
    assert verdict(by_two(99.0, 50.5), "retain_train").grade == "far", "whichever comes first"
    (only,) = disagreements(apart)
    assert (only.measure.key, only.first, only.second) == ("retain_train", "close", "far")
    assert on_guesses(apart) == (
        "The two guesses disagree on Retain, training (close by the first, far by the second). "
        "The more careful verdict counts."
    )
    assert on_guesses(by_two(50.5, 50.2)) == "The two guesses agree in every verdict."
    assert on_guesses(report("retain_train", 50.0, 50.0)) == ""


def test_a_second_guess_that_is_no_yardstick_judges_nothing() -> None:
    alone = by_two(50.5, 99.0, standing="none")
    assert verdicts(alone) == verdicts(alone.by_first()) and not disagreements(alone)
    assert on_guesses(alone) == "Only the first of the two guesses gives a verdict."
