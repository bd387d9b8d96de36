"""Rows of erasure requests. Functions over a connection, for the owner thread."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable

from sqlite_utils import Database

from maga_desk.domain.cases import CaseRun, ErasureCase, KeptCase, from_plain, to_plain
from maga_desk.domain.errors import StoreError
from maga_desk.store.values import json_in, now, text_out, when

_RUNS = "SELECT id, status, seal, case_id FROM runs WHERE case_id IS NOT NULL"
Step = Callable[[ErasureCase, tuple[CaseRun, ...]], ErasureCase]
"""What a person does with a case, from :mod:`maga_desk.domain.cases`."""


def insert(db: Database, case: ErasureCase, *, named: bool = True) -> int:
    """A new case; its id is never used again. Inside a write transaction.

    :param named: by a person; one that is not goes with the last of its runs.
    """
    at = now()
    cursor = db.execute(
        "INSERT INTO cases (created, updated, named, content) VALUES (?, ?, ?, ?)", (at, at, named, _content(case))
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def case_for(db: Database, session_id: int, scope: str) -> int:
    """The case of a session's next run. Without one a case is made that a person can fill in later.

    Inside a write transaction.
    """
    found: int | None = db.execute("SELECT case_id FROM sessions WHERE id = ?", (session_id,)).fetchone()[0]
    if found is not None:
        return found
    made = insert(db, ErasureCase(scope=scope.encode("utf-8", "replace").decode()), named=False)
    db.execute("UPDATE sessions SET case_id = ? WHERE id = ?", (made, session_id))
    return made


def change(db: Database, case_id: int, step: Step) -> KeptCase:
    """Take a step. Inside a write transaction.

    :raises StoreError: there is no such case. :raises CaseError: the step cannot be taken.
    """
    kept = record(db, case_id)
    case = step(kept.case, kept.runs)
    if case != kept.case:
        db.execute(
            "UPDATE cases SET updated = ?, named = 1, content = ? WHERE id = ?", (now(), _content(case), case_id)
        )
    return record(db, case_id)


def record(db: Database, case_id: int) -> KeptCase:
    """:raises StoreError: there is no such case."""
    row = db.execute("SELECT id, created, updated, content FROM cases WHERE id = ?", (case_id,)).fetchone()
    if row is None:
        raise StoreError(f"there is no case {case_id}")
    return _kept(row, db.execute(f"{_RUNS} AND case_id = ? ORDER BY id", (case_id,)).fetchall())


def listed(db: Database, limit: int | None) -> list[KeptCase]:
    """The cases changed last, newest first; all of them without a limit."""
    rows = db.execute(
        "SELECT id, created, updated, content FROM cases ORDER BY updated DESC, id DESC LIMIT ?",
        (-1 if limit is None else limit,),
    ).fetchall()
    runs: dict[int, list[sqlite3.Row]] = {}
    for run in db.execute(f"{_RUNS} ORDER BY id"):
        runs.setdefault(run["case_id"], []).append(run)
    return [_kept(row, runs.get(row["id"], ())) for row in rows]


def assign_session(db: Database, session_id: int, case_id: int) -> None:
    """The session's next runs are for this case. Inside a write transaction.

    :raises StoreError: one of them does not exist.
    """
    record(db, case_id)
    if db.execute("UPDATE sessions SET case_id = ? WHERE id = ?", (case_id, session_id)).rowcount == 0:
        raise StoreError(f"there is no session {session_id}")
    drop_unnamed(db)


def assign_run(db: Database, run_id: int, case_id: int) -> None:
    """A run that was done belongs to this case. Inside a write transaction.

    :raises StoreError: one of them does not exist.
    """
    record(db, case_id)
    if db.execute("UPDATE runs SET case_id = ? WHERE id = ?", (case_id, run_id)).rowcount == 0:
        raise StoreError(f"there is no run {run_id}")
    drop_unnamed(db)


def of_session(db: Database, session_id: int) -> int | None:
    """The case of a session's next runs; ``None``: one will be made.

    :raises StoreError: there is no such session.
    """
    row = db.execute("SELECT case_id FROM sessions WHERE id = ?", (session_id,)).fetchone()
    if row is None:
        raise StoreError(f"there is no session {session_id}")
    return None if row[0] is None else int(row[0])


def of_run(db: Database, run_id: int) -> int | None:
    """The case of a run; ``None`` for runs of earlier versions.

    :raises StoreError: there is no such run.
    """
    row = db.execute("SELECT case_id FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise StoreError(f"there is no run {run_id}")
    return None if row[0] is None else int(row[0])


def delete(db: Database, case_id: int) -> None:
    """Erase a case; its runs stay, and belong to none. Inside a write transaction.

    :raises StoreError: there is no such case.
    """
    if db.execute("DELETE FROM cases WHERE id = ?", (case_id,)).rowcount == 0:
        raise StoreError(f"there is no case {case_id}")


def drop_unnamed(db: Database) -> None:
    """Cases that nobody wrote anything of go when no session and no run has them. Inside a write transaction."""
    db.execute(
        "DELETE FROM cases WHERE named = 0 AND id NOT IN (SELECT case_id FROM runs WHERE case_id IS NOT NULL)"
        " AND id NOT IN (SELECT case_id FROM sessions WHERE case_id IS NOT NULL)"
    )


def _content(case: ErasureCase) -> str:
    return json_in(to_plain(case))


def _kept(row: sqlite3.Row, runs: Iterable[sqlite3.Row]) -> KeptCase:
    return KeptCase(
        id=row["id"],
        created=when(row["created"]),
        updated=when(row["updated"]),
        case=from_plain(json.loads(text_out(row["content"]))),
        runs=tuple(CaseRun(run["id"], run["status"], run["seal"]) for run in runs),
    )
