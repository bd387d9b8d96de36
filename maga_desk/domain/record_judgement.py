"""The parts of a record of erasure (:mod:`maga_desk.domain.record`) that say what an audit found, and what it took."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from maga_desk.domain.record_parts import RecordPart

AnswerKind = Literal["as", "not as", "unsure", "not run"]


class RecordFigure(RecordPart):
    """A figure of one net, in its measure's unit, with its 95 % interval where there is one.

    :param n: pictures behind it; ``None``: not kept.
    """

    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None


class RecordMeasure(RecordPart):
    """What a figure is, and its values for the three nets; ``None`` where unknown."""

    key: str
    title: str
    unit: str
    meaning: str
    target: str
    before: RecordFigure | None = None
    after: RecordFigure | None = None
    retrained: RecordFigure | None = None


class RecordEvidence(RecordPart):
    """A figure that bears on a question.

    :param best: what it should be; ``bound``: how far from that still counts as there, set beforehand.
    :param by: the verification models that it was judged by, where no retrained model did; else empty.
    :param text: all of it in words.
    """

    key: str
    title: str
    unit: str
    by: str = ""
    answer: AnswerKind
    figure: RecordFigure | None = None
    retrained: RecordFigure | None = None
    best: float | None = None
    bound: float
    why: str = ""
    text: str


class RecordQuestion(RecordPart):
    """One of the five questions with its answer.

    :param words: the answer in words: ``as after retraining``, ``not enough evidence``.
    :param losers: of what stays the classes that lost most, where it is asked whether the rest suffered.
    """

    key: str
    title: str
    answer: AnswerKind
    words: str
    text: str
    evidence: tuple[RecordEvidence, ...] = ()
    losers: tuple[str, ...] = ()


class RecordYardstick(RecordPart):
    """The retrained model that the result was judged by.

    :param standing: ``record``, ``declaration`` or ``none``: then nothing was judged by it.
    :param said: why it counts or not, a sentence each.
    """

    file: str
    sha256: str
    standing: str
    text: str
    said: tuple[str, ...] = ()


class RecordAllowed(RecordPart):
    """A limit that a person set before the run, beside what the result is.

    :param kept: ``None``: it was not measured. :param text: all of it in words.
    """

    key: str
    limit: float
    value: float | None = None
    kept: bool | None = None
    text: str


class RecordJudgement(RecordPart):
    """What an audit found.

    :param per_class: test accuracy in percent by class, before and after; ``None``: no test pictures.
    :param allowed: limits that a person set; ``stopped``: the one that ended the run early, in words.
    :param without: the verification models that judged it without a retrained model, and how far that goes; else empty.
    :param not_run: what was not run, a line each.
    :param guesses: on what two guesses of the original's recipe disagree; empty where they do not.
    """

    depth: str
    questions: tuple[RecordQuestion, ...]
    measures: tuple[RecordMeasure, ...]
    per_class: dict[str, tuple[float | None, float | None]] = Field(default_factory=dict)
    yardstick: RecordYardstick | None = None
    ruined: bool = False
    allowed: tuple[RecordAllowed, ...] = ()
    stopped: str = ""
    without: str = ""
    not_run: tuple[str, ...] = ()
    guesses: str = ""
    notes: tuple[str, ...] = ()


class RecordCurve(RecordPart):
    """Points (x, y) of something that was watched.

    :param key: ``run`` and ``reference`` are training; ``relearn`` and others come from the audit of a net.
    :param x: what is on the axis, in words; likewise ``y``.
    """

    key: str
    net: str
    title: str
    x: str
    y: str
    points: tuple[tuple[float, float], ...]


class RecordCost(RecordPart):
    """What it took beside retraining.

    :param text: in words.
    :param forecast: of retraining, as it was before the run; empty: none was made.
    :param not_retrained: why retraining was not chosen; empty: not given.
    """

    text: str
    seconds: float
    retrain_seconds: float | None = None
    forecast: str = ""
    not_retrained: str = ""
