"""The part of a record that says what the audit found: questions, figures, curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from maga_desk.domain.evenly import evenly_placed
from maga_desk.domain.events import Scalars
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.questions import ANSWER_WORDS, AuditQuestion, FigureEvidence
from maga_desk.domain.record_judgement import (
    RecordAllowed,
    RecordCurve,
    RecordEvidence,
    RecordFigure,
    RecordJudgement,
    RecordMeasure,
    RecordQuestion,
    RecordYardstick,
)
from maga_desk.domain.results import Audit, Figure, Report
from maga_desk.domain.verdicts import on_guesses

_MOST_POINTS = 400  # of a curve: more than any page shows
_WATCHED = {
    "loss": ("Loss", "loss"),
    "retain_accuracy": ("Accuracy on what stays", "percent"),
    "forget_accuracy": ("Accuracy on the forgotten", "percent"),
}
_AUDITED = {
    "relearn": ("Relearning", "training steps", "percent of the forgotten that are named"),
    "prototype": ("Back from few pictures", "pictures that are known", "percent of the forgotten that are named"),
    "from_retained": ("Back from what stays alone", "training steps", "percent of the forgotten that are named"),
    "pruned": ("Pruned", "percent of the weights taken away", "percent of the forgotten that are named"),
}
_NETS = {"before": "the original", "after": "the result", "retrained": "the retrained model"}
Clean = Callable[[str], str]


def judgement_part(report: Report, questions: Sequence[AuditQuestion], depth: str, clean: Clean) -> RecordJudgement:
    """All that the audit found.

    :param clean: takes names of pictures out of a text.
    """
    rows = zip(report.classes, report.before.per_class, report.after.per_class, strict=False)
    return RecordJudgement(
        depth=depth,
        questions=tuple(_question(each) for each in questions),
        measures=tuple(_measures(report)),
        per_class={name: (before, after) for name, before, after in rows},
        yardstick=_yardstick(report, clean),
        ruined=report.ruined,
        allowed=tuple(
            RecordAllowed(key=each.key, limit=each.limit, value=each.value, kept=each.kept, text=each.text())
            for each in report.limits
        ),
        stopped=report.stopped,
        without=report.without.text() if report.without is not None else "",
        not_run=tuple(_not_run(questions)),
        guesses=on_guesses(report),
        notes=tuple(clean(note) for note in report.notes),
    )


def curves_part(report: Report, scalars: Sequence[Scalars]) -> tuple[RecordCurve, ...]:
    """What was watched in training, and what the audit drew."""
    return (*_training_curves(scalars), *_audit_curves(report))


def _question(asked: AuditQuestion) -> RecordQuestion:
    return RecordQuestion(
        key=asked.key,
        title=asked.title,
        answer=asked.answer,
        words=ANSWER_WORDS[asked.answer],
        text=asked.text(),
        evidence=tuple(_evidence(each) for each in asked.evidence),
        losers=asked.losers,
    )


def _evidence(each: FigureEvidence) -> RecordEvidence:
    return RecordEvidence(
        by=each.by,
        key=each.measure.key,
        title=each.measure.title,
        unit=each.measure.unit,
        answer=each.answer,
        figure=_figure(each.figure),
        retrained=_figure(each.retrained),
        best=each.best,
        bound=each.bound,
        why=each.why,
        text=each.text(),
    )


def _figure(figure: Figure | None) -> RecordFigure | None:
    """A figure as a record has it; one that is no number is unknown."""
    if figure is None or not math.isfinite(figure.value):
        return None
    low, high = (bound if bound is not None and math.isfinite(bound) else None for bound in (figure.low, figure.high))
    return RecordFigure(value=figure.value, low=low, high=high, n=figure.n or None)


def _measures(report: Report) -> Iterator[RecordMeasure]:
    nets = {"before": report.before, "after": report.after, "retrained": report.retrained}
    for key, measure in MEASURES.items():
        figures = {name: _figure(net.figures.get(key)) if net is not None else None for name, net in nets.items()}
        if any(figures.values()):
            yield RecordMeasure(
                key=key,
                title=measure.title,
                unit=measure.unit,
                meaning=measure.help,
                target=measure.target,
                **figures,
            )


def _yardstick(report: Report, clean: Clean) -> RecordYardstick | None:
    yardstick = report.yardstick
    if yardstick is None:
        return None
    return RecordYardstick(
        file=yardstick.file,
        sha256=yardstick.sha256,
        standing=yardstick.standing,
        text=clean(yardstick.text()),
        said=tuple(clean(each) for each in yardstick.said),
    )


def _not_run(questions: Sequence[AuditQuestion]) -> Iterator[str]:
    """Each figure once, with the reason."""
    seen = set()
    for asked in questions:
        for each in asked.not_run:
            if each.measure.key not in seen:
                seen.add(each.measure.key)
                yield f"{asked.title} {each.measure.title}: {each.why}."


def _training_curves(scalars: Sequence[Scalars]) -> Iterator[RecordCurve]:
    for series, net in (("run", "the result"), ("reference", "the retrained model")):
        mine = [each for each in scalars if each.series == series]
        for key, (title, unit) in _WATCHED.items():
            points = [(float(each.step), each.values[key]) for each in mine if key in each.values]
            if points:
                yield RecordCurve(
                    key=f"{series}.{key}", net=net, title=title, x="step", y=unit, points=_thinned(points)
                )


def _audit_curves(report: Report) -> Iterator[RecordCurve]:
    nets: dict[str, Audit | None] = {
        "before": report.before,
        "after": report.after,
        "retrained": report.retrained,
    }
    for key, (title, x, y) in _AUDITED.items():
        for name, net in nets.items():
            points = list(net.curves.get(key, ())) if net is not None else []
            if points:
                yield RecordCurve(key=f"{key}.{name}", net=_NETS[name], title=title, x=x, y=y, points=_thinned(points))


def _thinned(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Those that are numbers; evenly spread ones, the first and the last among them, where there are very many."""
    finite = [point for point in points if all(map(math.isfinite, point))]
    return tuple(finite[i] for i in evenly_placed(len(finite), _MOST_POINTS)) if finite else ()
