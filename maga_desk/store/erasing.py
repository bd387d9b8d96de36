"""Deleting a session so that nothing of it stays in the file. Functions over a connection, for the owner thread.

Three things keep deleted text alive in an SQLite file: freed pages and cells (``secure_delete`` zeroes them), old
copies of cells in the unused part of a page (``VACUUM`` writes the file anew), and the log (a ``TRUNCATE`` checkpoint
empties it). What the disk itself keeps of overwritten blocks is beyond a program's reach.
"""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from sqlite_utils import Database

from maga_desk.data.keeping import DiskShelf, owner_of
from maga_desk.domain import paths
from maga_desk.domain.errors import StoreError
from maga_desk.domain.log import empty_log
from maga_desk.store.case_rows import drop_unnamed
from maga_desk.store.opening import immediate
from maga_desk.store.opinion_rows import forget_answers
from maga_desk.store.run_rows import mark_interrupted
from maga_desk.store.values import text_out

_DUE = "erasing"

log = logging.getLogger(__name__)


def delete_session(db: Database, session_id: int) -> tuple[Path, ...]:
    """Remove a session with all that belongs to it, from the file's bytes too; give its runs' folders.

    What opening kept of its pictures goes as well, unless another session has the same pictures.

    :raises StoreError: there is no such session, a run of it is going on, or another program holds on to the log.
    """
    mark_interrupted(db)
    with immediate(db):
        refuse_running(db, session_id)
        folders = db.execute(
            "SELECT folder FROM runs WHERE session_id = ? GROUP BY folder ORDER BY min(id)", (session_id,)
        ).fetchall()
        mine = {data for (data,) in db.execute("SELECT data FROM sessions WHERE id = ?", (session_id,))}
        others = {data for (data,) in db.execute("SELECT DISTINCT data FROM sessions WHERE id != ?", (session_id,))}
        if db.execute("DELETE FROM sessions WHERE id = ?", (session_id,)).rowcount == 0:
            raise StoreError(f"there is no session {session_id}")
        kept, in_use = DiskShelf(paths.kept_dir(), 0), {owner_of(text_out(data)) for data in others}
        for owner in {owner_of(text_out(data)) for data in mine} - in_use:
            kept.forget(owner)
        forget_answers(db, everything=False)
        drop_unnamed(db)
        due_for_wiping(db)
    wipe(db)
    return tuple(Path(text_out(folder)) for (folder,) in folders)


def refuse_running(db: Database, session_id: int) -> None:
    """:raises StoreError: a run of the session is going on."""
    running = db.execute(
        "SELECT id, pid FROM runs WHERE session_id = ? AND status = 'running'", (session_id,)
    ).fetchone()
    if running is not None:
        raise StoreError(
            f"run {running['id']} of this session is going on in process {running['pid']}", todo="cancel it first"
        )


def erase_answers(db: Database) -> int:
    """Remove every remembered answer, from the file's bytes too; how many there were.

    :raises StoreError: another program holds on to the log.
    """
    with immediate(db):
        count = forget_answers(db, everything=True)
        due_for_wiping(db)
    wipe(db)
    return count


def due_for_wiping(db: Database) -> None:
    """Note that something was deleted. Inside a write transaction; :func:`wipe` comes after it."""
    db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, 'due')", (_DUE,))


def finish_wiping(db: Database) -> None:
    """At opening: do what a program that was killed between deleting and wiping left undone."""
    if not db.execute("SELECT 1 FROM meta WHERE key = ?", (_DUE,)).fetchone():
        return
    try:
        wipe(db)
    except (StoreError, sqlite3.OperationalError) as error:  # no reason not to open; the next opening tries again
        log.warning("old pages of a deleted session could not be wiped yet: %s", error)


def wipe(db: Database) -> None:
    """Write the file anew, empty its log, and the program's log, in which names can stand.

    :raises StoreError: another program holds on to the database's log, or the program's cannot be written.
    """
    try:
        empty_log()
    except OSError as error:
        raise StoreError(f"the log cannot be emptied: {error.strerror}", where=str(paths.log_file())) from error
    db.execute("VACUUM")
    busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise StoreError(
            "it is deleted, but another program reads the database and keeps old pages of it",
            todo="close that program and open this one again",
        )
    with immediate(db):
        db.execute("DELETE FROM meta WHERE key = ?", (_DUE,))
