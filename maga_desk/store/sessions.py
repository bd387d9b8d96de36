"""``SessionStore``: the sessions database, for the window and the command line alike."""

from __future__ import annotations

import atexit
import logging
import threading
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from sqlite_utils import Database

from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import WorkspaceCard
from maga_desk.domain.files import sha256_of
from maga_desk.domain.opinion import AnswerKey
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.results import Report
from maga_desk.domain.run_folder import CHECKPOINT
from maga_desk.domain.sessions import (
    EditRecord,
    KeptResult,
    RunInfo,
    RunRecord,
    SessionInfo,
    SessionRecord,
    StoredProposal,
)
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.trials import Trial
from maga_desk.store import opinion_rows, proposal_rows, run_rows, session_rows, trial_rows
from maga_desk.store.cases import CaseStore
from maga_desk.store.erasing import delete_session, erase_answers, finish_wiping, refuse_running
from maga_desk.store.migrations import SCHEMA, Schema
from maga_desk.store.opening import explained, immediate, open_database
from maga_desk.store.owner import Call, Owner, T
from maga_desk.store.presets import StoredPresets
from maga_desk.store.queue import StoredQueue
from maga_desk.store.recorder import RunRecorder
from maga_desk.store.specs import card_columns, spec_columns
from maga_desk.store.values import text_in

log = logging.getLogger(__name__)

_UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What comes of values that somebody else put there."""


class SessionStore:
    """Sessions, proposals, edits and runs in one SQLite file. Any thread may use it; other processes may have it open.

    Every method raises ``StoreError`` when the store is closed or the database cannot be used, and, once, when
    something that a recorder wrote earlier could not be written.
    """

    def __init__(self, path: Path, schema: Schema) -> None:
        """Use :meth:`open`."""
        self.path = path
        self._running: set[int] = set()
        self._running_lock = threading.Lock()
        self._owner = Owner(path, lambda: self._connect(schema), last=self._interrupt_rest)
        self.cases = CaseStore(self._read_runs, self._change, self._owner.call)
        self.queue = StoredQueue(self._read, self._change)
        self.presets = StoredPresets(self._read, self._change)

    @classmethod
    def open(cls, path: Path | str, *, schema: Schema = SCHEMA) -> SessionStore:
        """Open the database, make it if it is not there, and bring it to this program's schema.

        Runs with the status ``running`` whose process has ended become ``interrupted``.

        :raises StoreError: the file is no database, another program's, damaged, newer than this program, or cannot be
            written. It is then left as it was.
        """
        store = cls(Path(path), schema)
        atexit.register(store.close)  # a program that forgets to close loses nothing
        return store

    def close(self) -> None:
        """Write what is pending and let go of the file. A second time it does nothing.

        Runs recorded by this store that have not ended become ``interrupted``.

        :raises StoreError: something recorded earlier could not be written.
        """
        atexit.unregister(self.close)
        self._owner.close()

    def __enter__(self) -> SessionStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Sessions

    def create_session(self, title: str, spec: RunSpec, card: WorkspaceCard | None = None) -> int:
        """A new session; gives its id, which is never used again."""
        columns: dict[str, str | int | None] = {"title": title, **spec_columns(spec)}
        if card is not None:
            columns |= card_columns(card)
        return self._change(lambda db: session_rows.insert_session(db, columns))

    def update_session(
        self,
        session_id: int,
        *,
        spec: RunSpec | None = None,
        card: WorkspaceCard | None = None,
        title: str | None = None,
        name: str | None = None,
        page: str | None = None,
    ) -> None:
        """Replace what is given.

        :param name: what a person calls it; empty takes that back.
        :param page: on which page of the window it was left; does not count as a change of the session.

        :raises StoreError: there is no such session.
        """
        columns: dict[str, str | int | None] = {}
        if spec is not None:
            columns |= spec_columns(spec)
        if card is not None:
            columns |= card_columns(card)
        columns |= {key: text for key, text in (("title", title), ("name", name), ("page", page)) if text is not None}
        self._change(lambda db: session_rows.update_session(db, session_id, columns))

    def recent(self, limit: int = 10) -> list[SessionInfo]:
        """The sessions changed last, newest first. Loads no bulk data."""
        return self._read_runs(lambda db: session_rows.recent(db, limit))

    def session(self, session_id: int) -> SessionRecord:
        """:raises StoreError: there is no such session."""
        return self._read(lambda db: session_rows.record(db, session_id))

    def delete_session(self, session_id: int) -> tuple[Path, ...]:
        """Erase a session, its proposal, edits and runs, so that the file's bytes hold nothing of them.

        :returns: the folders of its runs, which stay on the disk for the caller to delete.
        :raises StoreError: there is no such session, a run of it is going on, or another program keeps old pages.
        """
        return self._owner.call(lambda db: delete_session(db, session_id))

    def is_idle(self, session_id: int) -> bool:
        """That no run of a session is going on.

        :raises StoreError: one is.
        """

        def looked(db: Database) -> bool:
            run_rows.mark_interrupted(db)
            refuse_running(db, session_id)
            return True

        return self._owner.call(looked)

    # Proposals

    def save_proposal(self, session_id: int, proposal: Proposal) -> None:
        """Replace the session's proposal; what a person changed since the last saving goes to the history of edits.

        :raises StoreError: there is no such session.
        """
        self._change(lambda db: proposal_rows.save(db, session_id, proposal))

    def proposal(self, session_id: int) -> StoredProposal | None:
        """The session's proposal as it was saved, ``None`` when there is none."""
        return self._read(lambda db: proposal_rows.load(db, session_id))

    def forget_guidance(self, session_ids: Sequence[int]) -> int:
        """Delete proposals, edits and opinions of these sessions, with the answers behind them; how many labels those
        were. What their old pages hold goes with :meth:`CaseStore.wipe`, or at the next opening.
        """
        return self._change(lambda db: proposal_rows.forget(db, session_ids))

    def edits(self, session_id: int) -> list[EditRecord]:
        """Every change of a cell or a label by hand, oldest first."""
        return self._read(lambda db: proposal_rows.history(db, session_id))

    # Answers of questioned models; this makes the store an AnswerBook

    def known(self, keys: Sequence[AnswerKey]) -> list[float | None]:
        """The remembered answer to each question, ``None`` where there is none."""
        return self._read(lambda db: opinion_rows.known(db, keys))

    def keep(self, keys: Sequence[AnswerKey], p_true: Sequence[float]) -> None:
        """Remember answers; returns when they are in the file."""
        self._change(lambda db: opinion_rows.keep(db, keys, p_true))

    def forget_answers(self) -> int:
        """Erase every remembered answer, from the file's bytes too; how many there were.

        :raises StoreError: another program keeps old pages.
        """
        return self._owner.call(erase_answers)

    # Trials of comparisons; this makes the store a TrialBook

    def known_trial(self, digest: str) -> Trial | None:
        """The trial of this fingerprint, ``None`` when it was never done."""
        return self._read(lambda db: trial_rows.known(db, digest))

    def keep_trial(self, digest: str, trial: Trial) -> None:
        """Keep a trial; returns when it is in the file."""
        self._change(lambda db: trial_rows.keep(db, digest, trial))

    # Runs

    def start_run(self, session_id: int, spec: RunSpec, folder: Path | str) -> RunRecorder:
        """A new run of the session, done by this process.

        :raises StoreError: there is no such session.
        """
        where = str(folder)
        run_id = self._change(lambda db: run_rows.start(db, session_id, spec, where))
        self._has_started(run_id)
        return RunRecorder(self._owner, run_id, session_id, where, self._has_ended)

    def continue_run(self, run_id: int, spec: RunSpec | None = None) -> RunRecorder:
        """Take up a run that was interrupted, cancelled or failed. Steps measured again replace the earlier figures.

        :param spec: what it is now, where it is judged otherwise than before.
        :raises StoreError: there is no such run, or a living process does it.
        """
        self._owner.call(run_rows.mark_interrupted)
        session_id, folder = self._change(lambda db: run_rows.start_again(db, run_id, spec))
        self._has_started(run_id)
        return RunRecorder(self._owner, run_id, session_id, folder, self._has_ended)

    def runs(self, session_id: int) -> list[RunInfo]:
        """The session's runs, newest first. Loads no figures."""
        return self._read_runs(lambda db: run_rows.infos(db, "session_id", session_id))

    def judged_runs(self) -> list[RunInfo]:
        """The runs of all sessions that have a report, newest first. Loads no figures."""
        return self._read_runs(run_rows.judged)

    def results(self) -> list[KeptResult]:
        """The finished runs of all sessions, newest first, with what was exported of each."""
        return self._read_runs(run_rows.results)

    def any_judged(self) -> bool:
        """Whether a run of any session has a report."""
        return self._read(lambda db: db.execute("SELECT 1 FROM runs WHERE report IS NOT NULL").fetchone() is not None)

    def runs_in(self, folder: Path | str) -> list[RunInfo]:
        """The runs that wrote into this folder (as it was given to :meth:`start_run`), newest first."""
        return self._read_runs(lambda db: run_rows.infos(db, "folder", text_in(str(folder))))

    def run(self, run_id: int) -> RunRecord:
        """A run with its figures, messages and artefacts.

        :raises StoreError: there is no such run.
        """
        return self._read_runs(lambda db: run_rows.record(db, run_id))

    def save_judgement(self, run_id: int, spec: RunSpec, report: Report) -> None:
        """Keep a judgement made after the run, and the files of its folder as they are now: all of it or nothing.

        :param spec: the run's, with what it was judged by this time.
        :raises StoreError: there is no such run.
        """
        folder = Path(self.run(run_id).folder)
        checkpoint = folder / CHECKPOINT
        sha256 = sha256_of(checkpoint) if checkpoint.is_file() else None
        judgement = run_rows.judgement_write(run_id, spec, report, sha256)
        files = run_rows.folder_write(run_id, folder)

        def both(db: Database) -> None:
            judgement(db)
            files(db)

        self._change(both)

    def rename_run(self, run_id: int, name: str) -> None:
        """Call a run by a person's name, such as the number of a case; an empty one takes it away.

        :raises StoreError: there is no such run.
        """
        self._change(lambda db: run_rows.rename(db, run_id, name))

    def record_export(self, checkpoint: Path | str, fmt: str, path: Path | str) -> int | None:
        """Note a file exported from a run's checkpoint, with its size and sha256 as they are now.

        :returns: the newest run that wrote the checkpoint; ``None`` when no run of a session did.
        """
        checkpoint = Path(checkpoint)
        return self._note(checkpoint.parent, "export", Path(path), fmt) if checkpoint.name == CHECKPOINT else None

    def note_record(self, folder: Path | str, manifest: Path | str) -> int | None:
        """Note a record of erasure that was written, by its manifest.

        :param folder: of the run that it is of.
        :returns: the newest run in that folder; ``None`` when no run of a session was there.
        """
        return self._note(Path(folder), "record", Path(manifest))

    def _note(self, folder: Path, kind: str, path: Path, fmt: str | None = None) -> int | None:
        folders = {str(each) for each in (folder, folder.absolute(), folder.resolve())}  # it is kept as it was given
        run_id = self._owner.call(lambda db: run_rows.newest_in(db, folders))
        if run_id is not None:
            self._change(run_rows.artefact_write(run_id, kind, path.absolute(), fmt))
        return run_id

    def flush(self) -> None:
        """Wait until everything recorded so far is in the file."""
        self._owner.call(lambda db: None)

    def _change(self, job: Call[T]) -> T:
        def change(db: Database) -> T:
            with immediate(db):
                return job(db)

        return self._owner.call(change)

    def _read_runs(self, job: Call[T]) -> T:
        """Read after looking which of the running runs still have their process."""

        def read(db: Database) -> T:
            run_rows.mark_interrupted(db)
            return job(db)

        return self._read(read)

    def _read(self, job: Call[T]) -> T:
        """What is in the file, where it is what this program wrote.

        :raises StoreError: it is something else.
        """

        def read(db: Database) -> T:
            try:
                return job(db)
            except _UNREADABLE as error:
                log.exception("a database holds values that cannot be read")
                raise StoreError(
                    "holds values that cannot be read", where=str(self.path), todo="choose another file"
                ) from error

        return self._owner.call(read)

    def _connect(self, schema: Schema) -> Database:
        db = open_database(self.path, schema)
        try:
            with explained(self.path):
                run_rows.mark_interrupted(db)
                finish_wiping(db)
        except BaseException:
            db.close()
            raise
        return db

    def _has_started(self, run_id: int) -> None:
        with self._running_lock:
            self._running.add(run_id)

    def _has_ended(self, run_id: int) -> None:
        with self._running_lock:
            self._running.discard(run_id)

    def _interrupt_rest(self, db: Database) -> None:
        with self._running_lock:
            rest = sorted(self._running)
        run_rows.interrupt(db, rest)
