"""Takes a run's events as they come; never waits for the disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sqlite_utils import Database

from maga_desk.domain.events import (
    Audited,
    Checkpointed,
    Ended,
    Event,
    Message,
    Opened,
    Proposed,
    Saved,
    Scalars,
    SetAside,
)
from maga_desk.domain.run_folder import CHECKPOINT, KINDS, RESUME
from maga_desk.store import proposal_rows, run_rows
from maga_desk.store.owner import Owner, Write
from maga_desk.store.session_rows import update_session
from maga_desk.store.specs import card_columns
from maga_desk.store.values import json_in


class RunRecorder:
    """Records the events of one run. Safe to use from any one thread at a time.

    Kept are ``Scalars``, ``Checkpointed``, ``Saved``, ``Message``, ``Audited`` and ``Ended`` of the run, and ``Opened``
    (the card) and ``Proposed`` (the proposal) of its session; with ``SetAside`` earlier runs are found where they now
    lie; other events pass unnoticed. Every method returns at
    once; what goes wrong in writing is raised by the next call of anything on the store, or by the store's ``close``.
    """

    def __init__(self, owner: Owner, run_id: int, session_id: int, folder: str, on_end: Callable[[int], None]) -> None:
        """Made by ``SessionStore.start_run``. ``on_end`` gets the run's id when it ends."""
        self.run_id = run_id
        self.session_id = session_id
        self._owner = owner
        self._folder = folder
        self._on_end = on_end
        self._since = time.monotonic()
        self._ended = False

    @property
    def ended(self) -> bool:
        return self._ended

    def record(self, event: Event) -> None:
        """Queue an event's writing.

        :raises StoreError: the store is closed; or an earlier write failed (this event is taken all the same).
        :raises RuntimeError: the run has ended.
        """
        if self._ended:
            raise RuntimeError(f"run {self.run_id} has ended")
        match event:
            case Scalars():
                self._post(run_rows.scalars_write(self.run_id, event))
            case Message():
                self._post(run_rows.message_write(self.run_id, event))
            case Checkpointed(path=path):
                self._owner.post(partial(run_rows.artefact_write, self.run_id, KINDS[RESUME], Path(path)))
            case Saved(path=path):
                self._owner.post(partial(run_rows.artefact_write, self.run_id, KINDS[CHECKPOINT], Path(path)))
            case Audited(report=report):
                self._post(run_rows.report_write(self.run_id, report))
            case SetAside(folder=folder, moved_to=moved_to):
                self._post(run_rows.moved_write(self.run_id, folder, moved_to))
            case Opened(card=card):
                columns = card_columns(card)
                self._post(lambda db: update_session(db, self.session_id, columns))
            case Proposed(proposal=proposal):
                self._post(lambda db: proposal_rows.save(db, self.session_id, proposal))
            case Ended():
                self._end(event)

    def fail(self, text: str) -> None:
        """The run ended with an error; ``text`` becomes one line. Does nothing when it has ended already."""
        if self._ended:
            return
        self._close()
        write = run_rows.end_write(self.run_id, "failed", seconds=self._seconds(), error=" ".join(text.split()))
        # this is called while an error is handled, and another one would hide it
        self._owner.post(lambda: write, soon=True, raise_earlier=False)

    def _end(self, event: Ended) -> None:
        summary = None if event.summary is None else json_in(dict(event.summary))
        write = run_rows.end_write(
            self.run_id, event.status, seconds=self._seconds(), summary=summary, folder=event.folder or None
        )
        folder = Path(event.folder or self._folder)

        def files_and_end() -> Write:
            files = run_rows.folder_write(self.run_id, folder)

            def both(db: Database) -> None:
                files(db)
                write(db)

            return both

        self._close()
        self._owner.post(files_and_end, soon=True)

    def _close(self) -> None:
        self._ended = True
        self._on_end(self.run_id)

    def _post(self, write: Write) -> None:
        self._owner.post(lambda: write)

    def _seconds(self) -> float:
        return time.monotonic() - self._since
