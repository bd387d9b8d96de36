"""Rows of sessions. Functions over a connection, for the owner thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database

from maga_desk.domain.errors import StoreError
from maga_desk.domain.sessions import SessionInfo, SessionRecord
from maga_desk.store.specs import card_out, spec_out
from maga_desk.store.values import now, text_in, text_out, when

Columns = Mapping[str, str | int | None]


def insert_session(db: Database, columns: Columns) -> int:
    """Inside a write transaction."""
    at = now()
    values = _encoded({**columns, "created": at, "updated": at})
    names, marks = ", ".join(values), ", ".join("?" for _ in values)
    cursor = db.execute(f"INSERT INTO sessions ({names}) VALUES ({marks})", list(values.values()))
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def update_session(db: Database, session_id: int, columns: Columns) -> None:
    """Inside a write transaction. Looking at another page of a session does not change it.

    :raises StoreError: there is no such session.
    """
    looked_at = set(columns) == {"page"}
    values = _encoded(columns if looked_at else {**columns, "updated": now()})
    pairs = ", ".join(f"{name} = ?" for name in values)
    if db.execute(f"UPDATE sessions SET {pairs} WHERE id = ?", [*values.values(), session_id]).rowcount == 0:
        raise StoreError(f"there is no session {session_id}")


def recent(db: Database, limit: int) -> list[SessionInfo]:
    """The sessions changed last, newest first."""
    rows = db.execute(
        "SELECT id, title, name, created, updated, data, checkpoint, forget, method, train_pictures, test_pictures,"
        " (SELECT count(*) FROM runs WHERE session_id = sessions.id) AS runs,"
        " (SELECT status FROM runs WHERE session_id = sessions.id ORDER BY id DESC LIMIT 1) AS last_status"
        " FROM sessions ORDER BY updated DESC, id DESC LIMIT ?",
        (limit,),
    ).fetchall()
    return [
        SessionInfo(
            id=row["id"],
            title=text_out(row["title"]),
            name=text_out(row["name"]),
            created=when(row["created"]),
            updated=when(row["updated"]),
            data=text_out(row["data"]),
            checkpoint=None if row["checkpoint"] is None else text_out(row["checkpoint"]),
            forget=text_out(row["forget"]),
            method=row["method"],
            train_pictures=row["train_pictures"],
            test_pictures=row["test_pictures"],
            runs=row["runs"],
            last_status=row["last_status"],
        )
        for row in rows
    ]


def record(db: Database, session_id: int) -> SessionRecord:
    """:raises StoreError: there is no such session, or it holds what this version cannot read."""
    row = db.execute(
        "SELECT title, name, page, created, updated, fingerprint, checkpoint_sha256, card, spec FROM sessions"
        " WHERE id = ?",
        (session_id,),
    ).fetchone()
    if row is None:
        raise StoreError(f"there is no session {session_id}")
    return SessionRecord(
        id=session_id,
        title=text_out(row["title"]),
        name=text_out(row["name"]),
        page=text_out(row["page"]),
        created=when(row["created"]),
        updated=when(row["updated"]),
        card=card_out(row["card"], row["fingerprint"], row["checkpoint_sha256"]) if row["card"] else None,
        spec=spec_out(row["spec"], f"session {session_id}"),
    )


def _encoded(columns: Columns) -> dict[str, Any]:
    return {name: text_in(value) if isinstance(value, str) else value for name, value in columns.items()}
