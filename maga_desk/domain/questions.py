"""What a report answers, in the words of those who ask: five questions, each by the figures that bear on it.

A figure says *as after retraining* where every difference within the 95 % intervals lies within a bound that was set
beforehand (:attr:`~maga_desk.domain.measure.Measure.near`), *not as after retraining* where none does, and else that
there is *not enough evidence*: a test of equivalence (Schuirmann 1987), not of difference, so that too few pictures
never count as a success. Nor is there evidence in an attack that finds the same in the original as in the retrained
model (:mod:`~maga_desk.domain.attack_controls`). What was not measured stands there as *not run*, with the reason.

Without a retrained model, verification models can speak against a result (:mod:`~maga_desk.domain.without_retraining`):
a sign of the pictures is *not as after retraining*. That there is none is *not enough evidence*, never more.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from maga_desk.domain.attack_controls import attack_control
from maga_desk.domain.measure import Measure
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.results import Figure, Report
from maga_desk.domain.verdicts import Verdict, reach, verdict
from maga_desk.domain.without_retraining import SIGN_WORDS

Answer = Literal["as", "not as", "unsure", "not run"]
ANSWER_WORDS: Mapping[Answer, str] = {
    "as": "as after retraining",
    "not as": "not as after retraining",
    "unsure": "not enough evidence",
    "not run": "not run",
}
_CARE: Mapping[Answer, int] = {"not run": 0, "as": 1, "unsure": 2, "not as": 3}

QuestionKey = Literal["recognised", "membership", "inside", "others", "back"]
_STREAM = ("earlier_train", "earlier_test", "earlier_auc")  # asked only where there were earlier requests
_SUFFERS = frozenset({"retain_train", "retain_test"})  # to know what stays better than retraining does is no harm
_ATTACKS = ("mia", "mia_confidence", "mia_auc", "mia_tpr1", "cmia", "rmia", "rmia_tpr1", "lira", "lira_tpr1")
_SINCE_RETURNS = ("pair", "pair_gain")  # older full audits have neither these nor what comes back
_CHANGED = tuple(key for key, measure in MEASURES.items() if measure.group == "returns")
_ASKED: tuple[tuple[QuestionKey, str, tuple[str, ...]], ...] = (
    ("recognised", "Is it still recognised?", ("forget_test", "forget_train")),
    ("membership", "Can one tell that it was in the training?", (*_ATTACKS, "which_class")),
    ("inside", "Is it still inside?", ("probe", "cka_original")),
    ("others", "Did the rest suffer?", ("retain_test", "retain_train")),
    ("back", "Does it come back?", ("prototype", "relearn", *_CHANGED, *_STREAM)),
)
_WITHOUT: Mapping[QuestionKey, tuple[str, ...]] = {
    "recognised": ("beyond_ignorance",),
    "membership": ("calibrated", "iam", "iam_under", "iam_over", "apollo", "apollo_under", "apollo_over"),
    "inside": ("cka_original",),
    "others": ("beside_curve",),
}
"""What verification models say to a question."""

_NO_YARDSTICK = "no retrained model to judge by"
_NOR_WITHOUT = "no retrained model to judge by, and verification models cannot say it"


@dataclass(frozen=True)
class FigureEvidence:
    """One figure that bears on a question.

    :param figure: of the result, and ``retrained`` of the model that it is compared with; ``None`` where unknown.
    :param bound: how far from the best value still counts as there, in the measure's unit.
    :param why: what is missing where there is no answer; else empty.
    :param by: ``3 verification models``, where it rests on these and not on a retrained model.
    """

    measure: Measure
    figure: Figure | None
    retrained: Figure | None
    best: float | None
    bound: float
    answer: Answer
    why: str = ""
    by: str = ""

    def text(self) -> str:
        """``Forget, test 0.0 % (0.0–1.9, n 50), retraining 0.0 %, bound 5.0: as after retraining``."""
        words = ANSWER_WORDS[self.answer]
        if self.figure is None:
            return f"{self.measure.title}: {words}, {self.why}"
        certainty = self.figure.certainty(self.measure)
        value = f"{self.measure.title} {self.measure.text(self.figure.value)}{f' ({certainty})' if certainty else ''}"
        if self.by:
            beside = f" {self.measure.text(self.best)}, bound {self.bound:g}" if self.best is not None else ""
            return f"{value}, by {self.by}{beside}{', ' if self.why else ''}{self.why}: {words}"
        if self.best is None:
            return f"{value}: {words}, {self.why}"
        best = "retraining" if self.retrained is not None and self.measure.best == "retrained" else "should be"
        why = f", {self.why}" if self.why else ""
        return f"{value}, {best} {self.measure.text(self.best)}, bound {self.bound:g}{why}: {words}"


@dataclass(frozen=True)
class AuditQuestion:
    """A question with its answer: of its figures' answers the most careful one.

    :param losers: of what stays the classes that lost more than the bound beside the original, the most first; only
        where it is asked whether the rest suffered.
    """

    key: QuestionKey
    title: str
    answer: Answer
    evidence: tuple[FigureEvidence, ...]
    losers: tuple[str, ...] = ()

    @property
    def not_run(self) -> tuple[FigureEvidence, ...]:
        """The figures that would bear on it and that there are none of."""
        return tuple(each for each in self.evidence if each.answer == "not run")

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of what was not run, each once."""
        return tuple(dict.fromkeys(each.measure.name for each in self.not_run))

    def decisive(self) -> FigureEvidence | None:
        """A figure that the answer rests on: of those that give it the farthest from its best value."""
        giving = [each for each in self.evidence if each.answer == self.answer and each.figure is not None]
        return max(giving, key=_far, default=None)

    def text(self) -> str:
        """``Is it still recognised? As after retraining: Forget, test 0.0 % (0.0–1.9, n 50), ...``"""
        words = ANSWER_WORDS[self.answer]
        first = self.decisive()
        beside = f" ({first.text().partition(': ')[0]})" if first is not None else ""
        whom = f"; lost most: {', '.join(self.losers[:3])}" if self.losers else ""
        missing = f"; not run: {', '.join(self.missing)}" if self.not_run else ""
        return f"{self.title} {words[:1].upper()}{words[1:]}{beside}{whom}{missing}."


def answered(report: Report, forgotten: Collection[str] = ()) -> tuple[AuditQuestion, ...]:
    """The five questions. By the nets of two guesses the more careful answer of each figure counts.

    :param forgotten: classes that were to go: they do not count among those that lost.
    """
    other = report.by_second()
    reports = (report.by_first(), other) if other is not None and other.judged else (report.by_first(),)
    return tuple(_question(*asked, reports, forgotten) for asked in _ASKED)


def _question(
    key: QuestionKey, title: str, keys: tuple[str, ...], reports: Sequence[Report], forgotten: Collection[str]
) -> AuditQuestion:
    asked = [each for each in keys if each not in _STREAM or reports[0].after.value(each) is not None]
    without = _by_verification(reports[0], key)
    told = {each.measure.key for each in without}
    rest = [name for name in asked if name not in told]
    judged = [max((_evidence(each, name) for each in reports), key=lambda one: _CARE[one.answer]) for name in rest]
    found = [*without, *judged]
    answer: Answer = max((each.answer for each in found), key=_CARE.__getitem__)
    return AuditQuestion(key, title, answer, tuple(found), _losers(reports[0], forgotten) if key == "others" else ())


def _by_verification(report: Report, key: QuestionKey) -> list[FigureEvidence]:
    """What verification models say, where no retrained model does."""
    if report.without is None or report.judged:
        return []
    by, found = report.without.by(), list[FigureEvidence]()
    for name in _WITHOUT.get(key, ()):
        told, figure, measure = report.without.told.get(name), report.after.figures.get(name), MEASURES[name]
        if told is not None and figure is not None:
            answer: Answer = "not as" if told.sign == "found" else "unsure"
            why = told.why or SIGN_WORDS[told.sign]
            found.append(FigureEvidence(measure, figure, None, told.expected, told.bound, answer, why, by))
    return found


def _evidence(report: Report, key: str) -> FigureEvidence:
    judged = verdict(report, key)
    measure = judged.measure
    figure = report.after.figures.get(key)
    retrained = report.retrained.figures.get(key) if report.retrained is not None else None
    parts = (measure, figure, retrained, judged.best, measure.near)
    if figure is None:
        return FigureEvidence(*parts, "not run", why_missing(report, measure))
    if judged.difference is None:
        return FigureEvidence(*parts, "unsure", _unjudged(report) if not report.judged else measure.unknown)
    control = attack_control(report, key)
    if control is not None and not control.tells:
        return FigureEvidence(*parts, "unsure", control.why)
    return FigureEvidence(*parts, _answer(report, judged, key))


def _answer(report: Report, judged: Verdict, key: str) -> Answer:
    """By the least and the largest difference within the intervals."""
    assert judged.difference is not None
    low, high = reach(report, judged.measure, judged.difference)
    bound = judged.measure.near
    fine = "higher" if key in _SUFFERS else judged.measure.fine if report.intent == "concept" else None
    above = math.inf if fine == "higher" else bound
    below = -math.inf if fine == "lower" else -bound
    if below <= low and high <= above:
        return "as"
    return "not as" if high < below or low > above else "unsure"


def _unjudged(report: Report) -> str:
    return _NO_YARDSTICK if report.without is None else _NOR_WITHOUT


def why_missing(report: Report, measure: Measure) -> str:
    """Why a result has no figure of a measure."""
    if "retrained" in measure.rests_on and report.retrained is None:
        return "there is no retrained model"
    if "shadows" in measure.rests_on:
        return "no shadow models were trained"
    if "verification" in measure.rests_on and report.without is None:
        return "no verification models were asked for"
    if measure.depth == "full" and not any(MEASURES[key].depth == "full" for key in report.after.figures):
        return "the audit was a quick one"
    since = measure.group == "returns" or measure.key in _SINCE_RETURNS
    if since and not any(MEASURES[key].group == "returns" for key in report.after.figures):
        return "the audit was made by an earlier version"
    return measure.unknown


def _losers(report: Report, forgotten: Collection[str]) -> tuple[str, ...]:
    rows = zip(report.classes, report.before.per_class, report.after.per_class, strict=False)
    bound = MEASURES["retain_test"].near
    lost = sorted(
        (after - before, name)
        for name, before, after in rows
        if name not in forgotten and before is not None and after is not None and before - after > bound
    )
    return tuple(f"{name} {change:+.0f}".replace("-", "−") for change, name in lost)


def _far(each: FigureEvidence) -> float:
    if each.figure is None or each.best is None or not each.bound:
        return 0.0
    return abs(each.figure.value - each.best) / each.bound
