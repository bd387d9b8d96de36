"""An erasure request as a thing of its own: who asks by which right, until when, who approves, and where it stands.

Where a case stands is not kept: it follows from its runs and from what people did (:func:`standing`). An approval is of
one result, and so is a hand-over; where that is judged anew, or another run comes, both are there to be read and count
no more.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any, Literal

from maga_desk.domain.errors import CaseError
from maga_desk.domain.sessions import RunStatus

CaseState = Literal["open", "running", "judged", "approved", "handed over", "closed", "refused"]

GROUNDS: tuple[str, ...] = (
    "GDPR Art. 17(1)(a): no longer needed",
    "GDPR Art. 17(1)(b): consent withdrawn",
    "GDPR Art. 17(1)(c): objection",
    "GDPR Art. 17(1)(d): unlawful processing",
    "GDPR Art. 17(1)(e): legal obligation",
    "GDPR Art. 17(1)(f): offered to a child",
    "CCPA § 1798.105",
    "LGPD Art. 18 VI",
    "Contract or licence",
    "Own correction of the data",
)
"""Offered where a ground is asked for; any other text is taken as well."""

APPROVALS = (0, 1, 2)
"""How many persons may have to approve."""

NOT_GIVEN = "not given"

AS_THE_FILE_SAYS = "as the imported file says"
"""Said of an approval and a hand-over that came with a file."""

LONGEST = 4000
"""Characters of a text of a case."""


@dataclass(frozen=True)
class Approval:
    """A person's yes to one result.

    :param at: UTC. :param run: of which run; ``seal``: of which of its judgements (:attr:`CaseRun.seal`).
    :param brought: it came with an imported file, whose word it is.
    """

    name: str
    at: datetime
    run: int
    seal: str
    brought: bool = False


@dataclass(frozen=True)
class HandOver:
    """That one result went to who asked for it.

    :param at: UTC. :param run: of which run; ``seal``: of which of its judgements (:attr:`CaseRun.seal`).
    :param brought: it came with an imported file, whose word it is.
    """

    at: datetime
    run: int
    seal: str
    brought: bool = False


@dataclass(frozen=True)
class Imported:
    """That a case came from a file of that name, at that time (UTC)."""

    at: datetime
    file: str


@dataclass(frozen=True)
class Recipient:
    """Somebody who had the data or the model, and was told of the erasure (GDPR Art. 19).

    :param on: the day; ``how``: e.g. by letter, may be empty.
    """

    name: str
    on: date
    how: str = ""
    brought: bool = False


@dataclass(frozen=True)
class Purge:
    """What was removed after the case was closed, and what is out of reach, a line each.

    :param at: UTC.
    """

    at: datetime
    removed: tuple[str, ...]
    left: tuple[str, ...]
    brought: bool = False


@dataclass(frozen=True)
class CaseRun:
    """What of a run bears on where its case stands.

    :param seal: a hash of its judgement; empty while it has none.
    """

    id: int
    status: RunStatus
    seal: str = ""


@dataclass(frozen=True, kw_only=True)
class ErasureCase:
    """What is known of a request.

    :param reference: the number that it has with those who handle it; empty while nobody gave one.
    :param ground: by which right; ``scope``: what is to go, as the request words it.
    :param received: the day it came; ``due``: the day by which it must be answered.
    :param approvals_needed: how many persons must approve a result before it is handed over.
    :param handed_over: the result that was handed over last; ``closed``: when the case was (UTC).
    :param refused: why it was refused; empty: it was not.
    :param kept_until: the day on which this record itself goes.
    :param imported: from which file the case came, and when; ``None``: it was made here.
    """

    reference: str = ""
    ground: str = ""
    scope: str = ""
    handler: str = ""
    received: date | None = None
    due: date | None = None
    approvals_needed: int = 1
    approvals: tuple[Approval, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    handed_over: HandOver | None = None
    closed: datetime | None = None
    refused: str = ""
    kept_until: date | None = None
    purges: tuple[Purge, ...] = ()
    imported: Imported | None = None

    def __post_init__(self) -> None:
        """:raises CaseError: what cannot be."""
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, str) and len(value) > LONGEST:
                raise CaseError(f"a text of {len(value):,} characters", where=each.name, todo=f"{LONGEST:,} at most")
        if self.approvals_needed not in APPROVALS:
            raise CaseError(f"{self.approvals_needed} approvals cannot be asked for", todo="0, 1 or 2")
        if self.received and self.due and self.due < self.received:
            raise CaseError(f"due on {self.due}, before it was received on {self.received}")


def due_after(received: date) -> date:
    """A month later: GDPR Art. 12(3). Where the next month is too short, its last day (Regulation 1182/71, Art. 3)."""
    year, month = received.year + received.month // 12, received.month % 12 + 1
    return date(year, month, min(received.day, calendar.monthrange(year, month)[1]))


def result_of(runs: Iterable[CaseRun]) -> CaseRun | None:
    """The run whose result the case rests on: the newest that was judged."""
    return max((run for run in runs if run.seal and run.status == "finished"), key=lambda run: run.id, default=None)


def standing(case: ErasureCase, runs: Iterable[CaseRun]) -> CaseState:
    """Where the case stands."""
    runs = tuple(runs)
    if case.refused:
        return "refused"
    if case.closed is not None:
        return "closed"
    if any(run.status == "running" for run in runs):
        return "running"
    result = result_of(runs)
    if result is None:
        return "open"
    if hand_over_that_counts(case, result) is not None:
        return "handed over"
    return "approved" if case.approvals_needed and not approvals_missing(case, result) else "judged"


def approvals_that_count(case: ErasureCase, result: CaseRun | None) -> tuple[Approval, ...]:
    """Those of this very judgement."""
    if result is None:
        return ()
    return tuple(each for each in case.approvals if (each.run, each.seal) == (result.id, result.seal))


def hand_over_that_counts(case: ErasureCase, result: CaseRun | None) -> HandOver | None:
    """That of this very judgement."""
    over = case.handed_over
    return over if over and result and (over.run, over.seal) == (result.id, result.seal) else None


def approvals_missing(case: ErasureCase, result: CaseRun | None) -> int:
    """How many persons still have to approve."""
    return max(0, case.approvals_needed - len(approvals_that_count(case, result)))


def approvals_lack(case: ErasureCase, result: CaseRun | None) -> str:
    """``approvals are missing: 1 of 2``; empty where none is."""
    missing = approvals_missing(case, result)
    return f"approvals are missing: {missing} of {case.approvals_needed}" if missing else ""


def imported_words(case: ErasureCase) -> str:
    """From which file the case came, and what that means; empty where it was made here."""
    if case.imported is None:
        return ""
    return (
        f"imported on {case.imported.at:%Y-%m-%d} from {case.imported.file}: what it held then is "
        "that file's word; no signature vouches for it"
    )


def days_left(case: ErasureCase, today: date) -> int | None:
    """Until the case must be answered; negative where that day has passed, ``None`` where none is set."""
    return None if case.due is None else (case.due - today).days


# What people do. Each gives the case as it is then.


def approved(case: ErasureCase, runs: Iterable[CaseRun], name: str, at: datetime) -> ErasureCase:
    """A person approves the present result.

    :raises CaseError: there is none to approve, or that person has done so.
    """
    result, name = result_of(_open(case, runs)), _one_line(name, "who approves")
    if result is None:
        raise CaseError("nothing was judged yet, so there is nothing to approve", todo="run and judge first")
    if name.casefold() in {each.name.casefold() for each in approvals_that_count(case, result)}:
        raise CaseError(f"{name} has approved this result already", todo="a second approval is another person's")
    return replace(case, approvals=(*case.approvals, Approval(name, at, result.id, result.seal)))


def handed_over(case: ErasureCase, runs: Iterable[CaseRun], at: datetime) -> ErasureCase:
    """The result and its record went to who asked for them.

    :raises CaseError: nothing was judged, or approvals are missing.
    """
    result = result_of(_open(case, runs))
    if result is None:
        raise CaseError("nothing was judged yet, so there is nothing to hand over", todo="run and judge first")
    if lack := approvals_lack(case, result):
        raise CaseError(lack, todo="have the result approved")
    return replace(case, handed_over=HandOver(at, result.id, result.seal))


def closed(case: ErasureCase, runs: Iterable[CaseRun], at: datetime) -> ErasureCase:
    """Nothing more is to be done.

    :raises CaseError: its present result was not handed over, or a run of it is going on.
    """
    if hand_over_that_counts(case, result_of(_open(case, runs))) is None:
        yet = "yet" if case.handed_over is None else "since it was judged anew"
        raise CaseError(f"the result was not handed over {yet}", todo="hand it over, or refuse the case with a reason")
    return replace(case, closed=at)


def refused(case: ErasureCase, runs: Iterable[CaseRun], why: str) -> ErasureCase:
    """The request is not met.

    :raises CaseError: no reason, or a run of it is going on.
    """
    _open(case, runs)
    return replace(case, refused=_one_line(why, "why it is refused"))


def reopened(case: ErasureCase) -> ErasureCase:
    """As before it was closed or refused; what was handed over has to be handed over again.

    :raises CaseError: it is open.
    """
    if case.closed is None and not case.refused:
        raise CaseError("the case is open")
    return replace(case, closed=None, refused="", handed_over=None)


def told(case: ErasureCase, recipient: Recipient) -> ErasureCase:
    """Somebody was told, which may be noted at any time.

    :raises CaseError: no name.
    """
    return replace(case, recipients=(*case.recipients, replace(recipient, name=_one_line(recipient.name, "who"))))


def _open(case: ErasureCase, runs: Iterable[CaseRun]) -> tuple[CaseRun, ...]:
    runs = tuple(runs)
    state = standing(case, runs)
    if state in ("closed", "refused"):
        raise CaseError(f"the case is {state}", todo="reopen it first")
    if state == "running":
        raise CaseError("a run of this case is going on", todo="wait for its end, or stop it")
    return runs


def _one_line(text: str, what: str) -> str:
    line = " ".join(text.split())
    if not line:
        raise CaseError(f"it is not said {what}")
    return line


# As plain data, for the database and for records.


def to_plain(case: ErasureCase) -> dict[str, Any]:
    """JSON-ready: days and times in ISO 8601."""
    return {each.name: _plain(getattr(case, each.name)) for each in fields(case)}


def from_plain(values: Mapping[str, Any]) -> ErasureCase:
    """What :func:`to_plain` made; keys that are not known are left aside.

    :raises ValueError, TypeError, KeyError: it is something else.
    """
    known = {each.name for each in fields(ErasureCase)}
    found = {key: value for key, value in values.items() if key in known}
    for key in ("received", "due", "kept_until"):
        found[key] = date.fromisoformat(found[key]) if found.get(key) else None
    found["closed"] = datetime.fromisoformat(found["closed"]) if found.get("closed") else None
    over = found.get("handed_over")
    found["handed_over"] = HandOver(**_of_result(over)) if isinstance(over, dict) else None
    imported = found.get("imported")
    if isinstance(imported, dict):
        found["imported"] = Imported(datetime.fromisoformat(imported["at"]), str(imported["file"]))
    found["approvals"] = tuple(Approval(name=each["name"], **_of_result(each)) for each in found.get("approvals", ()))
    found["recipients"] = tuple(
        Recipient(each["name"], date.fromisoformat(each["on"]), each["how"], bool(each.get("brought", False)))
        for each in found.get("recipients", ())
    )
    found["purges"] = tuple(
        Purge(datetime.fromisoformat(raw["at"]), tuple(raw["removed"]), tuple(raw["left"]), raw.get("brought") is True)
        for raw in found.get("purges", ())
    )
    return ErasureCase(**found)


def _of_result(raw: Mapping[str, Any]) -> dict[str, Any]:
    at, brought = datetime.fromisoformat(raw["at"]), bool(raw.get("brought", False))  # later than the first versions
    return {"at": at, "run": int(raw["run"]), "seal": raw["seal"], "brought": brought}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "__dataclass_fields__"):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return value


@dataclass(frozen=True, kw_only=True)
class KeptCase:
    """A case as the database has it.

    :param runs: that belong to it, the oldest first.
    """

    id: int
    created: datetime
    updated: datetime
    case: ErasureCase
    runs: tuple[CaseRun, ...] = field(default=())

    @property
    def state(self) -> CaseState:
        """Where it stands."""
        return standing(self.case, self.runs)

    @property
    def called(self) -> str:
        """``AZ-17``, or ``case 3`` while nobody gave it a reference."""
        return self.case.reference or f"case {self.id}"


def due_words(kept: KeptCase, today: date) -> str:
    """``due 2026-12-29, in 30 days``; empty where no day is set or nothing is left to be done."""
    left = days_left(kept.case, today)
    if left is None or kept.state in ("closed", "refused", "handed over"):
        return ""
    if left == 0:
        when = "today"
    elif left > 0:
        when = f"in {left} day{'s' * (left > 1)}"
    else:
        when = f"{-left} day{'s' * (left < -1)} ago"
    return f"due {kept.case.due}, {when}"
