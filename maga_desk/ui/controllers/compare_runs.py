"""Comparing runs of all sessions in a dialog."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Slot

from maga_desk.domain.comparison_table import ComparedRun, comparison_table
from maga_desk.domain.errors import StoreError, UserError
from maga_desk.services.compared_runs import run_of_store
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.asking import Say
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.compare_runs import CompareRunsDialog
from maga_desk.ui.pages.verify import VerifyPage
from maga_desk.ui.runs import run_title
from maga_desk.ui.widgets.verify.run_choice import ChoosableRun


class CompareRunsController(QObject):
    """Opens the dialog with the judged runs of the open session ticked, and reads what is ticked."""

    def __init__(self, page: VerifyPage, desk: Desk, store: SessionStore | None, say: Say) -> None:
        super().__init__(page)
        self._page, self._desk, self._store, self._say = page, desk, store, say
        self._dialog: CompareRunsDialog | None = None
        self._read: dict[int, ComparedRun] = {}
        for changed in (desk.runs.recorded_changed, desk.runs.result_changed):
            changed.connect(self._look)
        desk.runs.judged_changed.connect(self._tell)
        self._look()
        self._tell()

    @Slot()
    def _look(self) -> None:
        """Whether there is anything to compare."""
        try:
            self._desk.runs.set_any_judged(self._store is not None and self._store.any_judged())
        except StoreError as error:
            self._say(str(error), "error")

    @Slot()
    def _tell(self) -> None:
        self._page.set_comparable(self._desk.runs.any_judged)

    @Slot()
    def open(self) -> None:
        """Open the dialog, or bring it to the front."""
        if self._dialog is not None:
            self._dialog.raise_()
            self._dialog.activateWindow()
            return
        if self._store is None:
            return
        try:
            judged = self._store.judged_runs()
            sessions = {info.id: info.called for info in self._store.recent(1_000_000)}
        except StoreError as error:
            self._say(str(error), "error")
            return
        own = [info.id for info in judged if info.session_id == self._desk.session_id]
        self._dialog = dialog = CompareRunsDialog(self._page.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.runs_chosen.connect(self._show)
        dialog.finished.connect(self._closed)
        dialog.set_runs(
            [
                ChoosableRun(
                    info.id,
                    f"#{info.id}  {run_title(info.started, info.method, info.status, info.forget, info.name)}",
                    sessions.get(info.session_id, ""),
                )
                for info in judged
            ],
            own,
        )
        self._show(own)
        dialog.open()

    @Slot(list)
    def _show(self, run_ids: Sequence[int]) -> None:
        """Read what was not read yet; a run that cannot be read is named, the others are shown."""
        if self._dialog is None or self._store is None:
            return
        faults = []
        for run_id in run_ids:
            try:
                if run_id not in self._read:
                    self._read[run_id] = run_of_store(self._store, run_id)
            except UserError as error:
                faults.append(f"Run {run_id} is left out: {error}.")
        found = [self._read[run_id] for run_id in run_ids if run_id in self._read]
        self._dialog.show_table(comparison_table(found), faults)

    @Slot()
    def _closed(self) -> None:
        self._dialog = None
        self._read.clear()
