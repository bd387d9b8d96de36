"""Rows of runs: reading them, and the writes of a recorder. Functions over a connection, for the owner thread."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import Message, Scalars, Series
from maga_desk.domain.results import Report
from maga_desk.domain.run_folder import KINDS, RESUME
from maga_desk.domain.sessions import ArtefactRecord, MessageRecord, RunInfo, RunRecord, RunStatus
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.opening import immediate
from maga_desk.store.processes import host, process_mark
from maga_desk.store.specs import spec_in, spec_out
from maga_desk.store.values import json_in, now, text_in, text_out, when

Write = Callable[[Database], None]

_INFO = "id, session_id, status, method, folder, started, ended, seconds, error, pid, report IS NOT NULL"

# Measurements of a net that a run is compared with are kept beside the run's own, under names that begin so.
_REFERENCE = "reference/"
_SERIES: tuple[Series, Series] = ("run", "reference")


def start(db: Database, session_id: int, spec: RunSpec, folder: str) -> int:
    """A new row of a run that this process does. Inside a write transaction."""
    touch(db, session_id)
    cursor = db.execute(
        "INSERT INTO runs (session_id, status, method, folder, started, pid, host, process, spec)"
        " VALUES (?, 'running', ?, ?, ?, ?, ?, ?, ?)",
        (session_id, spec.method.name, text_in(folder), now(), *_here(), spec_in(spec)),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def start_again(db: Database, run_id: int) -> tuple[int, str]:
    """Take an ended run up again in this process; gives its session and folder. Inside a write transaction.

    :raises StoreError: there is no such run, or a living process does it.
    """
    row = db.execute("SELECT status, pid, session_id, folder FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise StoreError(f"there is no run {run_id}")
    if row[0] == "running":
        raise StoreError(f"run {run_id} is still being done by process {row[1]}", todo="cancel it there first")
    db.execute(
        "UPDATE runs SET status = 'running', ended = NULL, seconds = NULL, error = NULL, pid = ?, host = ?, process = ?"
        " WHERE id = ?",
        (*_here(), run_id),
    )
    touch(db, row[2])
    return row[2], text_out(row[3])


def _here() -> tuple[int, str, str]:
    pid = os.getpid()
    return pid, host(), process_mark(pid) or ""


def mark_interrupted(db: Database) -> None:
    """Runs that are said to be running, but whose process is gone or was on another host, become ``interrupted``."""
    rows = db.execute("SELECT id, pid, host, process FROM runs WHERE status = 'running'").fetchall()
    gone = [row[0] for row in rows if not _lives(*row[1:])]
    if gone:
        with immediate(db):
            interrupt(db, gone)


def interrupt(db: Database, run_ids: Iterable[int]) -> None:
    """Inside a write transaction. Runs that ended meanwhile are left as they are."""
    for run_id in run_ids:
        db.execute("UPDATE runs SET status = 'interrupted' WHERE id = ? AND status = 'running'", (run_id,))


def _lives(pid: int, on: str, process: str) -> bool:
    if on != host():
        return False
    mark = process_mark(pid)
    return mark is not None and (not mark or not process or mark == process)


def touch(db: Database, session_id: int) -> None:
    """Note that a session changed.

    :raises StoreError: there is no such session.
    """
    if db.execute("UPDATE sessions SET updated = ? WHERE id = ?", (now(), session_id)).rowcount == 0:
        raise StoreError(f"there is no session {session_id}")


def infos(db: Database, where: str, value: object) -> list[RunInfo]:
    """Runs by one column, newest first."""
    rows = db.execute(f"SELECT {_INFO} FROM runs WHERE {where} = ? ORDER BY id DESC", (value,)).fetchall()
    return [RunInfo(**_info(row)) for row in rows]


def record(db: Database, run_id: int) -> RunRecord:
    """Everything of one run.

    :raises StoreError: there is no such run, or it holds what this version cannot read.
    """
    row = db.execute(f"SELECT {_INFO}, spec, summary, report FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise StoreError(f"there is no run {run_id}")
    spec, summary, report = row[11:]
    return RunRecord(
        **_info(row),
        spec=spec_out(spec, f"run {run_id}"),
        summary=json.loads(summary) if summary else None,
        report=Report.from_dict(json.loads(report)) if report else None,
        scalars=_scalars(db, run_id),
        messages=tuple(
            MessageRecord(when(at), level, text_out(text))
            for at, level, text in db.execute(
                "SELECT at, level, text FROM messages WHERE run_id = ? ORDER BY id", (run_id,)
            ).fetchall()
        ),
        artefacts=tuple(
            ArtefactRecord(kind, text_out(path), size, digest, when(at))
            for kind, path, size, digest, at in db.execute(
                "SELECT kind, path, bytes, sha256, at FROM artefacts WHERE run_id = ? ORDER BY at, path", (run_id,)
            ).fetchall()
        ),
    )


def _info(row: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "id": row[0],
        "session_id": row[1],
        "status": row[2],
        "method": row[3],
        "folder": text_out(row[4]),
        "started": when(row[5]),
        "ended": when(row[6]) if row[6] else None,
        "seconds": row[7],
        "error": text_out(row[8]) if row[8] is not None else None,
        "pid": row[9],
        "has_report": bool(row[10]),
    }


def _scalars(db: Database, run_id: int) -> tuple[Scalars, ...]:
    """The run's own measurements by step, then those of the net that it was compared with."""
    rows = db.execute(
        "SELECT name LIKE ?, step, name, value FROM metrics WHERE run_id = ? ORDER BY 1, step, name",
        (f"{_REFERENCE}%", run_id),
    ).fetchall()
    return tuple(
        Scalars(step, {name.removeprefix(_REFERENCE): _number(value) for *_, name, value in group}, _SERIES[other])
        for (other, step), group in groupby(rows, key=lambda row: row[:2])
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else value  # SQLite keeps NaN as NULL


# Writes of a recorder. Each gives a function that runs inside a write transaction.


def scalars_write(run_id: int, event: Scalars) -> Write:
    """A step that is measured again (a resumed run) replaces what it said before."""
    before = _REFERENCE if event.series == "reference" else ""
    rows = [(run_id, int(event.step), before + name, float(value)) for name, value in event.values.items()]

    def write(db: Database) -> None:
        try:
            db.conn.executemany("INSERT OR REPLACE INTO metrics (run_id, step, name, value) VALUES (?, ?, ?, ?)", rows)
        except sqlite3.IntegrityError as error:
            raise _deleted(run_id) from error

    return write


def message_write(run_id: int, event: Message) -> Write:
    row = (run_id, now(), event.level, text_in(event.text))

    def write(db: Database) -> None:
        try:
            db.execute("INSERT INTO messages (run_id, at, level, text) VALUES (?, ?, ?, ?)", row)
        except sqlite3.IntegrityError as error:
            raise _deleted(run_id) from error

    return write


def report_write(run_id: int, report: Report) -> Write:
    text = json_in(report.as_dict())

    def write(db: Database) -> None:
        if db.execute("UPDATE runs SET report = ? WHERE id = ?", (text, run_id)).rowcount == 0:
            raise _deleted(run_id)
        _touch_by_run(db, run_id)

    return write


def end_write(
    run_id: int,
    status: RunStatus,
    *,
    seconds: float | None,
    summary: str | None = None,
    folder: str | None = None,
    error: str | None = None,
) -> Write:
    """The end of a run.

    :param seconds: by the caller's clock; the summary's own figure wins.
    :param summary: JSON.
    """
    own = json.loads(summary).get("seconds") if summary else None
    values = (
        status,
        now(),
        float(own) if isinstance(own, int | float) else seconds,
        summary,
        None if folder is None else text_in(folder),
        None if error is None else text_in(error),
        run_id,
    )

    def write(db: Database) -> None:
        done = db.execute(
            "UPDATE runs SET status = ?, ended = ?, seconds = ?, summary = ?, folder = coalesce(?, folder), error = ?"
            " WHERE id = ?",
            values,
        )
        if done.rowcount == 0:
            raise _deleted(run_id)
        _touch_by_run(db, run_id)

    return write


def artefact_write(run_id: int, kind: str, path: Path) -> Write:
    """Measures the file at once (outside any transaction: a large one takes a while to hash)."""
    size, digest = _measure(path, hashed=kind != KINDS[RESUME])
    row = (run_id, text_in(str(path)), kind, now(), size, digest)

    def write(db: Database) -> None:
        try:
            db.execute(
                "INSERT OR REPLACE INTO artefacts (run_id, path, kind, at, bytes, sha256) VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
        except sqlite3.IntegrityError as error:
            raise _deleted(run_id) from error

    return write


def folder_write(run_id: int, folder: Path) -> Write:
    """The known files of an ended run's folder as artefacts. A ``resume`` file that is gone is taken from the list."""
    # os.path and not Path: a folder that cannot be looked into must not cost the run its end
    writes = [
        artefact_write(run_id, kind, folder / name) for name, kind in KINDS.items() if os.path.isfile(folder / name)
    ]
    resume = text_in(str(folder / RESUME))
    gone = not os.path.exists(resume)

    def write(db: Database) -> None:
        for one in writes:
            one(db)
        if gone:
            db.execute("DELETE FROM artefacts WHERE run_id = ? AND path = ?", (run_id, resume))

    return write


def _measure(path: Path, *, hashed: bool) -> tuple[int | None, str | None]:
    try:
        if not hashed:
            return path.stat().st_size, None
        with open(path, "rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return stream.tell(), digest
    except (OSError, ValueError):  # ValueError: a path that no file can have
        return None, None


def _touch_by_run(db: Database, run_id: int) -> None:
    db.execute("UPDATE sessions SET updated = ? WHERE id = (SELECT session_id FROM runs WHERE id = ?)", (now(), run_id))


def _deleted(run_id: int) -> StoreError:
    return StoreError(f"run {run_id} was deleted meanwhile, so nothing more of it is kept")
