"""``maga-desk verify-record``: whether a record of an erasure holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from maga_desk.cli.means import means_of
from maga_desk.cli.options import JSON, PLACE
from maga_desk.cli.show import follow, print_json
from maga_desk.cli.terminal import echo
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Ended, Event
from maga_desk.domain.record import ErasureRecord
from maga_desk.services.records.checking import CheckedRecord, RecordFinding, check_record
from maga_desk.services.records.rerunning import rerun, spec_to_rerun


@click.command("verify-record")
@click.argument("file", type=PLACE)
@click.option("--checkpoint", type=PLACE, help="The unlearned checkpoint, to compare its hash with the signed one.")
@click.option("--public-key", type=PLACE, help="The public key of who signed, as you got it from them (PEM).")
@click.option("--rerun", "again", is_flag=True, help="Judge the checkpoint anew, and compare within the intervals.")
@click.option("--spec", type=PLACE, help="With --rerun: the run's spec.toml. Default: the one beside the checkpoint.")
@JSON
def verify_record_command(
    file: Path, checkpoint: Path | None, public_key: Path | None, again: bool, spec: Path | None, as_json: bool
) -> int:
    """Check the record whose manifest is FILE, or that lies in the folder FILE.

    Looked at are the signature, the form, the hash of every file, and whether the parts say the same. Exit status: 0 it
    holds, 1 it does not (the lines say which part), 2 it cannot be checked.
    """
    if again and checkpoint is None:
        raise click.UsageError("--rerun needs --checkpoint")
    checked = check_record(file, checkpoint=checkpoint, public_key=public_key)
    if again and checkpoint is not None and checked.holds and checked.record is not None:
        checked = _judged_anew(checked, checked.record, checkpoint, spec, quiet=as_json)
    if as_json:
        findings = [{"part": each.part, "outcome": each.outcome, "text": each.text} for each in checked.findings]
        print_json({"holds": checked.holds, "findings": findings})
    else:
        for each in checked.findings:
            echo(each.line())
        echo("the record holds" if checked.holds else "the record does not hold")
    return 0 if checked.holds else 1


def _judged_anew(
    checked: CheckedRecord, record: ErasureRecord, checkpoint: Path, spec: Path | None, *, quiet: bool
) -> CheckedRecord:
    """With what judging the checkpoint anew has shown."""
    wanted, found = spec_to_rerun(checkpoint, spec), list[RecordFinding]()

    def job(control: RunControl) -> Iterator[Event]:
        found.extend((yield from rerun(record, wanted, checkpoint, control, means_of(None))))
        yield Ended("finished")

    follow(job, quiet=quiet)
    return replace(checked, findings=(*checked.findings, *found))
