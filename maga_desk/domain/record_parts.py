"""The parts of a record of erasure (:mod:`maga_desk.domain.record`): the request, what was done, and with what."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue


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
    :param purged: what the program removed of the forgotten, a line each that begins with its day; ``purged_at`` is
        when it last did.
    :param out_of_reach: what it could not remove then, a line each.
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


class RecordFact(RecordPart):
    """Something that was said of a request before its run."""

    title: str
    text: str


class RecordScope(RecordPart):
    """What was forgotten: counts, and a Merkle root over keyed hashes.

    :param forgotten: pictures of this request; ``before`` of earlier ones that the checkpoint had forgotten already.
        ``None``: not kept; likewise ``retained``, the training pictures that stay.
    :param classes: that went wholly; likewise ``kinds``.
    :param by_class: pictures of this request by class, where that is known.
    :param history: how the forget set came about, a sentence for each step, with neither names nor what a query asks.
    :param facts: what was said of the request before the run, without names of pictures.
    :param not_found: how many names of the request are no pictures.
    :param leaves: keyed hashes below the root: pictures of this request and of earlier ones.
    :param keyed: what was hashed with the key: ``pixels`` (class and pixels), or, in lists of earlier versions, the
        pictures' ``names``; empty where there is no list.
    :param key_id: tells keys apart and says nothing of them.
    :param root: hexadecimal; empty where there is no list.
    """

    task: str
    intent: str
    forgotten: int | None
    before: int | None
    retained: int | None
    classes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    by_class: dict[str, int] = Field(default_factory=dict)
    history: tuple[str, ...] = ()
    facts: tuple[RecordFact, ...] = ()
    not_found: int = 0
    leaves: int = 0
    keyed: Literal["pixels", "names", ""] = ""
    hashing: str = "HMAC-SHA-256"
    tree: str = "SHA-256, leaves prefixed with 00 and nodes with 01 as in RFC 6962, leaves in ascending order"
    key_id: str = ""
    root: str = ""


class RecordLeftCopy(RecordPart):
    """Copies that stay by a person's word.

    :param reason: as it was given, without names of pictures.
    :param copies: how many stay for it, of which ``exact`` have the very same pixels.
    """

    reason: str
    copies: int
    exact: int = 0


class RecordTwins(RecordPart):
    """Decisions on duplicates: pictures with the very same pixels, and near copies.

    :param joined: the twins of what was forgotten were forgotten as well; ``near_joined``: near copies too.
    :param stay: forgotten pictures with a twin that stays in training; ``test``: with one among the test pictures.
        ``None``: nobody counted.
    :param near_stay: near copies of forgotten pictures that stay in training; ``near_test``: among the test pictures.
        ``None``: near copies were not looked for.
    :param left: copies that stay by a person's word.
    :param no_copies: pairs that were proposed and that a person calls no copies.
    """

    joined: bool
    stay: int | None = None
    test: int | None = None
    near_joined: bool = False
    near_stay: int | None = None
    near_test: int | None = None
    left: tuple[RecordLeftCopy, ...] = ()
    no_copies: int = 0


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
    """A model that was asked how alike the classes are. Counts that were not kept are ``None``."""

    proposer: str
    model: str
    revision: str = ""
    prompt: str = ""
    pictures: int | None = None
    questions: int | None = None
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
    """Pictures that left the machine. Counts that were not kept are ``None``.

    :param to: ``https://host:port``.
    :param questions: that were put to it; of ``cached`` of them the answer was remembered, and nothing was sent.
    """

    to: str
    model: str
    pictures: int | None
    questions: int | None
    cached: int | None = None
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
