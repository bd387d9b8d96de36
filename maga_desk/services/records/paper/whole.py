"""The whole report of a record, as blocks: what both HTML and PDF show."""

from __future__ import annotations

from collections.abc import Callable

from maga_desk.domain.record import ErasureRecord
from maga_desk.services.records.paper import after, done, found
from maga_desk.services.records.paper.blocks import Paper, PaperSection
from maga_desk.services.records.paper.face import face, face_facts
from maga_desk.services.records.paper.values import shortened

SECTIONS: tuple[Callable[[ErasureRecord], PaperSection], ...] = (
    found.questions,
    found.yardstick,
    found.not_looked_at,
    done.case,
    done.scope,
    done.twins,
    done.models,
    done.method,
    done.labels,
    done.sent,
    found.figures,
    found.drawn,
    done.cost,
    done.environment,
    after.purge,
    after.recipients,
    after.about,
    found.definitions,
    after.approvals,
)
"""In the order in which they stand: none is ever left out, and one with nothing to show says so."""

TITLE = "Record of erasure"


def paper_of(record: ErasureRecord) -> Paper:
    """All that a report shows."""
    case = record.case
    reference = (case.reference if case is not None else "") or (f"run {record.run}" if record.run else "no case")
    return Paper(
        title=TITLE,
        subject=shortened(record.title),
        reference=shortened(reference),
        date=record.finished[:10],
        face=face(record),
        facts=face_facts(record),
        sections=tuple(section(record) for section in SECTIONS),
    )
