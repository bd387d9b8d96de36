"""The queue as the window and the command line have it: what waits, who runs it, what a person wants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from sqlite_utils import Database

from maga_desk.domain.errors import StoreError
from maga_desk.domain.queue import EntryState, Pause, QueueEntry, QueueView, Wish
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store import queue_rows
from maga_desk.store.cases import StoreAccess
from maga_desk.store.opening import immediate


class StoredQueue:
    """The rows of the queue; got from ``SessionStore.queue``. Every change is one transaction, of which other processes
    see all or nothing.

    Every method raises ``StoreError`` when the database cannot be used, and where there is no such entry, or nothing of
    the kind can be done with it as it stands.
    """

    def __init__(self, read: StoreAccess, change: StoreAccess) -> None:
        self._read, self._change = read, change

    def add(self, specs: Iterable[RunSpec], session_id: int | None = None) -> list[int]:
        """New entries behind all others, all or none; gives their numbers.

        :param session_id: the session that their runs will belong to; without one, each gets a new one when it begins.
        """
        return self._change(lambda db: [queue_rows.add(db, spec, session_id) for spec in specs])

    def view(self) -> QueueView:
        """The queue as it stands. An entry whose process has ended is ``interrupted`` then."""

        def look(db: Database) -> QueueView:
            if queue_rows.is_behind(db):
                with immediate(db):
                    queue_rows.mark_interrupted(db)
            return queue_rows.view(db)

        return self._read(look)

    def entry(self, entry_id: int) -> QueueEntry:
        return self._read(lambda db: queue_rows.entry(db, entry_id))

    def spec(self, entry_id: int) -> RunSpec:
        return self._read(lambda db: queue_rows.spec(db, entry_id))

    # Running it

    def take_over(self) -> None:
        """This process runs the queue from now on, and no other does.

        :raises StoreError: another living process runs it.
        """
        self._change(queue_rows.take_over)

    def let_go(self) -> None:
        """This process no longer runs the queue."""
        self._change(queue_rows.let_go)

    @contextmanager
    def run_here(self) -> Iterator[None]:
        """Around running the queue in this process.

        :raises StoreError: another living process runs it.
        """
        self.take_over()
        try:
            yield
        finally:
            with suppress(StoreError):  # a process that has ended does not hold it
                self.let_go()

    def claim(self) -> QueueEntry | None:
        """The next entry, now this process's; ``None``: none waits, or the queue is paused."""
        return self._change(queue_rows.claim)

    def belongs(self, entry_id: int, session_id: int, run_id: int) -> None:
        """Which run of which session an entry became."""
        self._change(lambda db: queue_rows.belongs(db, entry_id, session_id, run_id))

    def end(self, entry_id: int, state: EntryState, reason: str = "") -> None:
        """An entry that was run is over."""
        self._change(lambda db: queue_rows.end(db, entry_id, state, reason))

    def put_back(self, entry_id: int, *, held: bool = False, last: bool = False) -> None:
        """An entry that was run is to go on later: once it is let go (``held``), or after all others (``last``)."""
        self._change(lambda db: queue_rows.put_back(db, entry_id, held=held, last=last))

    def wish(self, entry_id: int) -> Wish:
        """What is wanted of the entry that is run; ``cancel`` where it is no longer there."""
        return self._read(lambda db: queue_rows.wish(db, entry_id))

    # What a person wants

    def pause_all(self, how: Pause = "pause", reason: str = "") -> None:
        """Pause all of it; ``free``: what is run stops and gives memory back."""
        self._change(lambda db: queue_rows.pause_all(db, how, reason))

    def resume_all(self) -> None:
        """Let it go on."""
        self._change(lambda db: queue_rows.pause_all(db, ""))

    def pause(self, entry_id: int, how: Pause = "pause") -> None:
        """Pause one entry; ``free``: if it is run, it stops and gives memory back."""
        self._change(lambda db: queue_rows.pause(db, entry_id, how))

    def resume(self, entry_id: int) -> None:
        """Let an entry go on; one that failed or was cancelled waits again, behind all others."""
        self._change(lambda db: queue_rows.resume(db, entry_id))

    def skip(self, entry_id: int) -> None:
        """Let all others go before it; if it is run, it stops and goes on when its turn comes again."""
        self._change(lambda db: queue_rows.skip(db, entry_id))

    def cancel(self, entry_id: int) -> None:
        """Give an entry up; it stays in the list."""
        self._change(lambda db: queue_rows.cancel(db, entry_id))

    def remove(self, entry_id: int) -> None:
        """Take an entry off the list; its run and its folder stay."""
        self._change(lambda db: queue_rows.remove(db, entry_id))

    def clear(self) -> int:
        """Take all that is over off the list; how many those were."""
        return self._change(queue_rows.clear)

    def move(self, entry_id: int, to: int) -> None:
        """Give an entry another place among those to come, from 0 on."""
        self._change(lambda db: queue_rows.move(db, entry_id, to))
