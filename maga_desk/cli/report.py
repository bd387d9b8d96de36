"""``maga-desk report``: the record of an erasure, for people and for programs, signed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from maga_desk.cli.options import FORCE, JSON, PLACE
from maga_desk.cli.show import print_json
from maga_desk.cli.store import session_store
from maga_desk.cli.terminal import echo
from maga_desk.domain import paths
from maga_desk.domain.record import RecordError
from maga_desk.domain.record_folder import PAPER_SIZES, PaperSize
from maga_desk.services.records.reading import RunMaterial, read_folder, read_session
from maga_desk.services.records.writing import write_record
from maga_desk.store.sessions import SessionStore


@click.command("report")
@click.argument("run", metavar="OUT_OR_SESSION", type=PLACE)
@click.option("--out", required=True, type=PLACE, help="The folder to write the record into.")
@click.option(
    "--key",
    "key_file",
    type=PLACE,
    help="The PEM file of the Ed25519 key that signs; made if it is not there. Default: a key in the system's keyring.",
)
@click.option("--checkpoint", type=PLACE, help="The unlearned checkpoint, where it was moved out of the run's folder.")
@click.option("--paper", type=click.Choice(PAPER_SIZES), default="a4", show_default=True, help="Of the PDF.")
@click.option("--why-not-retrained", default="", metavar="TEXT", help="Why retraining was not chosen, for the record.")
@FORCE
@JSON
def report_command(
    run: Path,
    out: Path,
    key_file: Path | None,
    checkpoint: Path | None,
    paper: PaperSize,
    why_not_retrained: str,
    force: bool,
    as_json: bool,
) -> None:
    """Write the record of a finished run: its folder OUT, or the newest finished run of a SESSION, by its id.

    The record is data (record.json), a page (record.html), a PDF, tables, and a signed manifest that names them all.
    The same run gives the same bytes. `maga-desk verify-record` checks it.
    """
    with _found(run, checkpoint) as (material, store):
        written = write_record(
            material,
            out,
            key_file=key_file,
            paper=paper,
            not_retrained=why_not_retrained.strip(),
            force=force,
            store=store,
        )
    if as_json:
        print_json(written.as_dict())
        return
    for asked in written.record.judgement.questions:
        echo(asked.text)
    for note in written.notes:
        echo(note)
    echo(f"{len(written.files)} files and their signed manifest are in {out}; key {written.key_id[:16]}")


def material_of(run: Path, checkpoint: Path | None) -> RunMaterial:
    """What the run left.

    :raises UserError: there is no such run, or it cannot be reported.
    """
    with _found(run, checkpoint) as (material, _):
        return material


@contextmanager
def _found(run: Path, checkpoint: Path | None) -> Iterator[tuple[RunMaterial, SessionStore | None]]:
    """What the run left, with the open database. That is not made for this where there is none.

    :raises UserError: there is no such run, or it cannot be reported.
    """
    text, file = str(run), paths.sessions_file()
    if run.exists() or not (text.isascii() and text.isdigit() and 0 < int(text) < 2**63):
        if not file.exists():
            yield read_folder(run, checkpoint), None
            return
        with session_store("the request behind the run is not in the record") as found:
            yield read_folder(run, checkpoint, found), found
        return
    if not file.exists():
        raise RecordError(f"there is no session {text}: none was kept yet", todo="name a run's folder")
    with SessionStore.open(file) as store:
        yield read_session(store, int(text), checkpoint), store
