"""Opening the database file: what it must be, how the connection is set up, and what its faults mean to a person."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
import struct
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database

from maga_desk.domain.errors import MAKE_ROOM, StoreError, StoreFullError
from maga_desk.store.migrations import APPLICATION_ID, Schema, migrate

#: How long a writer waits for another process before it gives up, in seconds.
BUSY_SECONDS = 10.0

_PERMISSIONS = ("cannot be opened for writing", "check the permissions of the file and of its folder")
_FAULTS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_NOTADB: ("is no session database", "choose another file, or move this one away"),
    sqlite3.SQLITE_CORRUPT: ("the session database is damaged", "move it away; a new one will be made"),
    sqlite3.SQLITE_READONLY: _PERMISSIONS,
    sqlite3.SQLITE_PERM: _PERMISSIONS,
    sqlite3.SQLITE_CANTOPEN: _PERMISSIONS,
    sqlite3.SQLITE_BUSY: ("another program keeps it locked", "close that program and try again"),
    sqlite3.SQLITE_LOCKED: ("another program keeps it locked", "close that program and try again"),
    sqlite3.SQLITE_FULL: ("cannot be written: the disk is full", MAKE_ROOM),
    sqlite3.SQLITE_IOERR: ("cannot be read or written: disk I/O error", "check the disk"),
}
_LEAST_ROOM = 2**18  # bytes: a new database, its log and the index of that
_TRANSIENT = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}
)


def open_database(path: Path, schema: Schema) -> Database:
    """Open or make the database and bring it to ``schema``; the connection belongs to the calling thread.

    :raises StoreError: it is no database, another program's, damaged, newer than ``schema``, or cannot be written.
        In these cases the file keeps its bytes.
    """
    _make_file(path)
    try:
        with explained(path):
            _refuse_foreign(path, schema)
            connection = _connect(path, "rw")
            try:
                return _prepared(connection, schema)
            except BaseException:
                connection.close()
                raise
    except sqlite3.Error as error:  # a header that SQLite does not understand, tables that are not ours
        what, todo = f"is damaged ({error})", _FAULTS[sqlite3.SQLITE_CORRUPT][1]
        raise StoreError(what, where=str(path), todo=todo) from error


@contextmanager
def immediate(db: Database) -> Iterator[None]:
    """A write transaction. It takes the write lock first: a read that turns into a write fails at once in WAL mode."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.rollback()
        raise
    try:
        db.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """SQLite's errors that a person can do something about become a :class:`StoreError`; the others pass."""
    try:
        yield
    except sqlite3.Error as error:
        known = _FAULTS.get(_code(error))
        if known is None:
            raise
        if _code(error) == sqlite3.SQLITE_FULL or (_code(error) == sqlite3.SQLITE_IOERR and _has_no_room(path)):
            what, todo = _FAULTS[sqlite3.SQLITE_FULL]
            raise StoreFullError(what, where=str(path), todo=todo) from error
        raise StoreError(known[0], where=str(path), todo=known[1]) from error


def _has_no_room(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _LEAST_ROOM
    except OSError:
        return False


def is_transient(error: sqlite3.Error) -> bool:
    """Whether the same write may succeed later: a lock, a full disk."""
    return _code(error) in _TRANSIENT


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Names of pictures and a model's answers about them are private: nobody else may read a new file.
        # SQLite gives its log files the same permissions.
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        plain = stat.S_ISREG(os.fstat(handle).st_mode)
        os.close(handle)
        if not plain:  # a pipe would be read for ever
            raise OSError(errno.EINVAL, "it is no plain file")
    except OSError as error:
        raise StoreError(
            f"sessions cannot be kept there: {error.strerror or error}", where=str(path), todo=_PERMISSIONS[1]
        ) from error


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def _refuse_foreign(path: Path, schema: Schema) -> None:
    with open(path, "rb") as stream:
        header = stream.read(100)
    if not header:
        return  # new
    if not header.startswith(b"SQLite format 3\0"):  # SQLite itself takes a very short file for an empty one
        what, todo = _FAULTS[sqlite3.SQLITE_NOTADB]
        raise StoreError(what, where=str(path), todo=todo)
    application, version, tables = _identity(path, header)
    if application != APPLICATION_ID and (application or tables):
        raise StoreError("is a database of another program", where=str(path), todo="choose another file")
    if version > schema.version:
        raise StoreError(
            f"was written by a newer MaGA Desk (schema {version}, this one knows {schema.version})",
            where=str(path),
            todo="update the program",
        )


def _identity(path: Path, header: bytes) -> tuple[int, int, int]:
    """Application id, schema version, and zero when there is no table."""
    log = path.resolve().with_name(path.resolve().name + "-wal")
    if len(header) == 100 and not (log.exists() and log.stat().st_size):
        # Reading the header (https://www.sqlite.org/fileformat.html) leaves no trace; a connection makes log files.
        tables, version, application = (struct.unpack_from(">I", header, at)[0] for at in (40, 60, 68))
        return application, version, tables
    # What a killed program left in the log counts too. A read-only connection does not fold it into the file.
    with closing(_connect(path, "ro")) as connection:
        found: tuple[int, int, int] = connection.execute(
            "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)"
            " FROM pragma_application_id, pragma_user_version"
        ).fetchone()
    return found


def _prepared(connection: sqlite3.Connection, schema: Schema) -> Database:
    # execute_plugins=False: whatever sqlite-utils plugins are installed have no business in this connection.
    db = Database(connection, execute_plugins=False)
    connection.row_factory = sqlite3.Row  # columns by name
    for pragma in ("foreign_keys = ON", "secure_delete = ON", "synchronous = NORMAL", "trusted_schema = OFF"):
        db.execute(f"PRAGMA {pragma}")
    _to_wal(db)
    with immediate(db):  # also proves that the file can be written
        if db.execute("PRAGMA user_version").fetchone()[0] < schema.version:
            migrate(db, schema)
    return db


def _to_wal(db: Database) -> None:
    # Two processes that open a fresh file meet here; SQLite does not wait by itself for this lock.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.enable_wal()
            return
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
