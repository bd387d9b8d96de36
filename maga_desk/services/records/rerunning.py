"""Judging the checkpoint of a record anew, and comparing what is found with what the record says."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Audited, Ended, Event
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.questions import answered
from maga_desk.domain.record import ErasureRecord, RecordError
from maga_desk.domain.record_judgement import RecordFigure, RecordMeasure
from maga_desk.domain.results import Audit, Report
from maga_desk.domain.run_folder import SPEC
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.guidance.means import Means
from maga_desk.services.erasure import Erasure
from maga_desk.services.guidance import NO_MEANS
from maga_desk.services.judging.audits import judge
from maga_desk.services.records.checking import RecordFinding
from maga_desk.services.workspace import open_workspace

_ROUNDING = 1e-6
_AGAIN = "judged anew"


def spec_to_rerun(checkpoint: Path, named: Path | None = None) -> RunSpec:
    """The spec of the run, which says where model and pictures are: a record does not.

    :param named: the spec's file; default: the one beside the checkpoint.
    :raises RecordError: there is none.
    :raises SpecError: it cannot be read.
    """
    place = named if named is not None else checkpoint.parent / SPEC
    if not place.is_file():
        raise RecordError(
            "there is no spec, and a record does not say where the pictures are",
            where=str(place),
            todo="name the run's spec.toml with --spec",
        )
    return read_spec(place)


def rerun(
    record: ErasureRecord, spec: RunSpec, checkpoint: Path, control: RunControl, means: Means = NO_MEANS
) -> Generator[Event, None, tuple[RecordFinding, ...]]:
    """Audit the checkpoint as the record's run did, and compare. Nothing of the run or the record is written.

    :raises UserError: model, pictures or yardstick are not where the spec says, or cannot be used.
    :raises Cancelled: in between.
    """
    workspace = yield from open_workspace(spec, control)
    reports: list[Report] = []

    for event in judge(Erasure.of(workspace, spec), checkpoint, control, means, keep=False):
        if isinstance(event, Audited):
            reports.append(event.report)
        if not isinstance(event, Ended):
            yield event
    return tuple(compared(record, reports[-1]))


def compared(record: ErasureRecord, report: Report) -> Iterator[RecordFinding]:
    """Whether figures that were found anew lie within the intervals of those in a record."""
    kept, now = record.judgement.yardstick, report.yardstick
    same_yardstick = kept is not None and now is not None and kept.sha256 == now.sha256
    nets: list[tuple[str, Audit | None]] = [("the original", report.before), ("the result", report.after)]
    if same_yardstick:
        nets.append(("the retrained model", report.retrained))
    inside, missing = 0, list[str]()
    known = [measure for measure in record.judgement.measures if measure.key in MEASURES]
    strange = [measure.title for measure in record.judgement.measures if measure.key not in MEASURES]
    for measure in known:
        rests_on_another = not same_yardstick and "retrained" in MEASURES[measure.key].rests_on
        for net, audit in nets:
            was = _kept(measure, net)
            found = audit.figures.get(measure.key) if audit is not None else None
            if was is None:
                continue
            if found is None or rests_on_another:
                missing.append(measure.title)
            elif _within(found.value, was, MEASURES[measure.key].near):
                inside += 1
            else:
                said = MEASURES[measure.key]
                yield RecordFinding(
                    _AGAIN,
                    "does not hold",
                    f"{measure.title} of {net} is {said.text(found.value)}, in the record {_text(measure.key, was)}",
                )
    if missing:
        why = "" if same_yardstick else ": it was judged by another retrained model, or by none"
        names = ", ".join(dict.fromkeys(missing))
        yield RecordFinding(_AGAIN, "not looked at", f"{len(missing)} figures were not compared ({names}){why}")
    if strange:
        text = f"this version does not know {', '.join(strange)}: update MaGA Desk to have them compared"
        yield RecordFinding(_AGAIN, "not looked at", text)
    asked = answered(report, record.scope.classes)
    answers = {each.key: each.answer for each in record.judgement.questions}
    alike = sum(answers.get(each.key) == each.answer for each in asked)
    text = f"{inside} figures lie within the record's intervals; {alike} of {len(asked)} answers are the same"
    yield RecordFinding(_AGAIN, "holds" if inside else "not looked at", text)


def _kept(measure: RecordMeasure, net: str) -> RecordFigure | None:
    return {"the original": measure.before, "the result": measure.after}.get(net, measure.retrained)


def _within(value: float, was: RecordFigure, bound: float) -> bool:
    """Within the interval and what it is of; without an interval, within the bound that counts as there."""
    if was.low is None or was.high is None:
        return abs(value - was.value) <= bound
    return min(was.low, was.value) - _ROUNDING <= value <= max(was.high, was.value) + _ROUNDING


def _text(key: str, was: RecordFigure) -> str:
    measure = MEASURES[key]
    if was.low is None or was.high is None:
        return f"{measure.text(was.value)}, give or take {measure.near:g}"
    return f"{measure.text(was.value)} ({measure.text(was.low)} to {measure.text(was.high)})"
