"""Rows of the queue. Functions over a connection, for the owner thread; those that change rows are called inside a
write transaction.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from maga_desk.domain.errors import StoreError
from maga_desk.domain.queue import EntryState, Pause, QueueEntry, QueueView, Wish
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.processes import here, lives
from maga_desk.store.specs import spec_columns, spec_out
from maga_desk.store.values import now, text_in, text_out, when

_COLUMNS = (
    "id, session_id, run_id, state, wish, method, forget, data, seed, folder, added, begun, ended, pid, host, process,"
    " reason"
)
_TO_COME = "('waiting', 'held', 'interrupted')"
_OVER = "('finished', 'failed', 'cancelled')"


def add(db: Database, spec: RunSpec, session_id: int | None) -> int:
    """A new entry, behind all others.

    :raises StoreError: there is no such session, or another entry that is to be run writes to the same folder.
    """
    if session_id is not None and not db.execute("SELECT 1 FROM sessions WHERE id = ?", (session_id,)).fetchone():
        raise StoreError(f"there is no session {session_id}")
    words = spec_columns(spec)
    folder = text_in(str(Path(spec.output.dir).resolve()))
    same = db.execute(f"SELECT id FROM queue WHERE folder = ? AND state NOT IN {_OVER}", (folder,)).fetchone()
    if same is not None:
        raise StoreError(
            f"entry {same['id']} of the queue writes there too", where=text_out(folder), todo="choose another folder"
        )
    cursor = db.execute(
        "INSERT INTO queue (session_id, state, place, method, forget, data, seed, folder, added, spec)"
        " VALUES (?, 'waiting', (SELECT coalesce(max(place), 0) + 1 FROM queue), ?, ?, ?, ?, ?, ?, ?)",
        (
            session_id,
            spec.method.name,
            *(text_in(str(words[key])) for key in ("forget", "data")),
            spec.seed,
            folder,
            now(),
            words["spec"],
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def view(db: Database) -> QueueView:
    """The queue as it stands."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM queue ORDER BY state != 'running', state IN {_OVER},"
        f" CASE WHEN state IN {_OVER} THEN '' ELSE printf('%020d', place) END, ended DESC, id DESC"
    ).fetchall()
    row = _runner(db)
    living = row["pid"] is not None and lives(row["pid"], row["host"], row["process"])
    return QueueView(
        tuple(_entry(each) for each in rows),
        row["paused"],
        text_out(row["reason"]),
        row["pid"] if living else None,
        mine=living and _is_here(row),
    )


def entry(db: Database, entry_id: int) -> QueueEntry:
    """:raises StoreError: there is no such entry."""
    return _entry(_row(db, entry_id))


def spec(db: Database, entry_id: int) -> RunSpec:
    """:raises StoreError: there is no such entry, or it was kept by a version whose specs this one cannot read."""
    row = db.execute("SELECT spec FROM queue WHERE id = ?", (entry_id,)).fetchone()
    if row is None:
        raise _unknown(entry_id)
    return spec_out(row["spec"], f"entry {entry_id} of the queue")


def is_behind(db: Database) -> bool:
    """Whether an entry counts as run whose process has ended."""
    rows = db.execute("SELECT pid, host, process FROM queue WHERE state = 'running'").fetchall()
    return any(not lives(*row) for row in rows)


def mark_interrupted(db: Database) -> None:
    """Entries that count as run whose process has ended become ``interrupted``."""
    for row in db.execute("SELECT id, pid, host, process FROM queue WHERE state = 'running'").fetchall():
        if not lives(row["pid"], row["host"], row["process"]):
            _leave(db, row["id"])


# Who runs it


def take_over(db: Database) -> None:
    """This process runs the queue from now on.

    :raises StoreError: another living process does.
    """
    row = _runner(db)
    if row["pid"] is not None and not _is_here(row) and lives(row["pid"], row["host"], row["process"]):
        raise StoreError(
            f"the queue is run by process {row['pid']} already", todo="let that one go on, or end it and try again"
        )
    db.execute("UPDATE queue_runner SET pid = ?, host = ?, process = ?", here())


def let_go(db: Database) -> None:
    """This process no longer runs the queue."""
    if _is_here(_runner(db)):
        db.execute("UPDATE queue_runner SET pid = NULL, host = NULL, process = NULL")


def claim(db: Database) -> QueueEntry | None:
    """The next entry, which this process runs from now on; ``None``: none waits, or the queue is paused.

    What this process left unsettled (the database could not be written) waits again.

    :raises StoreError: this process does not run the queue.
    """
    runner = _runner(db)
    if not _is_here(runner):
        raise StoreError("the queue is run by another program now")
    for left in db.execute("SELECT id FROM queue WHERE state = 'running'").fetchall():
        _leave(db, left["id"])  # only who runs the queue claims, and does so while it runs none
    if runner["paused"]:
        return None
    row = db.execute("SELECT id FROM queue WHERE state IN ('waiting', 'interrupted') ORDER BY place LIMIT 1").fetchone()
    if row is None:
        return None
    db.execute(
        "UPDATE queue SET state = 'running', wish = '', reason = '', ended = NULL, begun = coalesce(begun, ?),"
        " pid = ?, host = ?, process = ? WHERE id = ?",
        (now(), *here(), row["id"]),
    )
    return entry(db, row["id"])


def belongs(db: Database, entry_id: int, session_id: int, run_id: int) -> None:
    """Which run of which session an entry became."""
    db.execute("UPDATE queue SET session_id = ?, run_id = ? WHERE id = ?", (session_id, run_id, entry_id))


def end(db: Database, entry_id: int, state: EntryState, reason: str) -> None:
    """An entry that was run is over. One that was removed meanwhile stays removed."""
    db.execute(
        "UPDATE queue SET state = ?, reason = ?, ended = ?, wish = '', pid = NULL, host = NULL, process = NULL"
        " WHERE id = ?",
        (state, text_in(reason), now(), entry_id),
    )


def put_back(db: Database, entry_id: int, *, held: bool = False, last: bool = False) -> None:
    """An entry that was run is to go on later.

    :param held: once a person lets it go.
    :param last: after all others.
    """
    db.execute(
        "UPDATE queue SET state = ?, wish = '', ended = NULL, pid = NULL, host = NULL, process = NULL WHERE id = ?",
        ("held" if held else "waiting", entry_id),
    )
    if last:
        _to_end(db, entry_id)


# What a person wants


def pause_all(db: Database, paused: Pause, reason: str = "") -> None:
    """Pause all of it, or let it go on (empty)."""
    db.execute("UPDATE queue_runner SET paused = ?, reason = ?", (paused, text_in(reason)))


def pause(db: Database, entry_id: int, wish: Pause) -> None:
    """Pause one entry; ``free``: if it is run, it stops and gives memory back.

    :raises StoreError: there is no such entry, or it is over.
    """
    state = _in(db, entry_id, "running", "waiting", "held", "interrupted")
    if state == "running":
        db.execute("UPDATE queue SET wish = ? WHERE id = ?", (wish, entry_id))
    else:
        db.execute("UPDATE queue SET state = 'held' WHERE id = ?", (entry_id,))


def resume(db: Database, entry_id: int) -> None:
    """Let an entry go on; one that failed or was cancelled waits again, behind all others.

    :raises StoreError: there is no such entry, or it is finished.
    """
    state = _in(db, entry_id, "running", "waiting", "held", "interrupted", "failed", "cancelled")
    if state == "running":
        db.execute("UPDATE queue SET wish = '' WHERE id = ?", (entry_id,))
        return
    db.execute("UPDATE queue SET state = 'waiting', reason = '', ended = NULL WHERE id = ?", (entry_id,))
    if state in ("failed", "cancelled"):
        _to_end(db, entry_id)


def skip(db: Database, entry_id: int) -> None:
    """Let all others go before it. If it is run, it stops and goes on when its turn comes again.

    :raises StoreError: there is no such entry, it is over, or nothing else waits.
    """
    state = _in(db, entry_id, "running", "waiting", "held", "interrupted")
    others = "SELECT 1 FROM queue WHERE state IN ('waiting', 'interrupted') AND id != ?"
    if not db.execute(others, (entry_id,)).fetchone():
        raise StoreError("nothing else waits in the queue", todo="pause it, or cancel it")
    if state == "running":
        db.execute("UPDATE queue SET wish = 'skip' WHERE id = ?", (entry_id,))
    else:
        _to_end(db, entry_id)


def cancel(db: Database, entry_id: int) -> None:
    """Give an entry up; it stays in the list. If it is run, it stops after its step.

    :raises StoreError: there is no such entry, or it is over.
    """
    state = _in(db, entry_id, "running", "waiting", "held", "interrupted")
    if state == "running":
        db.execute("UPDATE queue SET wish = 'cancel' WHERE id = ?", (entry_id,))
    else:
        end(db, entry_id, "cancelled", "")


def remove(db: Database, entry_id: int) -> None:
    """Take an entry off the list. Its run and its folder stay.

    :raises StoreError: there is no such entry, or it is run.
    """
    if _row(db, entry_id)["state"] == "running":
        raise StoreError(f"entry {entry_id} of the queue is being run", todo="cancel it first")
    db.execute("DELETE FROM queue WHERE id = ?", (entry_id,))


def clear(db: Database) -> int:
    """Take all that is over off the list; how many those were."""
    return db.execute(f"DELETE FROM queue WHERE state IN {_OVER}").rowcount


def move(db: Database, entry_id: int, to: int) -> None:
    """Give an entry that is to come another place.

    :param to: among those to come, from 0 on; beyond the end is the end.
    :raises StoreError: there is no such entry, or it is not to come.
    """
    _in(db, entry_id, "waiting", "held", "interrupted")
    rows = db.execute(f"SELECT id FROM queue WHERE state IN {_TO_COME} ORDER BY place, id").fetchall()
    order = [row["id"] for row in rows if row["id"] != entry_id]
    order.insert(max(0, to), entry_id)
    db.conn.executemany("UPDATE queue SET place = ? WHERE id = ?", [(at, each) for at, each in enumerate(order, 1)])


def wish(db: Database, entry_id: int) -> Wish:
    """What is wanted of the entry that is run: of it alone, or else of the whole queue."""
    row = db.execute("SELECT state, wish FROM queue WHERE id = ?", (entry_id,)).fetchone()
    if row is None or row["state"] != "running":
        return "cancel"
    own: Wish = row["wish"]
    paused: Pause = _runner(db)["paused"]
    return own or paused


def _to_end(db: Database, entry_id: int) -> None:
    db.execute("UPDATE queue SET place = (SELECT max(place) + 1 FROM queue) WHERE id = ?", (entry_id,))


def _leave(db: Database, entry_id: int) -> None:
    db.execute(
        "UPDATE queue SET state = 'interrupted', wish = '', pid = NULL, host = NULL, process = NULL WHERE id = ?",
        (entry_id,),
    )


def _runner(db: Database) -> sqlite3.Row:
    row: sqlite3.Row = db.execute("SELECT paused, reason, pid, host, process FROM queue_runner").fetchone()
    return row


def _is_here(row: sqlite3.Row) -> bool:
    return (row["pid"], row["host"], row["process"]) == here()


def _row(db: Database, entry_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(f"SELECT {_COLUMNS} FROM queue WHERE id = ?", (entry_id,)).fetchone()
    if row is None:
        raise _unknown(entry_id)
    return row


def _in(db: Database, entry_id: int, *states: EntryState) -> EntryState:
    """The state of an entry, which must be one of these.

    :raises StoreError: there is no such entry, or it is in another state.
    """
    state: EntryState = _row(db, entry_id)["state"]
    if state not in states:
        raise StoreError(f"entry {entry_id} of the queue is {'being run' if state == 'running' else state} already")
    return state


def _unknown(entry_id: int) -> StoreError:
    return StoreError(f"there is no entry {entry_id} in the queue", todo="'maga-desk queue list' shows what there is")


def _entry(row: sqlite3.Row) -> QueueEntry:
    times: dict[str, Any] = {key: when(row[key]) if row[key] else None for key in ("begun", "ended")}
    return QueueEntry(
        id=row["id"],
        state=row["state"],
        wish=row["wish"],
        method=row["method"],
        forget=text_out(row["forget"]),
        data=text_out(row["data"]),
        seed=row["seed"],
        folder=text_out(row["folder"]),
        added=when(row["added"]),
        **times,
        reason=text_out(row["reason"]),
        session_id=row["session_id"],
        run_id=row["run_id"],
        process=row["pid"],
    )
