"""Rows of runs: reading them, and the writes of a recorder. Functions over a connection, for the owner thread."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import Message, Scalars, Series
from maga_desk.domain.files import sha256_of, size_of
from maga_desk.domain.results import Report
from maga_desk.domain.run_folder import KINDS, RESUME
from maga_desk.domain.sessions import ArtefactRecord, KeptResult, MessageRecord, RunInfo, RunRecord, RunStatus
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.summary import rejudged
from maga_desk.store import case_rows
from maga_desk.store.opening import immediate
from maga_desk.store.processes import here, lives
from maga_desk.store.specs import spec_in, spec_out
from maga_desk.store.values import json_in, now, seal, text_in, text_out, when

Write = Callable[[Database], None]

_INFO = "id, session_id, status, method, folder, started, ended, seconds, error, name, forget"

# Measurements of a net that a run is compared with are kept beside the run's own, under names that begin so.
_REFERENCE = "reference/"
_SERIES: tuple[Series, Series] = ("run", "reference")


def start(db: Database, session_id: int, spec: RunSpec, folder: str) -> int:
    """A new row of a run that this process does. Inside a write transaction."""
    touch(db, session_id)
    forget = spec.forget.title()
    case_id = case_rows.case_for(db, session_id, forget)
    cursor = db.execute(
        "INSERT INTO runs (session_id, status, method, folder, started, pid, host, process, spec, forget, case_id)"
        " VALUES (?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (session_id, spec.method.name, text_in(folder), now(), *here(), spec_in(spec), text_in(forget), case_id),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def start_again(db: Database, run_id: int, spec: RunSpec | None = None) -> tuple[int, str]:
    """Take an ended run up again in this process; gives its session and folder. Inside a write transaction.

    :param spec: what it is now, where that has changed (it may be judged otherwise).
    :raises StoreError: there is no such run, or a living process does it.
    """
    row = db.execute("SELECT status, pid, session_id, folder FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise StoreError(f"there is no run {run_id}")
    if row["status"] == "running":
        raise StoreError(f"run {run_id} is still being done by process {row['pid']}", todo="cancel it there first")
    db.execute(
        "UPDATE runs SET status = 'running', ended = NULL, seconds = NULL, error = NULL, pid = ?, host = ?, process = ?"
        " WHERE id = ?",
        (*here(), run_id),
    )
    if spec is not None:
        db.execute("UPDATE runs SET spec = ? WHERE id = ?", (spec_in(spec), run_id))
    touch(db, row["session_id"])
    return row["session_id"], text_out(row["folder"])


def mark_interrupted(db: Database) -> None:
    """Runs with the status ``running`` whose process has ended, or was on another host, become ``interrupted``."""
    rows = db.execute("SELECT id, pid, host, process FROM runs WHERE status = 'running'").fetchall()
    ended = [row["id"] for row in rows if not lives(row["pid"], row["host"], row["process"])]
    if ended:
        with immediate(db):
            interrupt(db, ended)


def interrupt(db: Database, run_ids: Iterable[int]) -> None:
    """Inside a write transaction. Runs that ended meanwhile are left as they are."""
    for run_id in run_ids:
        db.execute("UPDATE runs SET status = 'interrupted' WHERE id = ? AND status = 'running'", (run_id,))


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


def judged(db: Database) -> list[RunInfo]:
    """Runs that have a report, newest first."""
    rows = db.execute(f"SELECT {_INFO} FROM runs WHERE report IS NOT NULL ORDER BY id DESC").fetchall()
    return [RunInfo(**_info(row)) for row in rows]


def results(db: Database) -> list[KeptResult]:
    """The finished runs, newest first, with what was exported of each. Loads no figures."""
    cases = {each.id: each.called for each in case_rows.listed(db, None)}
    exports: dict[int, list[str]] = {}
    for file in db.execute("SELECT run_id, path FROM artefacts WHERE kind = 'export' ORDER BY at, path").fetchall():
        exports.setdefault(file["run_id"], []).append(text_out(file["path"]))
    rows = db.execute(f"SELECT {_INFO}, case_id FROM runs WHERE status = 'finished' ORDER BY id DESC").fetchall()
    return [
        KeptResult(
            id=row["id"],
            title=text_out(row["name"]) or text_out(row["forget"]) or f"run {row['id']}",
            folder=text_out(row["folder"]),
            started=when(row["started"]),
            case=cases.get(row["case_id"], ""),
            exports=tuple(exports.get(row["id"], ())),
        )
        for row in rows
    ]


def record(db: Database, run_id: int) -> RunRecord:
    """Everything of one run.

    :raises StoreError: there is no such run, or it holds what this version cannot read.
    """
    row = db.execute(f"SELECT {_INFO}, spec, summary, report FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise StoreError(f"there is no run {run_id}")
    return RunRecord(
        **_info(row),
        spec=spec_out(row["spec"], f"run {run_id}"),
        summary=json.loads(row["summary"]) if row["summary"] else None,
        report=Report.from_dict(json.loads(row["report"])) if row["report"] else None,
        scalars=_scalars(db, run_id),
        messages=tuple(
            MessageRecord(when(message["at"]), message["level"], text_out(message["text"]))
            for message in db.execute(
                "SELECT at, level, text FROM messages WHERE run_id = ? ORDER BY id", (run_id,)
            ).fetchall()
        ),
        artefacts=tuple(
            ArtefactRecord(
                file["kind"], text_out(file["path"]), file["bytes"], file["sha256"], when(file["at"]), file["format"]
            )
            for file in db.execute(
                "SELECT kind, path, bytes, sha256, at, format FROM artefacts WHERE run_id = ? ORDER BY at, path",
                (run_id,),
            ).fetchall()
        ),
    )


def rename(db: Database, run_id: int, name: str) -> None:
    """Call a run by a person's name. Inside a write transaction.

    :raises StoreError: there is no such run.
    """
    if db.execute("UPDATE runs SET name = ? WHERE id = ?", (text_in(name), run_id)).rowcount == 0:
        raise StoreError(f"there is no run {run_id}")


def newest_in(db: Database, folders: Collection[str]) -> int | None:
    """The newest run that wrote into one of these folders."""
    marks = ", ".join("?" for _ in folders)
    found = db.execute(
        f"SELECT max(id) FROM runs WHERE folder IN ({marks})", [text_in(folder) for folder in folders]
    ).fetchone()
    return None if found[0] is None else int(found[0])


def _info(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "session_id": row["session_id"],
        "status": row["status"],
        "method": row["method"],
        "folder": text_out(row["folder"]),
        "started": when(row["started"]),
        "ended": when(row["ended"]) if row["ended"] else None,
        "seconds": row["seconds"],
        "error": text_out(row["error"]) if row["error"] is not None else None,
        "name": text_out(row["name"]),
        "forget": text_out(row["forget"]),
    }


def _scalars(db: Database, run_id: int) -> tuple[Scalars, ...]:
    """The run's own measurements by step, then those of the net that it was compared with."""
    rows = db.execute(
        "SELECT name LIKE ? AS other, step, name, value FROM metrics WHERE run_id = ? ORDER BY other, step, name",
        (f"{_REFERENCE}%", run_id),
    ).fetchall()
    return tuple(
        Scalars(step, {row["name"].removeprefix(_REFERENCE): _number(row["value"]) for row in group}, _SERIES[other])
        for (other, step), group in groupby(rows, key=itemgetter("other", "step"))
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else value  # SQLite keeps NaN as NULL


# Writes of a recorder. Each gives a function that runs inside a write transaction.


def scalars_write(run_id: int, event: Scalars) -> Write:
    """A step that is measured again (a resumed run) replaces its earlier figures."""
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
        done = db.execute("UPDATE runs SET report = ?, seal = ? WHERE id = ?", (text, seal(text), run_id))
        if done.rowcount == 0:
            raise _deleted(run_id)
        _touch_by_run(db, run_id)

    return write


def judgement_write(run_id: int, spec: RunSpec, report: Report, sha256: str | None) -> Write:
    """Another judgement of an ended run: what it was judged by and every figure, also those in its summary.

    :param sha256: of its checkpoint, whose record names the yardstick; ``None`` where that is not there any more.
    """
    asked, text = spec_in(spec), json_in(report.as_dict())

    def write(db: Database) -> None:
        row = db.execute("SELECT summary FROM runs WHERE id = ?", (run_id,)).fetchone()
        if row is None:
            raise _deleted(run_id)
        before = json.loads(row["summary"]) if row["summary"] else None
        if before and sha256 is not None:
            before["checkpoint_sha256"] = sha256
        summary = json_in(rejudged(before, report)) if before else None
        db.execute(
            "UPDATE runs SET spec = ?, report = ?, seal = ?, summary = ? WHERE id = ?",
            (asked, text, seal(text), summary, run_id),
        )
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


def artefact_write(run_id: int, kind: str, path: Path, fmt: str | None = None) -> Write:
    """Measures the file at once (outside any transaction: a large one takes a while to hash)."""
    size, digest = _measure(path, hashed=kind != KINDS[RESUME])
    row = (run_id, text_in(str(path)), kind, now(), size, digest, fmt)

    def write(db: Database) -> None:
        try:
            db.execute(
                "INSERT OR REPLACE INTO artefacts (run_id, path, kind, at, bytes, sha256, format)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        except sqlite3.IntegrityError as error:
            raise _deleted(run_id) from error

    return write


def folder_write(run_id: int, folder: Path) -> Write:
    """The known files of an ended run's folder as artefacts. A ``resume`` file that was deleted leaves the list."""
    # os.path and not Path: a folder that cannot be looked into must not cost the run its end
    writes = [
        artefact_write(run_id, kind, folder / name) for name, kind in KINDS.items() if os.path.isfile(folder / name)
    ]
    resume = text_in(str(folder / RESUME))
    finished = not os.path.exists(resume)

    def write(db: Database) -> None:
        for one in writes:
            one(db)
        if finished:
            db.execute("DELETE FROM artefacts WHERE run_id = ? AND path = ?", (run_id, resume))

    return write


def moved_write(run_id: int, folder: str, moved_to: str) -> Write:
    """All other runs of a folder, and their files, are now in another one."""
    old, new = text_in(folder), text_in(moved_to)

    def write(db: Database) -> None:
        runs = [row[0] for row in db.execute("SELECT id FROM runs WHERE folder = ? AND id != ?", (old, run_id))]
        for earlier in runs:
            db.execute("UPDATE runs SET folder = ? WHERE id = ?", (new, earlier))
            db.execute(
                "UPDATE artefacts SET path = ? || substr(path, ?) WHERE run_id = ? AND substr(path, 1, ?) = ?",
                (new, len(old) + 1, earlier, len(old), old),
            )

    return write


def _measure(path: Path, *, hashed: bool) -> tuple[int | None, str | None]:
    try:
        return size_of(path), sha256_of(path) if hashed else None
    except (OSError, ValueError):  # ValueError: a path that no file can have
        return None, None


def _touch_by_run(db: Database, run_id: int) -> None:
    db.execute("UPDATE sessions SET updated = ? WHERE id = (SELECT session_id FROM runs WHERE id = ?)", (now(), run_id))


def _deleted(run_id: int) -> StoreError:
    return StoreError(f"run {run_id} was deleted meanwhile, so nothing more of it is kept")
