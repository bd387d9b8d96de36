"""Verify and Export pages: judging finished runs, and saving their checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Slot

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import StoreError, UserError
from maga_desk.domain.events import Audited, Ended, Event, Progress
from maga_desk.services.audits import judge
from maga_desk.services.exporting import export
from maga_desk.services.titles import forget_title
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk, RunView
from maga_desk.ui.pages.export import ExportPage
from maga_desk.ui.pages.verify import VerifyPage

JUDGE, EXPORT = "judge", "export"
Say = Callable[[str, str], None]
Judge = Callable[..., Iterator[Event]]
Export = Callable[[str, str, str, RunControl], Iterator[Event]]


class VerifyController(QObject):
    """Connects the Verify page with the audit."""

    def __init__(
        self,
        page: VerifyPage,
        desk: Desk,
        jobs: Jobs,
        store: SessionStore | None,
        say: Say,
        show_run: Callable[[int], None],
        judge_service: Judge = judge,
    ) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._store = page, desk, jobs, store
        self._say, self._show_run, self._judge = say, show_run, judge_service
        page.judge_requested.connect(self._start)
        page.run_chosen.connect(self._choose)
        jobs.busy.connect(self._show_busy)
        desk.report_changed.connect(self._show_report)

    @Slot(str)
    def _start(self, retrained: str) -> None:
        run, workspace = self._desk.run, self._desk.workspace
        if run.spec is None or run.checkpoint is None:
            return
        if workspace is None:
            self._say("Open the session's model and pictures on the Load page first.", "error")
            return
        try:
            spec = run.spec.with_changes("audit", retrained=retrained)
        except UserError as error:
            self._say(str(error), "error")
            return
        checkpoint = run.checkpoint
        self._jobs.start(
            JUDGE,
            lambda control: self._judge(spec, workspace, checkpoint, control),
            lambda batch: self._on_events(run, batch),
            lambda text: self._say(text, "error"),
        )

    def _on_events(self, run: RunView, batch: list[Event]) -> None:
        for event in batch:
            if isinstance(event, Audited):
                self._desk.set_report(run, event.report)
                self._keep(run, event)

    def _keep(self, run: RunView, event: Audited) -> None:
        if self._store is None or run.run_id is None:
            return
        try:
            self._store.save_report(run.run_id, event.report)
        except StoreError as error:
            self._say(f"The session is not up to date: {error}", "warning")

    @Slot(int)
    def _choose(self, run_id: int) -> None:
        self._show_run(run_id)

    @Slot(str, object)
    def _show_busy(self, purpose: str, progress: Progress | None) -> None:
        if purpose == JUDGE:
            self._page.show_busy(progress)

    @Slot()
    def _show_report(self) -> None:
        run = self._desk.run
        self._page.show_runs(self._desk.runs)
        self._page.show_report(run.report, run.title, run.spec.forget.classes if run.spec else ())


class ExportController(QObject):
    """Connects the Export page with the exporters."""

    def __init__(self, page: ExportPage, desk: Desk, jobs: Jobs, export_service: Export = export) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._export = page, desk, jobs, export_service
        page.export_requested.connect(self._start)
        jobs.busy.connect(self._show_busy)
        desk.run_changed.connect(self._show_checkpoint)
        desk.report_changed.connect(self._show_checkpoint)

    @Slot(str, str)
    def _start(self, fmt: str, path: str) -> None:
        checkpoint = self._desk.run.checkpoint
        if checkpoint is None:
            return
        self._page.show_result(None, None)
        self._jobs.start(
            EXPORT,
            lambda control: self._export(checkpoint, fmt, str(Path(path).expanduser()), control),
            self._on_events,
            self._on_failed,
        )

    def _on_events(self, batch: list[Event]) -> None:
        for event in batch:
            if isinstance(event, Ended) and event.summary is not None:
                self._page.show_result(event.summary, None)

    def _on_failed(self, text: str) -> None:
        self._page.show_result(None, text)

    @Slot(str, object)
    def _show_busy(self, purpose: str, progress: Progress | None) -> None:
        if purpose == EXPORT:
            self._page.show_busy(progress)

    @Slot()
    def _show_checkpoint(self) -> None:
        run, card = self._desk.run, self._desk.card
        self._page.show_checkpoint(run.checkpoint, checkpoint_facts(run, card) if run.checkpoint else [])


def checkpoint_facts(run: RunView, card: Any) -> list[tuple[str, str]]:
    """What the Export page says of a run's checkpoint, as (name, value) lines."""
    facts = [("Checkpoint", run.checkpoint or "")]
    if run.spec is not None:
        facts.append(("Forgotten", forget_title(run.spec)))
        facts.append(("Method", run.spec.method.name))
    if run.report is not None and run.report.guided is not None:
        facts.append(("Labels", run.report.guided.text()))
    if card is not None:
        facts.append(("Model", f"{card.arch}, {card.parameters:,} parameters, {len(card.classes)} classes"))
        facts.append(("Original", card.checkpoint))
    facts.append(("Record of the run", run.folder))
    return facts
