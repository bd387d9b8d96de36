"""``maga-desk sessions``: what was done on this machine."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from maga_desk.cli.options import JSON
from maga_desk.cli.show import print_json
from maga_desk.cli.terminal import echo
from maga_desk.domain import paths
from maga_desk.domain.durations import exact
from maga_desk.domain.places import Places
from maga_desk.domain.resolved import RESOLVED
from maga_desk.domain.resolved import lines as used_lines
from maga_desk.domain.sessions import EditRecord, RunRecord, SessionInfo, StoredProposal
from maga_desk.domain.settings import SettingsFile
from maga_desk.services.purging import delete_session
from maga_desk.store.sessions import SessionStore

ID = click.IntRange(1, 2**63 - 1)
"""What a database can count to."""

MOST = click.IntRange(1, 1_000_000)


@click.command("sessions")
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000), default=20, show_default=True, help="How many, newest first."
)
@click.option("--show", "show_id", type=ID, metavar="ID", help="All that is kept of a session: who set which label "
              "and when, its runs with their messages, every file with its hash.")  # fmt: skip
@click.option("--delete", "delete_id", type=ID, metavar="ID", help="Erase a session and its figures for good.")
@click.option("--forget-answers", is_flag=True, help="Erase what questioned models answered; sessions stay.")
@JSON
def sessions_command(
    limit: int, show_id: int | None, delete_id: int | None, forget_answers: bool, as_json: bool
) -> None:
    """List the sessions of this machine with their runs, show one whole, or erase one."""
    with SessionStore.open(paths.sessions_file()) as store:
        if delete_id is not None:
            folders = [str(folder) for folder in delete_session(store, Places(SettingsFile()), delete_id)]
            result, lines = {"deleted": delete_id, "folders_left": folders}, _deleted_lines(delete_id, folders)
        elif forget_answers:
            count = store.forget_answers()
            result, lines = {"forgotten_answers": count}, [f"{count} answers are erased"]
        elif show_id is not None:
            result = _whole(store, show_id)
            lines = _whole_lines(result)
        else:
            rows = [_row(store, info) for info in store.recent(limit)]
            result, lines = {"sessions": rows}, [line for row in rows for line in _row_lines(row)]
    if as_json:
        print_json(result)
    else:
        echo("\n".join(lines or ["no sessions yet"]))


def _deleted_lines(number: int, folders: list[str]) -> list[str]:
    return [f"session {number} is erased", *(f"its run's folder is still there: {folder}" for folder in folders)]


def _row(store: SessionStore, info: SessionInfo) -> dict[str, Any]:
    return {
        "id": info.id,
        "title": info.called,
        "created": _time(info.created),
        "updated": _time(info.updated),
        "data": info.data,
        "checkpoint": info.checkpoint,
        "forget": info.forget,
        "method": info.method,
        "train_pictures": info.train_pictures,
        "test_pictures": info.test_pictures,
        "runs": [
            {"id": run.id, "method": run.method, "status": run.status, "folder": run.folder}
            for run in store.runs(info.id)
        ],
    }


def _row_lines(row: dict[str, Any]) -> list[str]:
    runs = (f"          run {run['id']}: {run['method']}, {run['status']}, {run['folder']}" for run in row["runs"])
    return [f"{row['id']:>4}  {row['updated']:<20} {row['title']}", *runs]


def _whole(store: SessionStore, session_id: int) -> dict[str, Any]:
    """All that is kept of a session, as plain data.

    :raises StoreError: there is no such session.
    """
    record, proposal = store.session(session_id), store.proposal(session_id)
    card = record.card
    return {
        "id": session_id,
        "title": record.title,
        "created": _time(record.created),
        "updated": _time(record.updated),
        "data": record.spec.data.path or record.spec.data.source,
        "fingerprint": (card.fingerprint if card else "") or None,
        "checkpoint": card.checkpoint if card else record.spec.model.checkpoint,
        "checkpoint_sha256": (card.checkpoint_sha256 if card else "") or None,
        "forget": record.spec.forget.title() or None,
        "guidance": _guidance(proposal) if proposal else None,
        "edits": [_edit(edit) for edit in store.edits(session_id)],
        "runs": [_run(store.run(info.id)) for info in reversed(store.runs(session_id))],
    }


def _guidance(stored: StoredProposal) -> dict[str, Any]:
    by_hand = [label for label in stored.labels if label.source == "user"]
    return {
        "proposer": stored.proposer,
        "combine": stored.combine,
        "proposed": _time(stored.proposed_at),
        "changed": _time(stored.updated),
        "pictures": len(stored.labels),
        "labels_by_hand": [
            {
                "picture": label.picture,
                "true": label.true,
                "proposed": label.proposed,
                "label": label.label,
                "at": _time(label.at),
            }
            for label in by_hand
        ],
        "labels_agreed": [
            {"picture": label.picture, "true": label.true, "label": label.label, "at": _time(label.at)}
            for label in stored.labels
            if label.accepted
        ],
    }


def _edit(edit: EditRecord) -> dict[str, Any]:
    return {
        "at": _time(edit.at),
        "kind": edit.kind,
        "subject": edit.subject,
        "column": edit.column,
        "before": edit.before,
        "after": edit.after,
    }


def _run(run: RunRecord) -> dict[str, Any]:
    return {
        "id": run.id,
        "method": run.method,
        "status": run.status,
        "started": _time(run.started),
        "ended": _time(run.ended) if run.ended else None,
        "seconds": run.seconds,
        "error": run.error,
        "folder": run.folder,
        "metrics": (run.summary or {}).get("metrics"),
        "judged": run.report is not None,
        "resolved": (run.summary or {}).get(RESOLVED) or None,
        "messages": [{"at": _time(each.at), "level": each.level, "text": each.text} for each in run.messages],
        "files": [
            {
                "kind": file.kind,
                "format": file.format,
                "path": file.path,
                "bytes": file.bytes,
                "sha256": file.sha256,
                "at": _time(file.at),
            }
            for file in run.artefacts
        ],
    }


def _whole_lines(whole: dict[str, Any]) -> list[str]:
    lines = [
        f"session {whole['id']}: {whole['title']}",
        f"  created {whole['created']}, last changed {whole['updated']} (UTC)",
        f"  pictures: {whole['data']}, fingerprint {whole['fingerprint'] or 'not kept'}",
        f"  checkpoint: {whole['checkpoint']}, sha256 {whole['checkpoint_sha256'] or 'not kept'}",
    ]
    if (guidance := whole["guidance"]) is not None:
        lines.append(
            f"  labels: {guidance['pictures']} proposed by {guidance['proposer']} ({guidance['combine']}) at "
            f"{guidance['proposed']}; {len(guidance['labels_by_hand'])} set by hand, "
            f"{len(guidance['labels_agreed'])} agreed to"
        )
    lines += [f"  {edit['at']}  {_edit_text(edit)}" for edit in whole["edits"]]
    for run in whole["runs"]:
        lines += _run_lines(run)
    return lines


def _edit_text(edit: dict[str, Any]) -> str:
    what = (
        f"likeness of {edit['subject']} to {edit['column']}"
        if edit["kind"] == "cell"
        else f"label of {edit['subject']}"
    )
    before, after = ("as proposed" if value is None else str(value) for value in (edit["before"], edit["after"]))
    return f"{what}: {before} -> {after}"


def _run_lines(run: dict[str, Any]) -> list[str]:
    took = f", {exact(run['seconds'])}" if run["seconds"] is not None else ""
    fault = f": {run['error']}" if run["error"] else ""
    lines = [f"  run {run['id']}: {run['method']}, {run['status']}{took}{fault}", f"    in {run['folder']}"]
    lines += [f"    {line}" for line in used_lines(run["resolved"] or {})]
    lines += [f"    {each['at']}  {each['level']}: {each['text']}" for each in run["messages"]]
    for file in run["files"]:
        kind = f"{file['kind']} ({file['format']})" if file["format"] else file["kind"]
        size = "missing" if file["bytes"] is None else f"{file['bytes']:,} bytes"
        lines.append(f"    {kind}: {file['path']}, {size}, sha256 {file['sha256'] or 'not kept'}")
    return lines


def _time(at: datetime) -> str:
    """To the second, in UTC."""
    return str(at)[:19]
