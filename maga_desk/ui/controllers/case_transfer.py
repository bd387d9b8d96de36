"""Whole cases as files: asked for in a dialog, written and read in the background."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from maga_desk.domain.case_files import SUFFIX
from maga_desk.domain.errors import UserError
from maga_desk.domain.events import Ended, Event
from maga_desk.services.cases.arriving import import_case, pictures_wanted
from maga_desk.services.cases.leaving import export_case
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.asking import Say
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.dialogs.case_transfer import CaseExportDialog, CaseImportDialog
from maga_desk.ui.job_view import CASE
from maga_desk.ui.main_window import MainWindow
from maga_desk.ui.workers.job_thread import Work


class CaseTransferController(QObject):
    """Writes cases to files and brings them in. Signal: ``arrived()``, there are a case and sessions that were not."""

    arrived = Signal()

    def __init__(self, window: MainWindow, jobs: Jobs, store: SessionStore | None, say: Say) -> None:
        super().__init__(window)
        self._window, self._jobs, self._store, self._say = window, jobs, store, say

    @Slot(int)
    def ask_export(self, number: int) -> None:
        """Ask where a case goes."""
        if self._store is None:
            return
        try:
            called = self._store.cases.case(number).called
        except UserError as error:
            self._say(str(error), "error")
            return
        name = re.sub(r"[^\w-]+", "-", called).strip("-") or "case"
        dialog = CaseExportDialog(str(Path.home() / f"{name}{SUFFIX}"), self._before())
        dialog.chosen.connect(lambda path, pictures, replace: self._export(number, path, pictures, replace))
        self._open(dialog)

    @Slot()
    def ask_import(self) -> None:
        """Ask which case is brought in."""
        if self._store is None:
            self._say("There is no session database to keep it in.", "error")
            return
        dialog = CaseImportDialog(self._before())
        dialog.looked_for.connect(partial(self._look, dialog))
        dialog.chosen.connect(self._import)
        self._open(dialog)

    def _before(self) -> QWidget:
        """What the dialog is put before: the case's own dialog, where that asked for it."""
        return QApplication.activeModalWidget() or self._window

    def _open(self, dialog: QDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _look(self, dialog: CaseImportDialog, path: str) -> None:
        try:
            dialog.show_places(pictures_wanted(Path(path)))
        except UserError as error:
            dialog.show_fault(str(error))

    def _export(self, number: int, path: str, pictures: bool, replace: bool) -> None:
        store = self._store
        assert store is not None
        self._start(
            lambda control: export_case(store, number, Path(path), control, pictures=pictures, force=replace),
            self._exported,
        )

    def _import(self, path: str, data: str) -> None:
        store = self._store
        assert store is not None
        self._start(lambda control: import_case(store, Path(path), control, data=data or None), self._imported)

    def _start(self, work: Work, done: Callable[[list[Event]], None]) -> None:
        self._jobs.start(CASE, work, done, lambda text: self._say(text, "error"))

    def _exported(self, batch: list[Event]) -> None:
        for event in batch:
            if isinstance(event, Ended) and event.summary is not None:
                left = " ".join(f"{line}." for line in event.summary["left"])
                self._say(f"The case is in {event.summary['path']}. {left}".rstrip(), "info")
            elif isinstance(event, Ended):
                self._say("Cancelled. Nothing was written.", "info")

    def _imported(self, batch: list[Event]) -> None:
        for event in batch:
            if not isinstance(event, Ended):
                continue
            summary = event.summary
            if summary is None:
                self._say("Cancelled. Nothing was imported.", "info")
            elif summary["known"]:
                self._say("This case is here already. Nothing was changed.", "info")
            else:
                lost = "".join(f" Its pictures are not here: {each}." for each in summary["missing"])
                word = "Its approvals, hand-over and figures are what the file says; no signature vouches for them."
                self._say(f"The case is here, with its sessions on the Load page. {word}{lost}", "info")
                self.arrived.emit()
