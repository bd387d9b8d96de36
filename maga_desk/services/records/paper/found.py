"""The sections of what was found: the five questions, every figure, classes, curves, and what was not looked at."""

from __future__ import annotations

from maga_desk.domain.measure import in_unit
from maga_desk.domain.questions import ANSWER_WORDS
from maga_desk.domain.record import ErasureRecord
from maga_desk.domain.record_judgement import AnswerKind, RecordEvidence, RecordQuestion, RecordYardstick
from maga_desk.services.records.paper.blocks import (
    Block,
    Column,
    Heading,
    Items,
    PaperCell,
    PaperSection,
    Paragraph,
    Tone,
    facts,
    table,
)
from maga_desk.services.records.paper.curves import charts
from maga_desk.services.records.paper.values import MANY, cut, figure_text, given, hashed, interval, listed, names

TONES: dict[AnswerKind, Tone] = {"as": "good", "not as": "bad", "unsure": "open", "not run": "open"}
_HOW = (
    "A figure is as after retraining where every difference within the 95 % intervals lies within a bound that was set "
    "beforehand. It is not as after retraining where none does. In between there is not enough evidence. The "
    "answer to a question is the most careful answer of its figures."
)


def questions(record: ErasureRecord) -> PaperSection:
    """The five questions with their answers, and under each the figures that it rests on."""
    asked = record.judgement.questions
    columns = (Column("Question", width=3), Column("Answer", width=2))
    rows = [(each.title, PaperCell(each.words, tone=TONES[each.answer])) for each in asked]
    if not asked:
        return PaperSection("questions", "What was found", (Paragraph("Nothing: there was no audit."),))
    blocks: list[Block] = [table("Five questions", columns, rows), Paragraph(_HOW)]
    if record.judgement.guesses:
        blocks.append(Paragraph(record.judgement.guesses))
    for each in asked:
        blocks += [Heading(each.title), *_question(each)]
    blocks += _allowed(record)
    return PaperSection("questions", "What was found", tuple(blocks), own_page=True)


def _allowed(record: ErasureRecord) -> list[Block]:
    """Limits that were set before the run."""
    limits, stopped = record.judgement.allowed, record.judgement.stopped
    blocks: list[Block] = [Heading("What the run was allowed to cost")]
    if stopped:
        blocks.append(Paragraph(f"A limit ended the run early. {stopped}."))
    if not limits:
        return blocks if stopped else [*blocks, Paragraph("No limits were set.")]
    tones: dict[bool | None, Tone] = {True: "good", False: "bad", None: "open"}
    rows = [(PaperCell(each.text, tone=tones[each.kept]),) for each in limits]
    return [*blocks, table("Limits set before the run", (Column("Limit", width=1),), rows)]


def _question(question: RecordQuestion) -> tuple[Block, ...]:
    columns = (
        Column("Figure", width=2.2),
        Column("Result", number=True),
        Column("95 % interval", number=True),
        Column("Pictures", number=True),
        Column("Retrained", number=True),
        Column("Should be", number=True),
        Column("Answer", width=1.6),
    )
    rows = [_row(each) for each in question.evidence]
    lost: tuple[Block, ...] = ()
    if question.losers:
        lost = (Paragraph(f"Lost most, in points of test accuracy: {names(question.losers)}."),)
    caption = f"Answer: {question.words}"
    return (table(caption, columns, rows), *lost) if rows else (Paragraph("Nothing bears on it: not run."), *lost)


def _row(evidence: RecordEvidence) -> tuple[str | PaperCell, ...]:
    answer = PaperCell(_words(evidence), tone=TONES[evidence.answer])
    title = f"{evidence.title}, by {evidence.by}" if evidence.by else evidence.title
    if evidence.figure is None:
        return title, PaperCell(f"not run: {given(evidence.why)}", tone="open", span=6)
    figure, unit = evidence.figure, evidence.unit
    target = "not known" if evidence.best is None else in_unit(evidence.best, unit)
    bound = f"{target} ± {evidence.bound:g}" if evidence.best is not None else target
    return (
        title,
        in_unit(figure.value, unit),
        interval(figure, unit) or "none",
        f"{figure.n:,}" if figure.n else "not kept",
        "not known" if evidence.retrained is None else in_unit(evidence.retrained.value, unit),
        bound,
        answer,
    )


def _words(evidence: RecordEvidence) -> str:
    said = ANSWER_WORDS[evidence.answer]
    return f"{said}: {evidence.why}" if evidence.why and evidence.answer == "unsure" else said


def yardstick(record: ErasureRecord) -> PaperSection:
    """The retrained model that it was judged by."""
    by = record.judgement.yardstick
    blocks: tuple[Block, ...] = (
        (Paragraph("No retrained model counts as what the result should be. Answers that need one say so."),)
        if by is None
        else _judged_by(by)
    )
    if record.judgement.without:
        blocks = (*blocks, Heading("Verification models"), Paragraph(record.judgement.without))
    return PaperSection("yardstick", "What it was judged by", blocks)


def _judged_by(by: RecordYardstick) -> tuple[Block, ...]:
    standing = {
        "record": "its own record says that it is the retrained model of this very request",
        "declaration": "a person declared it to be retrained",
        "none": "it does not count as retrained: nothing was judged by it",
    }.get(by.standing, by.standing)
    told = facts(
        ("Judged by", given(by.text)), ("File", given(by.file)), ("SHA-256", hashed(by.sha256)), ("Standing", standing)
    )
    return told, listed((each for each in by.said if each), "Nothing more is said of it.")


def figures(record: ErasureRecord) -> PaperSection:
    """Every figure of the three nets, and accuracy by class."""
    columns = (
        Column("Figure", width=2),
        Column("Before", number=True),
        Column("After", number=True),
        Column("Retrained", number=True),
        Column("Pictures", number=True),
    )
    known = [each for each in record.judgement.measures if each.before or each.after or each.retrained]
    unknown = [each.title for each in record.judgement.measures if each not in known]
    rows = [
        (
            each.title,
            *(figure_text(net, each.unit) for net in (each.before, each.after, each.retrained)),
            f"{each.after.n:,}" if each.after is not None and each.after.n else "not kept",
        )
        for each in known
    ]
    blocks: list[Block] = [
        Paragraph("With 95 % intervals in brackets, where there are some. What each figure is stands at the end."),
        table("Every figure", columns, rows) if rows else Paragraph("No figure was measured."),
    ]
    if unknown:
        blocks.append(Paragraph(f"Not measured: {'; '.join(unknown)}."))
    return PaperSection("figures", "Every figure", (*blocks, *_by_class(record)))


def _by_class(record: ErasureRecord) -> tuple[Block, ...]:
    found = record.judgement.per_class
    if not found:
        return (Heading("By class"), Paragraph("Accuracy by class was not measured."))
    changes = [(name, before, after, _change(before, after)) for name, (before, after) in found.items()]
    changes.sort(key=lambda each: (each[3] is None, each[3] or 0.0))
    columns = (
        Column("Class", width=2),
        Column("Before", number=True),
        Column("After", number=True),
        Column("Change in points", number=True),
    )
    rows = [
        (
            name,
            *("no test pictures" if each is None else in_unit(each, "percent") for each in (before, after)),
            "not known" if change is None else f"{change:+.1f}".replace("-", "−"),
        )
        for name, before, after, change in changes[:MANY]
    ]
    caption = "Test accuracy by class, what lost most first"
    return (Heading("By class"), table(caption, columns, rows), *cut(len(changes)))


def _change(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def drawn(record: ErasureRecord) -> PaperSection:
    """The curves."""
    found = charts(record.curves)
    return PaperSection("curves", "Curves", found or (Paragraph("No curves were kept."),))


def not_looked_at(record: ErasureRecord) -> PaperSection:
    """What was not run, and what a record like this cannot show."""
    judgement = record.judgement
    blocks: list[Block] = [
        Heading("Not run"),
        listed(judgement.not_run, "The record lists nothing."),
        Heading("Limits"),
        listed(record.limits, "The record lists none."),
    ]
    if judgement.notes:
        blocks += [Heading("Notes of the audit"), Items(judgement.notes)]
    return PaperSection("limits", "What was not looked at, and limits", tuple(blocks))


def definitions(record: ErasureRecord) -> PaperSection:
    """What each figure is."""
    columns = (Column("Figure", width=1.2), Column("What it is", width=3.4), Column("Should be", width=1.2))
    rows = [(each.title, each.meaning, each.target) for each in record.judgement.measures]
    return PaperSection(
        "definitions",
        "What the figures are",
        (table("Definitions", columns, rows) if rows else Paragraph("No figures."),),
    )
