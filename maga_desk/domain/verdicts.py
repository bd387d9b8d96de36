"""How near a figure is to what it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from maga_desk.domain.measures import MEASURES, Measure
from maga_desk.domain.results import Report

Grade = Literal["close", "near", "far", "unknown"]

_TARGETS: Mapping[str, float] = {"zero": 0.0, "one": 1.0}


@dataclass(frozen=True)
class Verdict:
    """One figure of the three nets, judged; ``None`` is unknown.

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

    Close and not far mean within the measure's two bounds of what retraining has (of zero or one for what is a distance
    already, of chance for what tells the result from retraining), in either direction; where a concept goes,
    recognising it less than retraining does is close. By a net that is no yardstick nothing is judged.
    """
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
    return Verdict(measure, before, after, retrained, best, difference, grade)


def verdicts(report: Report) -> list[Verdict]:
    """All of them, in the order of :data:`~maga_desk.domain.measures.MEASURES`."""
    return [verdict(report, key) for key in MEASURES]


def _grade(measure: Measure, difference: float, intent: str) -> Grade:
    if intent == "concept" and measure.fine == ("lower" if difference < 0 else "higher"):
        return "close"
    if not measure.judged:
        return "unknown"
    distance = abs(difference)
    return "close" if distance <= measure.close else "near" if distance <= measure.near else "far"
