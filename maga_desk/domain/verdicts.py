"""How near a figure is to what it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from maga_desk.domain.attack_controls import attack_control, reach_between
from maga_desk.domain.measure import Measure
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.results import Report

Grade = Literal["close", "near", "far", "unsure", "unknown"]
"""``unsure``: too near a bound to say on which side of it the difference lies, or an attack that does not tell a net
that remembers from one that never saw; ``unknown``: not judged."""

GRADE_WORDS: Mapping[Grade, str] = {"close": "close", "near": "not far", "far": "far", "unsure": "not sure"}
UNSURE = (
    "the recipe was guessed and the interval reaches over a bound, or the attack does not tell the original from the "
    "retrained model"
)
_CARE: Mapping[Grade, int] = {"unknown": 0, "close": 1, "near": 2, "unsure": 3, "far": 4}
_DECIDED = frozenset[Grade]({"close", "near", "far"})
_TARGETS: Mapping[str, float] = {"zero": 0.0, "one": 1.0}


@dataclass(frozen=True)
class Verdict:
    """One figure of the three nets, judged; ``None`` is unknown.

    With two guesses of the recipe it is the more careful one of the two.

    :param best: what the figure should be.
    :param difference: the result minus that.
    """

    measure: Measure
    before: float | None
    after: float | None
    retrained: float | None
    best: float | None
    difference: float | None
    grade: Grade


def verdict(report: Report, key: str) -> Verdict:
    """Judge one figure of a report.

    Close and not far mean within the measure's two bounds of what retraining has (of zero or one for what is a
    distance already, of chance for what tells the result from retraining), in either direction; where a concept goes,
    recognising it less than retraining does is close. By a net that is no yardstick nothing is judged. By one of a
    guessed recipe a grade counts only if it holds for every difference within the figures' 95 % intervals: another
    guess lies about as far off. An attack whose control fails (:mod:`~maga_desk.domain.attack_controls`) is not sure.
    Where the nets of two guesses judge, the more careful grade counts.
    """
    first, other = _verdict(report, key), report.by_second()
    if other is None or not other.judged:
        return first
    second = _verdict(other, key)
    return second if _CARE[second.grade] > _CARE[first.grade] else first


def _verdict(report: Report, key: str) -> Verdict:
    """By the report's own yardstick."""
    measure = MEASURES[key]
    before, after = report.before.value(key), report.after.value(key)
    retrained = report.retrained.value(key) if report.retrained else None
    best = retrained if measure.best == "retrained" else _TARGETS[measure.best]
    if measure.chance is not None:
        best = measure.chance
    if not report.judged:
        best = None
    difference = None if after is None or best is None else after - best
    grade: Grade = "unknown" if difference is None else _grade(measure, difference, report.intent)
    if grade in _DECIDED and difference is not None and report.yardstick is not None and report.yardstick.guessed:
        low, high = reach(report, measure, difference)
        tried = {_grade(measure, each, report.intent) for each in (low, difference, high, min(max(0.0, low), high))}
        grade = grade if tried == {grade} else "unsure"
    control = attack_control(report, key)
    if grade in _DECIDED and control is not None and not control.tells:
        grade = "unsure"
    return Verdict(measure, before, after, retrained, best, difference, grade)


def reach(report: Report, measure: Measure, difference: float) -> tuple[float, float]:
    """The least and largest difference by the 95 % intervals of the result and, where it has one, of the retrained
    model, in the measure's unit. As of independent figures; a figure without an interval counts as exact.
    """
    beside = None
    if measure.best == "retrained" and measure.chance is None and report.retrained is not None:
        beside = report.retrained.figures.get(measure.key)
    return reach_between(report.after.figures.get(measure.key), beside, difference)


def verdicts(report: Report) -> list[Verdict]:
    """All of them, in the order of :data:`~maga_desk.domain.measures.MEASURES`."""
    return [verdict(report, key) for key in MEASURES]


@dataclass(frozen=True)
class Disagreement:
    """A figure on which the nets of two guesses give different verdicts."""

    measure: Measure
    first: Grade
    second: Grade


def disagreements(report: Report) -> list[Disagreement]:
    """Where the two guesses disagree; nothing where not both of them judge."""
    other = report.by_second()
    if other is None or not (report.judged and other.judged):
        return []
    pairs = [(_verdict(report, key), _verdict(other, key)) for key in MEASURES]
    return [
        Disagreement(one.measure, one.grade, two.grade)
        for one, two in pairs
        if one.grade != two.grade and {one.grade, two.grade} <= _DECIDED
    ]


def on_guesses(report: Report) -> str:
    """What two guesses of the recipe say beside each other, in a sentence; empty where there was but one.

    ``The two guesses disagree on Retain, train (close by the first, far by the second): ...``
    """
    other = report.by_second()
    if other is None:
        return ""
    if not report.judged:
        return "Neither of the two guesses gives a verdict."
    if not other.judged:
        return "Only the first of the two guesses gives a verdict."
    found = disagreements(report)
    if not found:
        return "The two guesses agree in every verdict."
    listed = "; ".join(
        f"{each.measure.title} ({GRADE_WORDS[each.first]} by the first, {GRADE_WORDS[each.second]} by the second)"
        for each in found
    )
    return f"The two guesses disagree on {listed}. The more careful verdict counts."


def _grade(measure: Measure, difference: float, intent: str) -> Grade:
    if intent == "concept" and measure.fine == ("lower" if difference < 0 else "higher"):
        return "close"
    if not measure.judged:
        return "unknown"
    distance = abs(difference)
    return "close" if distance <= measure.close else "near" if distance <= measure.near else "far"
