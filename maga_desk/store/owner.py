"""The one thread that owns the connection. Everybody else hands it work."""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from maga_desk.domain.errors import StoreError
from maga_desk.store.opening import explained, immediate, is_transient

T = TypeVar("T")
Call = Callable[[Database], T]
Write = Callable[[Database], None]

#: Posted writes are gathered for this long, so that there are at most four transactions a second of them.
GATHER_SECONDS = 0.25
#: After a failed transaction (a lock, a full disk) the same writes are tried again this much later.
RETRY_SECONDS = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Call:
    job: Call[Any]
    future: Future[Any]


@dataclass(frozen=True)
class _Post:
    make: Callable[[], Write]
    soon: bool


class _Stop:
    """Ends the loop; nothing is queued behind it."""


class Owner:
    """Runs jobs on the connection that it alone holds, in the order they came.

    :meth:`call` waits for the job's answer. :meth:`post` does not wait: its writes are gathered and committed
    together. What goes wrong with them is raised by the next call or post, or by :meth:`close`, once.

    :param connect: opens the database, on the owner's thread; what it raises is raised here.
    :param last: a write done when closing.
    """

    def __init__(self, path: Path, connect: Callable[[], Database], last: Write) -> None:
        self._path = path
        self._last = last
        self._queue: queue.SimpleQueue[_Call | _Post | _Stop] = queue.SimpleQueue()
        self._door = threading.Lock()  # nothing may enter the queue behind _Stop; also guards the fault
        self._closed = False
        self._fault: Exception | None = None
        self._pending: list[Write] = []
        self._due = 0.0
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._live, args=(connect, opened), name="maga-store", daemon=True)
        self._thread.start()
        opened.result()

    def call(self, job: Call[T]) -> T:
        """Run ``job`` after all that was posted before, and give its answer.

        :raises StoreError: the store is closed, an earlier post failed, or the database cannot be used.
        """
        self._raise_fault()
        future: Future[T] = Future()
        self._enter(_Call(job, future))
        return future.result()

    def post(self, make: Callable[[], Write], *, soon: bool = False, raise_earlier: bool = True) -> None:
        """Queue a write and return at once.

        :param make: called on the owner's thread, outside any transaction; slow reading belongs there.
        :param soon: commit without gathering.
        :param raise_earlier: false leaves an earlier post's failure for the next call to raise.
        :raises StoreError: the store is closed; or an earlier post failed, and then this write is queued all the same.
        """
        self._enter(_Post(make, soon))
        if raise_earlier:
            self._raise_fault()

    def close(self) -> None:
        """Commit what is pending, close the connection, end the thread. Doing it again does nothing.

        :raises StoreError: something posted could not be written.
        """
        with self._door:
            if not self._closed:
                self._closed = True
                self._queue.put(_Stop())
        self._thread.join()
        self._raise_fault()

    def _enter(self, item: _Call | _Post) -> None:
        with self._door:
            if self._closed:
                raise StoreError("the session store is closed", where=str(self._path))
            self._queue.put(item)

    def _raise_fault(self) -> None:
        with self._door:
            fault, self._fault = self._fault, None
        if fault is not None:
            raise fault

    # Below: the owner's thread only.

    def _live(self, connect: Callable[[], Database], opened: Future[None]) -> None:
        try:
            db = connect()
        except BaseException as error:  # handed to the thread that waits in __init__
            opened.set_exception(error)
            return
        opened.set_result(None)
        try:
            self._serve(db)
        finally:
            db.close()

    def _serve(self, db: Database) -> None:
        while True:
            try:
                wait = max(0.0, self._due - time.monotonic()) if self._pending else None
                item = self._queue.get(timeout=wait)
            except queue.Empty:
                self._flush(db)
                continue
            if isinstance(item, _Stop):
                self._end(db)
                return
            if isinstance(item, _Call):
                self._answer(db, item)
            else:
                self._gather(db, item)

    def _gather(self, db: Database, item: _Post) -> None:
        try:
            write = item.make()
        except Exception as error:  # a thread has no caller: kept for the next one
            self._keep(error)
            return
        if not self._pending:
            self._due = time.monotonic() + GATHER_SECONDS
        self._pending.append(write)
        if item.soon or time.monotonic() >= self._due:
            self._flush(db)

    def _answer(self, db: Database, item: _Call) -> None:
        try:
            if self._pending:
                self._flush(db)
                self._raise_fault()
            with explained(self._path):
                item.future.set_result(item.job(db))
        except BaseException as error:  # handed to the thread that waits for the answer
            item.future.set_exception(error)

    def _flush(self, db: Database) -> None:
        batch, self._pending = self._pending, []
        try:
            with immediate(db):
                for write in batch:
                    write(db)
        except sqlite3.Error as error:
            if is_transient(error):
                self._pending = batch
                self._due = time.monotonic() + RETRY_SECONDS
                self._keep(error)
            else:
                self._one_by_one(db, batch)
        except Exception:  # trying each write alone finds the one that failed
            self._one_by_one(db, batch)

    def _one_by_one(self, db: Database, batch: list[Write]) -> None:
        """One bad write must not take the others with it."""
        for write in batch:
            try:
                with immediate(db):
                    write(db)
            except Exception as error:  # a thread has no caller: kept for the next one
                self._keep(error)

    def _keep(self, error: Exception) -> None:
        try:
            with explained(self._path):
                raise error
        except Exception as plain:
            log.warning("a write to the session store failed: %s", plain)
            with self._door:
                self._fault = plain

    def _end(self, db: Database) -> None:
        if self._pending:
            self._flush(db)
        lost = len(self._pending)
        if lost:
            log.error("%d records could not be written to %s", lost, self._path)
        try:
            with immediate(db):
                self._last(db)
        except sqlite3.Error as error:
            self._keep(error)
