"""The open session's erasure request: shown, changed, and closed in a dialog."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Qt, Signal, Slot

from maga_desk.domain import cases
from maga_desk.domain.cases import ErasureCase, KeptCase, Recipient
from maga_desk.domain.errors import UserError
from maga_desk.services.purging import forget_places, purging
from maga_desk.store.case_rows import Step
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.asking import Say
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.case import CaseDialog
from maga_desk.ui.dialogs.purge import PurgeDialog
from maga_desk.ui.job_view import PURGE, JobView
from maga_desk.ui.main_window import MainWindow
from maga_desk.ui.pages.export import ExportPage

_BY_HAND = tuple(
    each.name
    for each in fields(ErasureCase)
    if each.name not in ("approvals", "recipients", "handed_over", "closed", "refused", "purges")
)
"""Fields of the form; all others come of steps."""


class CaseController(QObject):
    """Connects the dialog and the Export page's line with the store.

    Signals: ``changed()``; ``purged()``; ``export_requested(number)``, ``import_requested()``, of the dialog.
    """

    changed = Signal()
    purged = Signal()
    export_requested = Signal(int)
    import_requested = Signal()

    def __init__(
        self, window: MainWindow, page: ExportPage, desk: Desk, jobs: Jobs, store: SessionStore | None, say: Say
    ) -> None:
        super().__init__(window)
        self._window, self._page, self._desk, self._jobs = window, page, desk, jobs
        self._store, self._say = store, say
        self._dialog: CaseDialog | None = None
        self._number = 0
        page.case_requested.connect(self.open)
        desk.session_changed.connect(self.show_line)
        desk.runs.state_changed.connect(self.show_line)
        desk.runs.result_changed.connect(self.show_line)
        self.changed.connect(self.show_line)
        jobs.changed.connect(self._show_busy)
        self.show_line()

    @Slot()
    def show_line(self) -> None:
        """Say on the Export page where the case of the result stands."""
        kept = self._of_result()
        self._page.show_case("" if kept is None else _line(kept))

    @Slot()
    def open(self) -> None:
        """Show the case of the result in sight, else of the session's next runs; one is made where there is none."""
        session = self._desk.session_id
        if self._store is None or session is None:
            return
        try:
            kept = self._of_result() or self._new(session)
            others = self._store.cases.recent()
        except UserError as error:
            self._say(str(error), "error")
            return
        self._number = kept.id
        dialog = CaseDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self._choose)
        dialog.saved.connect(self._save)
        dialog.approved.connect(lambda name: self._step(lambda c, runs: cases.approved(c, runs, name, _now())))
        dialog.told.connect(
            lambda name, how: self._step(lambda c, _: cases.told(c, Recipient(name, _now().date(), how)))
        )
        dialog.handed_over.connect(lambda: self._step(lambda c, runs: cases.handed_over(c, runs, _now())))
        dialog.closed.connect(lambda: self._step(lambda c, runs: cases.closed(c, runs, _now())))
        dialog.refused.connect(lambda why: self._step(lambda c, runs: cases.refused(c, runs, why)))
        dialog.reopened.connect(lambda: self._step(lambda c, _: cases.reopened(c)))
        dialog.purge_requested.connect(self._ask_purge)
        dialog.export_requested.connect(lambda: self.export_requested.emit(self._number))
        dialog.import_requested.connect(self.import_requested)
        dialog.finished.connect(self._ended)
        self._dialog = dialog
        dialog.show_case(kept, others)
        self._show_busy(PURGE, self._jobs.view(PURGE))
        dialog.open()

    def _of_result(self) -> KeptCase | None:
        """The case of the result in sight, else that of the session's next runs."""
        store, session, run = self._store, self._desk.session_id, self._desk.runs.shown.run_id
        if store is None or session is None:
            return None
        try:
            found = store.cases.of_run(run) if run is not None else None
            return found or store.cases.of_session(session)
        except UserError:  # the run or the session was deleted by another program
            return None

    def _new(self, session: int) -> KeptCase:
        assert self._store is not None
        scope = self._desk.spec.forget.title()
        return self._store.cases.case(self._store.cases.new(ErasureCase(scope=scope), named=False, session_id=session))

    @Slot(int)
    def _choose(self, number: int) -> None:
        """Another case for the result in sight and the session's next runs; 0: a new one."""
        store, session, run = self._store, self._desk.session_id, self._desk.runs.shown.run_id
        if store is None or session is None:
            return
        with self._told():
            if number:
                store.cases.assign_session(session, number)
            else:
                number = self._new(session).id
            if run is not None:
                store.cases.assign_run(run, number)
            self._number = number
            self._show()

    @Slot(object)
    def _save(self, wanted: ErasureCase) -> None:
        """Take the form's fields; what others did to the case meanwhile stays."""
        values = {name: getattr(wanted, name) for name in _BY_HAND}
        self._step(lambda case, _: replace(case, **values))

    def _step(self, step: Step) -> None:
        with self._told():
            assert self._store is not None
            self._store.cases.change(self._number, step)
            self._show()

    @Slot()
    def _ask_purge(self) -> None:
        if self._dialog is None:
            return
        asked = PurgeDialog(self._dialog.which.currentText().partition(":")[0], self._dialog)
        asked.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        asked.finished.connect(lambda: self._purge() if asked.agreed() else None)
        asked.open()

    def _purge(self) -> None:
        """In the background: it reads every kept net, and writes the database anew."""
        store, number = self._store, self._number
        with self._told():
            assert store is not None
            forget_places(store, self._window.places, number)
            self._jobs.start(
                PURGE, lambda _: purging(store, number, _now()), lambda _: None, self._purge_failed, self._purged
            )

    @Slot()
    def _purged(self) -> None:
        self.purged.emit()
        with self._told():
            self._show()

    @Slot(str)
    def _purge_failed(self, why: str) -> None:
        if self._dialog is not None:
            self._dialog.show_fault(why)
        else:
            self._say(why, "error")

    @Slot(str, object)
    def _show_busy(self, purpose: str, view: JobView | None) -> None:
        if purpose == PURGE and self._dialog is not None:
            self._dialog.show_purging("" if view is None else view.words())

    def _show(self) -> None:
        """What became of it."""
        if self._dialog is not None and self._store is not None:
            self._dialog.show_case(self._store.cases.case(self._number), self._store.cases.recent())
        self.changed.emit()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """A mistake is told in the dialog, and nothing is changed."""
        try:
            yield
        except UserError as error:
            if self._dialog is not None:
                self._dialog.show_fault(str(error))

    @Slot()
    def _ended(self) -> None:
        self._dialog = None
        self.changed.emit()


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _line(kept: KeptCase) -> str:
    """``AZ-17: judged, due 2026-12-29, in 30 days``."""
    due = cases.due_words(kept, datetime.now().date())
    return f"{kept.called}: {kept.state}" + (f", {due}" if due else "")
