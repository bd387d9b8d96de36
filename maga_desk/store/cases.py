"""``CaseStore``: the erasure requests in the sessions database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sqlite_utils import Database

from maga_desk.domain.cases import ErasureCase, KeptCase
from maga_desk.store import case_rows, case_transfer
from maga_desk.store.case_rows import Step
from maga_desk.store.case_transfer import Rows
from maga_desk.store.erasing import due_for_wiping, wipe
from maga_desk.store.opening import immediate
from maga_desk.store.owner import Call, T


class StoreAccess(Protocol):
    """How a store reads or changes."""

    def __call__(self, job: Call[T], /) -> T: ...


class CaseStore:
    """Cases of one database; given by :attr:`~maga_desk.store.sessions.SessionStore.cases`.

    Every method raises ``StoreError`` when the store is closed or the database cannot be used.
    """

    def __init__(self, read: StoreAccess, change: StoreAccess, alone: StoreAccess) -> None:
        """Made by the store. ``alone`` runs a job outside of any transaction."""
        self._read, self._change, self._alone = read, change, alone

    def new(self, case: ErasureCase, *, named: bool = True, session_id: int | None = None) -> int:
        """Keep a case; gives its id.

        :param named: a person wrote something of it; one that is not goes with the last of its sessions and runs, and
            is named by the first change.
        :param session_id: the session whose next runs are for it.
        :raises StoreError: there is no such session; nothing is kept.
        """

        def insert(db: Database) -> int:
            number = case_rows.insert(db, case, named=named)
            if session_id is not None:
                case_rows.assign_session(db, session_id, number)
            return number

        return self._change(insert)

    def change(self, case_id: int, step: Step) -> KeptCase:
        """Take a step of :mod:`maga_desk.domain.cases`, given the case and its runs as they are now.

        :raises StoreError: there is no such case. :raises CaseError: the step cannot be taken; nothing changes.
        """
        return self._change(lambda db: case_rows.change(db, case_id, step))

    def case(self, case_id: int) -> KeptCase:
        """:raises StoreError: there is no such case."""
        return self._read(lambda db: case_rows.record(db, case_id))

    def recent(self, limit: int | None = None) -> list[KeptCase]:
        """The cases changed last, newest first; all of them without a limit."""
        return self._read(lambda db: case_rows.listed(db, limit))

    def of_session(self, session_id: int) -> KeptCase | None:
        """The case of the session's next runs.

        :raises StoreError: there is no such session.
        """
        return self._one(lambda db: case_rows.of_session(db, session_id))

    def of_run(self, run_id: int) -> KeptCase | None:
        """The case of a run; ``None`` for runs of earlier versions.

        :raises StoreError: there is no such run.
        """
        return self._one(lambda db: case_rows.of_run(db, run_id))

    def assign_session(self, session_id: int, case_id: int) -> None:
        """The session's next runs are for this case.

        :raises StoreError: one of them does not exist.
        """
        self._change(lambda db: case_rows.assign_session(db, session_id, case_id))

    def assign_run(self, run_id: int, case_id: int) -> None:
        """A run that was done belongs to this case.

        :raises StoreError: one of them does not exist.
        """
        self._change(lambda db: case_rows.assign_run(db, run_id, case_id))

    def taken(self, case_id: int) -> Rows:
        """A case with its runs and their sessions as plain rows, to be put into another database.

        :raises StoreError: there is no such case. :raises CaseError: a run of it is going on.
        """
        return self._read(lambda db: case_transfer.taken(db, case_id))

    def known(self, rows: Rows) -> int | None:
        """The case here that such rows are of; ``None``: it is not here."""
        return self._read(lambda db: case_transfer.known(db, rows))

    def differs(self, case_id: int, rows: Rows) -> bool:
        """Whether a case stands otherwise here than in such rows.

        :raises StoreError: there is no such case, or the rows are of none.
        """
        return self._read(lambda db: case_transfer.differs(db, case_id, rows))

    def has_runs_in(self, folder: str) -> bool:
        """Whether a run of any case lies in a folder or below it."""
        return self._read(lambda db: case_transfer.has_runs_in(db, folder))

    def put(self, rows: Rows, file: str) -> int:
        """Insert such rows, all or none; the case's id here.

        :param file: the name of the file that they came in, which the case remembers.
        :raises CaseError: the case is here already, or a judgement is not the one that its seal is of.
        :raises StoreError: they are of a later version, or do not belong together.
        """
        return self._change(lambda db: case_transfer.put(db, rows, file))

    def delete(self, case_id: int) -> None:
        """Erase a case, from the file's bytes too; its runs stay, and belong to none.

        :raises StoreError: there is no such case, or another program keeps old pages.
        """

        def erase(db: Database) -> None:
            with immediate(db):
                case_rows.delete(db, case_id)
                due_for_wiping(db)
            wipe(db)

        self._alone(erase)

    def wipe(self) -> None:
        """Write the file anew without what was deleted or changed.

        :raises StoreError: another program keeps old pages.
        """
        self._alone(wipe)

    def _one(self, of: Callable[[Database], int | None]) -> KeptCase | None:
        def read(db: Database) -> KeptCase | None:
            case_id = of(db)
            return None if case_id is None else case_rows.record(db, case_id)

        return self._read(read)
