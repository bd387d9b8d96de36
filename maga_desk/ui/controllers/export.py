"""Export page: saving a run's checkpoint for other programs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import Ended, Event, Progress, Saved, WorkspaceCard
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.exporting import export
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.pages.export import ExportPage
from maga_desk.ui.runs import RunView

PURPOSE = "export"
log = logging.getLogger(__name__)
Export = Callable[[str, str, str, RunControl], Iterator[Event]]


class ExportController(QObject):
    """Connects the Export page with the exporters."""

    def __init__(
        self,
        page: ExportPage,
        desk: Desk,
        jobs: Jobs,
        store: SessionStore | None,
        open_result: Callable[[RunSpec, str], None],
        export_service: Export = export,
    ) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._export = page, desk, jobs, export_service
        self._store, self._open_result = store, open_result
        page.export_requested.connect(self._start)
        page.more_requested.connect(self._forget_more)
        jobs.busy.connect(self._show_busy)
        desk.engine_ready.connect(self._show_formats)
        page.show_formats(desk.installation.formats)
        desk.card_changed.connect(self._show_checkpoint)
        desk.runs.result_changed.connect(self._show_checkpoint)

    @Slot()
    def _show_formats(self) -> None:
        self._page.show_formats(self._desk.installation.formats)

    @Slot(str, str)
    def _start(self, fmt: str, path: str) -> None:
        checkpoint = self._desk.runs.shown.checkpoint
        if checkpoint is None:
            return
        self._page.show_result(None, None)
        self._jobs.start(
            PURPOSE,
            lambda control: self._export(checkpoint, fmt, str(Path(path).expanduser()), control),
            self._on_events,
            self._on_failed,
            tap=lambda event: self._record(checkpoint, fmt, event),
        )

    def _record(self, checkpoint: str, fmt: str, event: Event) -> None:
        """In the job's thread: note the file in the run's session, with its hash."""
        if self._store is None or not isinstance(event, Saved):
            return
        try:
            self._store.record_export(checkpoint, fmt, event.path)
        except StoreError:  # the file is there all the same
            log.exception("the export is not kept in its session")

    @Slot()
    def _forget_more(self) -> None:
        run = self._desk.runs.shown
        if run.spec is not None and run.checkpoint is not None:
            self._open_result(run.spec, run.checkpoint)

    def _on_events(self, batch: list[Event]) -> None:
        for event in batch:
            if isinstance(event, Ended) and event.summary is not None:
                self._page.show_result(event.summary, None)

    def _on_failed(self, text: str) -> None:
        self._page.show_result(None, text)

    @Slot(str, object)
    def _show_busy(self, purpose: str, progress: Progress | None) -> None:
        if purpose == PURPOSE:
            self._page.show_busy(progress)

    @Slot()
    def _show_checkpoint(self) -> None:
        run, card = self._desk.runs.shown, self._desk.card
        self._page.show_checkpoint(run.checkpoint, checkpoint_facts(run, card) if run.checkpoint else [])


def checkpoint_facts(run: RunView, card: WorkspaceCard | None) -> list[tuple[str, str]]:
    """What the Export page says of a run's checkpoint, as (name, value) lines."""
    facts = [("Checkpoint", run.checkpoint or "")]
    if run.spec is not None:
        facts.append(("Forgotten", run.spec.forget.title()))
        facts.append(("Method", run.spec.method.name))
    if run.report is not None and run.report.guided is not None:
        facts.append(("Labels", run.report.guided.text()))
    if card is not None:
        facts.append(("Model", f"{card.arch}, {card.parameters:,} parameters, {len(card.classes)} classes"))
        facts.append(("Original", card.checkpoint))
    facts.append(("Record of the run", run.folder))
    return facts
