"""The record of the run in sight: asked for in a dialog, made in the background."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Ended, Event
from maga_desk.domain.record_folder import RECORD_FOLDER, RecordWish
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.record import RecordDialog
from maga_desk.ui.job_view import RECORD, JobView
from maga_desk.ui.pages.export import ExportPage

MakeRecord = Callable[[Path, RecordWish, RunControl], Iterator[Event]]


class RecordController(QObject):
    """Connects the Export page's button with the service."""

    def __init__(self, page: ExportPage, desk: Desk, jobs: Jobs, record_service: MakeRecord) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._make = page, desk, jobs, record_service
        page.record_requested.connect(self._ask)
        jobs.changed.connect(self._show_busy)
        desk.runs.result_changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        """Only a judged run has something to record."""
        run = self._desk.runs.shown
        self._page.show_recordable(run.report is not None and run.checkpoint is not None)

    @Slot(str, object)
    def _show_busy(self, purpose: str, view: JobView | None) -> None:
        if purpose == RECORD:
            self._page.set_busy(view is not None)

    @Slot()
    def _ask(self) -> None:
        folder = self._desk.runs.shown.folder
        dialog = RecordDialog(str(Path(folder).absolute() / RECORD_FOLDER), self._page)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(lambda wish: self._start(Path(folder), wish))
        dialog.open()

    def _start(self, folder: Path, wish: RecordWish) -> None:
        self._page.show_result(None, None)
        self._jobs.start(
            RECORD, lambda control: self._make(folder, wish, control), self._on_events, self._page.show_record_failed
        )

    def _on_events(self, batch: list[Event]) -> None:
        for event in batch:
            if isinstance(event, Ended) and event.summary is not None:
                self._page.show_record(event.summary)
            elif isinstance(event, Ended):
                self._page.progress.say("Cancelled. Nothing was written.")
