"""The sections of what came after the run: purge, recipients, how long the record is kept, and who approves it."""

from __future__ import annotations

from maga_desk.domain.record import ErasureRecord
from maga_desk.domain.record_parts import RecordCase
from maga_desk.services.records.paper.blocks import (
    Block,
    Column,
    Heading,
    PaperSection,
    Paragraph,
    Signature,
    code,
    facts,
    table,
)
from maga_desk.services.records.paper.values import listed, on_day

_NO_CASE = RecordCase()


def purge(record: ErasureRecord) -> PaperSection:
    """What the program removed, and what it cannot reach."""
    case = record.case or _NO_CASE
    done = f"Last removed on {on_day(case.purged_at)}:"
    done = done if case.purged_at else "No purge was recorded when this was written."
    blocks: list[Block] = [Paragraph(done)]
    if case.purged:
        blocks.append(listed(case.purged, ""))
    blocks += [
        Heading("Out of the program's reach"),
        listed(
            case.out_of_reach, "Nothing is recorded. Backups and copies that others made are never within its reach."
        ),
    ]
    return PaperSection("purge", "What the program still held of the forgotten", tuple(blocks))


def recipients(record: ErasureRecord) -> PaperSection:
    """Who was told, and when the record itself goes."""
    case = record.case or _NO_CASE
    columns = (Column("Recipient", width=2), Column("Told on", width=1))
    told: Block = (
        table("Recipients who were told", columns, [(each.name, on_day(each.at)) for each in case.told])
        if case.told
        else Paragraph("Nobody is recorded as told.")
    )
    until = facts(("To be deleted, by whoever holds it, on", on_day(case.record_until)))
    return PaperSection("recipients", "Recipients, and how long this record is kept", (told, until))


def approvals(record: ErasureRecord) -> PaperSection:
    """Who approved, and lines to sign on."""
    case = record.case or _NO_CASE
    columns = (Column("Name", width=2), Column("Approved on", width=1))
    needed = max(case.approvals_needed, len(case.approvals), 1)
    blocks: list[Block] = [
        facts(("Approvals needed", f"{case.approvals_needed:,}"), ("Approvals recorded", f"{len(case.approvals):,}"))
    ]
    if case.approvals:
        blocks.append(table("Approvals", columns, [(each.name, on_day(each.at)) for each in case.approvals]))
    blocks += [Heading("Signatures"), Signature("Handled by", case.handler)]
    for number in range(needed):
        known = case.approvals[number] if number < len(case.approvals) else None
        blocks.append(
            Signature("Approved by", known.name if known else "", on_day(known.at) if known and known.at else "")
        )
    return PaperSection("approvals", "Approvals and signatures", tuple(blocks), own_page=True)


def about(record: ErasureRecord) -> PaperSection:
    """What kind of document this is."""
    said = (
        "This report shows the record of the run, which stands beside it (record.json). Where the two differ, the "
        "record counts. The same record gives the same report, byte by byte."
    )
    marks = (
        "A character that cannot be seen, or that would change the text around it, is written as its number: [U+202E]. "
        "The PDF also writes so what its fonts cannot show."
    )
    run = facts(("Fingerprint of the run", code(record.run) if record.run else "not kept"))
    return PaperSection("about", "About this report", (Paragraph(said), Paragraph(marks), run))
