"""The face of a report: what was asked, what the answer is, and, as plainly, what failed and what is not known."""

from __future__ import annotations

from maga_desk.domain.record import ErasureRecord
from maga_desk.domain.record_judgement import RecordQuestion
from maga_desk.services.records.paper.blocks import Facts, Standing, code, facts
from maga_desk.services.records.paper.values import given, on_day

_RUINED = "The model is no longer of use: what was to stay is lost as well."


def face(record: ErasureRecord) -> tuple[Standing, ...]:
    """What stands first, the worst before all else."""
    said = [*_failed(record), *_stopped(record), *_unsure(record), *_not_run(record)]
    if not record.judgement.questions:
        said.append(Standing("open", "Nothing was judged: there was no audit."))
    if not said:
        said = [Standing("good", "Every question was asked, and each answer is: as after retraining.")]
    return (*said, Standing("", "What this result can claim", (record.claim,)))


def face_facts(record: ErasureRecord) -> Facts:
    """What tells this record from others."""
    case = record.case
    named = (
        [
            ("Case", given(case.reference)),
            ("Legal ground", given(case.ground)),
            ("Received", on_day(case.received)),
            ("Due", on_day(case.due)),
            ("Handled by", given(case.handler)),
            ("State of the case", given(case.state)),
        ]
        if case is not None
        else [("Case", "none: this run belongs to no request")]
    )
    return facts(
        *named,
        ("Run finished", on_day(record.finished)),
        ("Method", record.method.title),
        ("Model handed over", code(record.after.sha256) if record.after.sha256 else "its hash was not kept"),
        ("Made with", f"MaGA Desk {record.environment.version}".strip()),
    )


def _failed(record: ErasureRecord) -> list[Standing]:
    failed = [each for each in record.judgement.questions if each.answer == "not as"]
    said = [_RUINED] if record.judgement.ruined else []
    said += [_sentence(each) for each in failed]
    said += [f"{each.text}." for each in record.judgement.allowed if each.kept is False]
    return [Standing("bad", "A bound that was set beforehand failed.", tuple(said))] if said else []


def _stopped(record: ErasureRecord) -> list[Standing]:
    stopped = record.judgement.stopped
    return [Standing("open", "A limit ended the run early.", (f"{stopped}.",))] if stopped else []


def _unsure(record: ErasureRecord) -> list[Standing]:
    unsure = [_sentence(each) for each in record.judgement.questions if each.answer == "unsure"]
    unsure += [f"{each.text}." for each in record.judgement.allowed if each.kept is None]
    return [Standing("open", "There is not enough evidence for an answer.", tuple(unsure))] if unsure else []


def _not_run(record: ErasureRecord) -> list[Standing]:
    whole = [f"{each.title} Not run." for each in record.judgement.questions if each.answer == "not run"]
    parts = [
        f"{each.title} Not run for it: {'; '.join(missing)}."
        for each in record.judgement.questions
        if each.answer != "not run" and (missing := _missing(each))
    ]
    said = (*whole, *parts) or record.judgement.not_run
    return [Standing("open", "Something was not run; what it would have shown is not known.", said)] if said else []


def _sentence(question: RecordQuestion) -> str:
    return f"{question.title} {question.words[:1].upper()}{question.words[1:]}."


def _missing(question: RecordQuestion) -> tuple[str, ...]:
    titles = (each.title.replace(" %", "\u00a0%") for each in question.evidence if each.answer == "not run")
    return tuple(dict.fromkeys(titles))
