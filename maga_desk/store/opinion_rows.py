"""Rows of opinions and remembered answers. Functions over a connection, for the owner thread."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from sqlite_utils import Database

from maga_desk.domain.opinion import AnswerKey, Opinion
from maga_desk.store.values import array_in, array_out, json_in, now, text_in, text_out

_ARRAYS = ("rows", "p_true", "pictures", "digests")


def save(db: Database, session_id: int, opinions: Sequence[Opinion]) -> None:
    """Replace the opinions behind a session's proposal. Inside a write transaction."""
    db.execute("DELETE FROM opinions WHERE session_id = ?", (session_id,))
    for number, opinion in enumerate(opinions):
        head = {name: value for name, value in vars(opinion).items() if name not in _ARRAYS}
        db.execute(
            "INSERT INTO opinions (session_id, position, head, class_rows, p_true) VALUES (?, ?, ?, ?, ?)",
            (session_id, number, json_in(head), array_in(opinion.rows), array_in(opinion.p_true)),
        )
        digests = opinion.digests or ("",) * len(opinion.pictures)
        db.conn.executemany(
            "INSERT INTO exemplars (session_id, opinion, position, picture, digest) VALUES (?, ?, ?, ?, ?)",
            (
                (session_id, number, i, text_in(name), bytes.fromhex(digest))
                for i, (name, digest) in enumerate(zip(opinion.pictures, digests, strict=True))
            ),
        )


def load(db: Database, session_id: int) -> tuple[Opinion, ...]:
    """Exactly as they were saved."""
    found = []
    rows = db.execute(
        "SELECT position, head, class_rows, p_true FROM opinions WHERE session_id = ? ORDER BY position", (session_id,)
    ).fetchall()
    for number, head, class_rows, p_true in rows:
        pictures = db.execute(
            "SELECT picture, digest FROM exemplars WHERE session_id = ? AND opinion = ? ORDER BY position",
            (session_id, number),
        ).fetchall()
        plain = json.loads(head)
        plain["asked_about"] = tuple(plain["asked_about"])
        digests = tuple(digest.hex() for _, digest in pictures)
        found.append(
            Opinion(
                **plain,
                pictures=tuple(text_out(name) for name, _ in pictures),
                rows=array_out(class_rows),
                p_true=array_out(p_true),
                digests=digests if any(digests) else (),
            )
        )
    return tuple(found)


def known(db: Database, keys: Sequence[AnswerKey]) -> list[float | None]:
    """The remembered answer to each question, ``None`` where there is none."""
    found: list[float | None] = []
    for key in keys:
        row = db.execute("SELECT value FROM answers WHERE picture = ? AND asked = ?", _place(key)).fetchone()
        found.append(None if row is None else float(row[0]))
    return found


def keep(db: Database, keys: Sequence[AnswerKey], values: Sequence[float]) -> None:
    """Inside a write transaction."""
    at = now()
    db.conn.executemany(
        "INSERT OR REPLACE INTO answers (picture, asked, value, at) VALUES (?, ?, ?, ?)",
        ((*_place(key), float(value), at) for key, value in zip(keys, values, strict=True)),
    )


def forget_answers(db: Database, *, everything: bool) -> int:
    """Delete remembered answers: all, or those about pictures of which no session shows an opinion; how many."""
    unused = " WHERE picture NOT IN (SELECT digest FROM exemplars)"
    return int(db.execute("DELETE FROM answers" + ("" if everything else unused)).rowcount)


def _place(key: AnswerKey) -> tuple[bytes, bytes]:
    asked = json.dumps([key.question, key.model, key.revision]).encode()
    return bytes.fromhex(key.picture), hashlib.sha256(asked).digest()
