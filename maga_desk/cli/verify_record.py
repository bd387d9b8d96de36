"""``maga-desk verify-record``: whether a record of an erasure holds."""

from __future__ import annotations

from pathlib import Path

import click

from maga_desk.cli.options import PLACE
from maga_desk.cli.show import print_json
from maga_desk.cli.terminal import echo
from maga_desk.services.records.checking import check_record


@click.command("verify-record")
@click.argument("file", type=PLACE)
@click.option("--checkpoint", type=PLACE, help="The unlearned checkpoint, to compare its hash with the signed one.")
@click.option("--public-key", type=PLACE, help="The public key of who signed, as you got it from them (PEM).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify_record_command(file: Path, checkpoint: Path | None, public_key: Path | None, as_json: bool) -> int:
    """Check the record whose manifest is FILE, or that lies in the folder FILE.

    Looked at are the signature, the form, the hash of every file, and whether the parts say the same. Exit status: 0 it
    holds, 1 it does not (the lines say which part), 2 it cannot be checked.
    """
    checked = check_record(file, checkpoint=checkpoint, public_key=public_key)
    if as_json:
        findings = [{"part": each.part, "outcome": each.outcome, "text": each.text} for each in checked.findings]
        print_json({"holds": checked.holds, "findings": findings})
    else:
        for each in checked.findings:
            echo(each.line())
        echo("the record holds" if checked.holds else "the record does not hold")
    return 0 if checked.holds else 1
