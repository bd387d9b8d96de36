"""The request behind a run, as its record has it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from maga_desk.domain.cases import (
    AS_THE_FILE_SAYS,
    Approval,
    KeptCase,
    Purge,
    Recipient,
    approvals_that_count,
    imported_words,
)
from maga_desk.domain.record_parts import RecordCase, RecordEvent


def case_part(kept: KeptCase, run_id: int) -> RecordCase:
    """What is known of the request; of its approvals those of this run's present judgement."""
    case = kept.case
    mine = next((run for run in kept.runs if run.id == run_id), None)
    purges = case.purges
    state = f"refused: {case.refused}" if case.refused else kept.state
    return RecordCase(
        reference=case.reference,
        ground=case.ground,
        received=_day(case.received),
        due=_day(case.due),
        scope=case.scope,
        handler=case.handler,
        state="; ".join(filter(None, (state, imported_words(case)))),
        approvals_needed=case.approvals_needed,
        approvals=tuple(
            RecordEvent(name=_said(each.name, each), at=_moment(each.at)) for each in approvals_that_count(case, mine)
        ),
        told=tuple(
            RecordEvent(name=_said(f"{each.name} ({each.how})" if each.how else each.name, each), at=_day(each.on))
            for each in case.recipients
        ),
        purged=tuple(_said(f"{_day(purge.at.date())}: {line}", purge) for purge in purges for line in purge.removed),
        purged_at=_moment(purges[-1].at) if purges else "",
        out_of_reach=tuple(
            _said(f"{_day(purge.at.date())}: {line}", purge) for purge in purges[-1:] for line in purge.left
        ),
        record_until=_day(case.kept_until),
    )


def _said(text: str, of: Approval | Recipient | Purge) -> str:
    """A record must not sign as known here what an imported file says."""
    return f"{text} ({AS_THE_FILE_SAYS})" if of.brought else text


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
