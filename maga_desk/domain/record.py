"""The record of an erasure: all that one who asks months later must know, without a picture's name or plain hash.

A record is plain data that is written in one way only (:func:`to_bytes`): the same run gives the same bytes. What is
not known is ``None`` or empty; whoever shows it says "not given".
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from maga_desk.domain.errors import UserError
from maga_desk.domain.outside import json_of

FORMAT = 1
"""Raised when a reader of this version could not read what a later one writes."""

NOT_GIVEN = "not given"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
AnswerKind = Literal["as", "not as", "unsure", "not run"]


class RecordError(UserError):
    """A file that is no record, or one that was edited or is half written."""


class RecordPart(BaseModel):
    """A part of a record: frozen, and refuses keys that it does not know and numbers that are none."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class RecordEvent(RecordPart):
    """Somebody did something, or was told something.

    :param at: ISO time or day; empty: not given.
    """

    name: str
    at: str = ""


class RecordCase(RecordPart):
    """The request behind the run. Empty texts were not given; days and times are ISO.

    :param scope: as it was worded by whoever asked.
    :param approvals_needed: how many persons must approve.
    :param told: recipients of the model who were told.
    :param purged: what the program removed of the forgotten, a line each; ``purged_at`` is when.
    :param out_of_reach: what it could not remove, a line each.
    :param record_until: the day on which the record itself goes.
    """

    reference: str = ""
    ground: str = ""
    received: str = ""
    due: str = ""
    scope: str = ""
    handler: str = ""
    state: str = ""
    approvals_needed: int = 0
    approvals: tuple[RecordEvent, ...] = ()
    told: tuple[RecordEvent, ...] = ()
    purged: tuple[str, ...] = ()
    purged_at: str = ""
    out_of_reach: tuple[str, ...] = ()
    record_until: str = ""


class RecordScope(RecordPart):
    """What was forgotten: counts, and a Merkle root over keyed hashes.

    :param forgotten: pictures of this request; ``before`` of earlier ones that the checkpoint had forgotten already.
    :param retained: training pictures that stay.
    :param classes: that went wholly; likewise ``kinds``.
    :param by_class: pictures of this request by class, where that is known.
    :param not_found: how many names of the request are no pictures.
    :param leaves: keyed hashes below the root: pictures of this request and of earlier ones.
    :param keyed: what was hashed with the key: ``pixels`` (class and pixels), or, in lists of earlier versions, the
        pictures' ``names``; empty where there is no list.
    :param key_id: tells keys apart and says nothing of them.
    :param root: hexadecimal; empty where there is no list.
    """

    task: str
    intent: str
    forgotten: int
    before: int
    retained: int
    classes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    by_class: dict[str, int] = Field(default_factory=dict)
    not_found: int = 0
    leaves: int = 0
    keyed: Literal["pixels", "names", ""] = ""
    hashing: str = "HMAC-SHA-256"
    tree: str = "SHA-256, leaves prefixed with 00 and nodes with 01 as in RFC 6962, leaves in ascending order"
    key_id: str = ""
    root: str = ""


class RecordTwins(RecordPart):
    """Decisions on duplicates: pictures with the very same pixels.

    :param joined: the twins of what was forgotten were forgotten as well.
    :param stay: forgotten pictures with a twin that stays in training; ``test``: with one among the test pictures.
        ``None``: nobody counted.
    """

    joined: bool
    stay: int | None = None
    test: int | None = None


class RecordModel(RecordPart):
    """A checkpoint.

    :param file: its name without the folder.
    :param sha256: empty where that was not kept.
    """

    file: str
    sha256: str = ""
    arch: str = ""
    parameters: int | None = None


class RecordAncestor(RecordPart):
    """One earlier step in the life of the checkpoint, as far as files and their records tell.

    :param by: what made it: ``train``, ``unlearn``, ``retrain``, or empty where its record does not say.
    :param forgotten: pictures that it forgot, of an unlearning.
    """

    model: RecordModel
    by: str = ""
    when: str = ""
    version: str = ""
    method: str = ""
    task: str = ""
    seed: int | None = None
    forgotten: int | None = None
    classes: tuple[str, ...] = ()


class RecordLineage(RecordPart):
    """Where the original comes from, the nearest first.

    :param ends: why it cannot be told any further.
    """

    ancestors: tuple[RecordAncestor, ...] = ()
    ends: str = ""


class RecordMethod(RecordPart):
    """What was done.

    :param exact: the net was retrained without the forgotten pictures, which is exact; all else approximates that.
    :param given: parameters that the spec names.
    :param resolved: every value that was really used, as the run's spec has it in ``[resolved]``; empty in runs of
        earlier versions, which kept none.
    """

    name: str
    title: str
    preset: str
    exact: bool
    seed: int
    given: dict[str, JsonValue] = Field(default_factory=dict)
    resolved: dict[str, JsonValue] = Field(default_factory=dict)
    steps: int | None = None
    seconds: float | None = None


class RecordFlow(RecordPart):
    """How many pictures of one class were moved to another."""

    true: str
    perturbing: str
    pictures: int


class RecordMatrix(RecordPart):
    """The transition matrix in force, with what persons set.

    :param rows: of each class that was asked about, how alike every class of ``classes`` is to it.
    """

    classes: tuple[str, ...]
    rows: dict[str, tuple[float, ...]]


class RecordCell(RecordPart):
    """A cell of the matrix that a person set."""

    row: str
    column: str
    value: float
    locked: bool = False


class RecordAsked(RecordPart):
    """A model that was asked how alike the classes are."""

    proposer: str
    model: str
    revision: str = ""
    prompt: str = ""
    pictures: int = 0
    questions: int = 0
    at: str = ""


class RecordLabels(RecordPart):
    """Who proposed the perturbing labels.

    :param chosen_by: labels by who chose them: ``user``, or a proposer's name.
    :param agreed: proposed labels that a person looked at and agreed to.
    :param flow: where the pictures of each class were moved; of it alone, where the matrix was not kept.
    """

    proposer: str
    combine: str
    pictures: int
    by_hand: int
    agreed: int
    cells_by_hand: int
    chosen_by: dict[str, int] = Field(default_factory=dict)
    flow: tuple[RecordFlow, ...] = ()
    matrix: RecordMatrix | None = None
    cells: tuple[RecordCell, ...] = ()
    asked: tuple[RecordAsked, ...] = ()


class RecordSent(RecordPart):
    """Pictures that left the machine.

    :param to: ``https://host:port``.
    :param questions: that were put to it; of ``cached`` of them the answer was remembered, and nothing was sent.
    """

    to: str
    model: str
    pictures: int
    questions: int
    cached: int = 0
    at: str = ""


class RecordEnvironment(RecordPart):
    """What computed it. Empty: the run's version did not keep it.

    :param code_sha256: of a line for each source file of the program, in the order of their paths: hash, two spaces,
        path.
    :param host: a hash that tells machines apart and says nothing else of them.
    """

    version: str
    code_sha256: str = ""
    python: str = ""
    platform: str = ""
    device: str = ""
    precision: str = ""
    threads: int | None = None
    host: str = ""
    packages: dict[str, str] = Field(default_factory=dict)


class RecordFigure(RecordPart):
    """A figure of one net, in its measure's unit, with its 95 % interval where there is one."""

    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0


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
    :param text: all of it in words.
    """

    key: str
    title: str
    unit: str
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


class RecordJudgement(RecordPart):
    """What an audit found.

    :param per_class: test accuracy in percent by class, before and after; ``None``: no test pictures.
    :param not_run: what was not run, a line each.
    :param guesses: on what two guesses of the original's recipe disagree; empty where they do not.
    """

    depth: str
    questions: tuple[RecordQuestion, ...]
    measures: tuple[RecordMeasure, ...]
    per_class: dict[str, tuple[float | None, float | None]] = Field(default_factory=dict)
    yardstick: RecordYardstick | None = None
    ruined: bool = False
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


class ErasureRecord(RecordPart):
    """The whole record.

    :param run: fingerprint of the run, as its summary has it; empty in old ones.
    :param title: what was forgotten, in few words, without names of pictures.
    :param finished: ISO time (UTC) at which the run ended; empty where no file says it.
    :param claim: what of OWASP's AISVS the result can claim, in words.
    :param limits: what the record does not show, a sentence each.
    """

    format: Literal[1] = 1
    run: str
    title: str
    finished: str
    case: RecordCase | None = None
    scope: RecordScope
    twins: RecordTwins
    before: RecordModel
    after: RecordModel
    lineage: RecordLineage
    method: RecordMethod
    labels: RecordLabels | None = None
    sent: tuple[RecordSent, ...] = ()
    environment: RecordEnvironment
    judgement: RecordJudgement
    curves: tuple[RecordCurve, ...] = ()
    cost: RecordCost
    claim: str
    limits: tuple[str, ...] = ()


def canonical(value: Any) -> bytes:
    """JSON in the one form that records have: keys sorted, two spaces, UTF-8, a newline at the end.

    :raises ValueError: a number that is not finite.
    """
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode("utf-8", "backslashreplace")


def to_bytes(record: ErasureRecord) -> bytes:
    """The record as it is written and signed."""
    return canonical(record.model_dump(mode="json"))


def from_bytes(content: bytes, *, where: str | None = None) -> ErasureRecord:
    """The inverse of :func:`to_bytes`.

    :raises RecordError: it is no record, one of a later version, or one that was edited.
    """
    try:
        raw = json_of(content)
    except ValueError as error:
        raise RecordError(f"is no record, or half written ({error})", where=where) from error
    found = raw.get("format") if isinstance(raw, dict) else None
    if isinstance(found, int) and found > FORMAT:
        raise RecordError(f"is a record in format {found}, from a newer version", where=where, todo="update MaGA Desk")
    try:
        record = ErasureRecord.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise RecordError(f"is no record: {place}: {first['msg']}", where=where) from error
    if to_bytes(record) != content:
        raise RecordError("was edited: it is not in the form that records are written in", where=where)
    return record
