"""The manifest of a record: an in-toto Statement that names every file with its hash, and says in short what they show.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, ValidationError

from maga_desk.domain.outside import json_of
from maga_desk.domain.record import ErasureRecord, RecordError, canonical
from maga_desk.domain.record_parts import RecordPart

STATEMENT: Literal["https://in-toto.io/Statement/v1"] = "https://in-toto.io/Statement/v1"
PREDICATE_NAME = "urn:x-maga-desk:erasure-record:v"
PREDICATE: Literal["urn:x-maga-desk:erasure-record:v1"] = "urn:x-maga-desk:erasure-record:v1"
MOST_SUBJECTS = 64
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class RecordDigest(RecordPart):
    """The hash of a file's content."""

    sha256: Sha256


class RecordSubject(RecordPart):
    """A file that the statement is about.

    :param name: without a folder.
    """

    name: str = Field(min_length=1, max_length=255, pattern=r"^[^/\\\x00-\x1f]+$")
    digest: RecordDigest


class ErasurePredicate(RecordPart):
    """What the record says, in short. All of it stands in the record as well.

    :param record_format: of ``record.json``.
    :param version: of the program that made the run.
    :param reference: of the case; empty: not given.
    :param original: SHA-256 of the model before; empty where it was not kept.
    :param forgotten: pictures; ``None``: not kept.
    :param answers: to the five questions, by key, in words.
    """

    record_format: Literal[1]
    version: str
    run: str
    reference: str
    finished: str
    original: str
    method: str
    exact: bool
    forgotten: int | None
    leaves: int
    root: str
    key_id: str
    answers: dict[str, str]
    claim: str


class ErasureStatement(RecordPart):
    """The in-toto Statement."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    kind: Literal["https://in-toto.io/Statement/v1"] = Field(STATEMENT, alias="_type")
    subject: tuple[RecordSubject, ...] = Field(min_length=1, max_length=MOST_SUBJECTS)
    predicate_type: Literal["urn:x-maga-desk:erasure-record:v1"] = Field(PREDICATE, alias="predicateType")
    predicate: ErasurePredicate


def predicate_of(record: ErasureRecord) -> ErasurePredicate:
    """What a record says, in short."""
    return ErasurePredicate(
        record_format=record.format,
        version=record.environment.version,
        run=record.run,
        reference=record.case.reference if record.case is not None else "",
        finished=record.finished,
        original=record.before.sha256,
        method=record.method.name,
        exact=record.method.exact,
        forgotten=record.scope.forgotten,
        leaves=record.scope.leaves,
        root=record.scope.root,
        key_id=record.scope.key_id,
        answers={each.key: each.words for each in record.judgement.questions},
        claim=record.claim,
    )


def statement_bytes(statement: ErasureStatement) -> bytes:
    """The statement as it is signed."""
    return canonical(statement.model_dump(mode="json", by_alias=True))


def read_statement(content: bytes, *, where: str | None = None) -> ErasureStatement:
    """The inverse of :func:`statement_bytes`.

    :raises RecordError: it is another kind of statement, one of a later version, or none.
    """
    try:
        raw = json_of(content)
    except ValueError as error:
        raise RecordError(f"its statement is no JSON ({error})", where=where) from error
    kind = raw.get("predicateType") if isinstance(raw, dict) else None
    if isinstance(kind, str) and kind.startswith(PREDICATE_NAME) and kind != PREDICATE:
        raise RecordError("is a record of a newer version", where=where, todo="update MaGA Desk")
    try:
        return ErasureStatement.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise RecordError(f"its statement does not fit the schema: {place}: {first['msg']}", where=where) from error
