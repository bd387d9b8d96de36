"""The record of an erasure: all that one who asks months later must know, without a picture's name or plain hash.

A record is plain data that is written in one way only (:func:`to_bytes`): the same run gives the same bytes. What is
not known is ``None`` or empty; whoever shows it says "not given".
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import ValidationError

from maga_desk.domain.errors import UserError
from maga_desk.domain.outside import json_of
from maga_desk.domain.record_judgement import RecordCost, RecordCurve, RecordJudgement
from maga_desk.domain.record_parts import (
    RecordCase,
    RecordEnvironment,
    RecordLabels,
    RecordLineage,
    RecordMethod,
    RecordModel,
    RecordPart,
    RecordScope,
    RecordSent,
    RecordTwins,
)

FORMAT = 1
"""Raised when a reader of this version could not read what a later one writes."""

NOT_GIVEN = "not given"


class RecordError(UserError):
    """A file that is no record, or one that was edited or is half written."""


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
    return f"{text}\n".encode("utf-8", "replace")


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
