"""Export page: saving a run's checkpoint for other programs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Slot

from maga_desk.domain import architecture
from maga_desk.domain.choices import FormatInfo
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import StoreError, UserError
from maga_desk.domain.events import Ended, Event, Saved, WorkspaceCard
from maga_desk.domain.protection import InputFile, inputs_of
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.exporting import OWN, Numbers, check_export, export, taken_by_export
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.job_lines import JobLineController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.replace import ReplaceDialog
from maga_desk.ui.job_view import EXPORT, RECORD, JobView
from maga_desk.ui.pages.export import ExportPage
from maga_desk.ui.runs import RunView

log = logging.getLogger(__name__)


class Export(Protocol):
    """What writes an export: ``services.exporting.export``."""

    def __call__(
        self,
        checkpoint: str,
        fmt: str | None,
        target: Path,
        control: RunControl,
        *,
        numbers: Numbers,
        inputs: Sequence[InputFile],
        force: bool,
    ) -> Iterator[Event]: ...


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
        self._asked: tuple[ReplaceDialog, Callable[[], None]] | None = None  # waits for a yes to replacing a file
        page.export_requested.connect(self._start)
        page.more_requested.connect(self._forget_more)
        JobLineController(page.progress, jobs, [EXPORT, RECORD])
        jobs.changed.connect(self._show_busy)
        desk.engine_ready.connect(self._show_formats)
        desk.card_changed.connect(self._show_formats)
        self._shown: list[FormatInfo] = []
        self._show_formats()
        desk.card_changed.connect(self._show_checkpoint)
        desk.runs.result_changed.connect(self._show_checkpoint)
        desk.runs.state_changed.connect(self._state_changed)

    @Slot(object)
    def _state_changed(self, run: RunView) -> None:
        """A run's title ends with its state, which changes after its checkpoint was written."""
        if run is self._desk.runs.shown:
            self._show_checkpoint()

    @Slot()
    def _show_formats(self) -> None:
        formats = formats_for(self._desk.installation.formats, self._desk.card)
        if formats != self._shown:
            self._shown = formats
            self._page.show_formats(formats)

    @Slot(str, str, str)
    def _start(self, fmt: str, path: str, numbers: Numbers) -> None:
        checkpoint = self._desk.runs.shown.checkpoint
        if checkpoint is None:
            return
        target, inputs = Path(path).expanduser(), inputs_of(self._desk.spec)
        self._page.show_result(None, None)
        try:
            check_export(checkpoint, target, inputs, fmt=fmt, force=True)
        except UserError as error:
            self._page.show_result(None, str(error))
            return
        write = partial(self._write, checkpoint, fmt, target, numbers, inputs)
        there = taken_by_export(checkpoint, target, fmt)
        if not there:
            write(force=False)
            return
        dialog = ReplaceDialog(there, self._page)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._replace_answered)
        self._asked = dialog, partial(write, force=True)
        dialog.open()

    @Slot()
    def _replace_answered(self) -> None:
        asked, self._asked = self._asked, None
        if asked is not None and asked[0].agreed():
            asked[1]()

    def _write(
        self, checkpoint: str, fmt: str, target: Path, numbers: Numbers, inputs: Sequence[InputFile], *, force: bool
    ) -> None:
        self._jobs.start(
            EXPORT,
            lambda control: self._export(checkpoint, fmt, target, control, numbers=numbers, inputs=inputs, force=force),
            lambda batch: self._on_events(checkpoint, batch),
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

    def _on_events(self, checkpoint: str, batch: list[Event]) -> None:
        for event in batch:
            if isinstance(event, Ended) and event.summary is not None:
                self._desk.runs.add_export(checkpoint, str(event.summary["path"]))
                self._page.show_result(event.summary, None)
            elif isinstance(event, Ended):
                self._page.progress.say("Cancelled. Nothing was written.")

    def _on_failed(self, text: str) -> None:
        self._page.show_result(None, text)

    @Slot(str, object)
    def _show_busy(self, purpose: str, view: JobView | None) -> None:
        if purpose == EXPORT:
            self._page.set_busy(view is not None)

    @Slot()
    def _show_checkpoint(self) -> None:
        run, card = self._desk.runs.shown, self._desk.card
        self._page.show_checkpoint(run.checkpoint, checkpoint_facts(run, card) if run.checkpoint else [])


def formats_for(formats: Sequence[FormatInfo], card: WorkspaceCard | None) -> list[FormatInfo]:
    """What an open net can be exported as: one that another program wrote, first of all as it came."""
    others = [info for info in formats if info.name != OWN]
    own = next((info for info in formats if info.name == OWN), None)
    if own is None or card is None or not card.own_ending:
        return others
    title = f"As it came ({card.own_form})"
    return [replace(own, title=title, suffix=card.own_ending, numbers=card.own_numbers), *others]


def checkpoint_facts(run: RunView, card: WorkspaceCard | None) -> list[tuple[str, str]]:
    """What the Export page says of a run's checkpoint, as (name, value) lines."""
    facts = [("Run", run.title), ("Checkpoint", run.checkpoint or "")]
    if run.spec is not None:
        facts.append(("Forgotten", run.spec.forget.said()))
        facts.append(("Method", f"{run.spec.method.name}, seed {run.spec.seed}"))
    if run.report is not None and run.report.guided is not None:
        facts.append(("Labels", run.report.guided.text()))
    if card is not None:
        facts.append(
            ("Model", f"{architecture.title(card.arch)}, {card.parameters:,} parameters, {len(card.classes)} classes")
        )
        facts.append(("Original", card.checkpoint + (f" ({card.own_numbers})" if card.own_numbers else "")))
        facts.extend(("Not in the file", line) for line in card.own_without)
    facts.append(("Record of the run", run.folder))
    return facts
