"""``maga-desk sessions``: what was done on this machine."""

from __future__ import annotations

from typing import Any

import click

from maga_desk.cli.show import print_json
from maga_desk.domain import paths
from maga_desk.store.sessions import SessionStore


@click.command("sessions")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many, newest first.")
@click.option("--delete", "delete_id", type=int, metavar="ID", help="Erase a session and its figures for good.")
@click.option("--forget-answers", is_flag=True, help="Erase what questioned models answered; sessions stay.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def sessions_command(limit: int, delete_id: int | None, forget_answers: bool, as_json: bool) -> None:
    """List the sessions of this machine with their runs, or erase one."""
    store = SessionStore.open(paths.sessions_file())
    try:
        if delete_id is not None:
            folders = store.delete_session(delete_id)
            _tell_deleted(delete_id, [str(folder) for folder in folders], as_json)
            return
        if forget_answers:
            count = store.forget_answers()
            print_json({"forgotten_answers": count}) if as_json else click.echo(f"{count} answers are erased")
            return
        rows = [_row(store, info) for info in store.recent(limit)]
    finally:
        store.close()
    if as_json:
        print_json({"sessions": rows})
        return
    if not rows:
        click.echo("no sessions yet")
    for row in rows:
        click.echo(f"{row['id']:>4}  {row['updated']:<20} {row['title']}")
        for run in row["runs"]:
            click.echo(f"          run {run['id']}: {run['method']}, {run['status']}, {run['folder']}")


def _row(store: SessionStore, info: Any) -> dict[str, Any]:
    runs = [
        {"id": run.id, "method": run.method, "status": run.status, "folder": str(run.folder)}
        for run in store.runs(info.id)
    ]
    return {"id": info.id, "title": info.title, "updated": str(info.updated)[:19], "runs": runs}


def _tell_deleted(number: int, folders: list[str], as_json: bool) -> None:
    if as_json:
        print_json({"deleted": number, "folders_left": folders})
        return
    click.echo(f"session {number} is erased")
    for folder in folders:
        click.echo(f"its run's folder is still there: {folder}")
