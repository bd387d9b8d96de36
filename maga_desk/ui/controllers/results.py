"""Verify and Export pages: judging finished runs, and saving their checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Slot

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import StoreError, UserError
from maga_desk.domain.events import Audited, Ended, Event, Message, Progress
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.exporting import export
from maga_desk.services.judging.audits import judge
from maga_desk.services.judging.shadows import estimate
from maga_desk.services.titles import forget_title
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.desk import Desk, RunView
from maga_desk.ui.dialogs.shadows import ShadowsDialog
from maga_desk.ui.pages.export import ExportPage
from maga_desk.ui.pages.verify import VerifyPage

JUDGE, ESTIMATE, EXPORT = "judge", "estimate", "export"
FIRST_SHADOWS = 4
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
        estimate_service: Judge = estimate,
    ) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._store = page, desk, jobs, store
        self._say, self._show_run, self._judge, self._estimate = say, show_run, judge_service, estimate_service
        self._dialog: ShadowsDialog | None = None
        page.judge_requested.connect(self._compare)
        page.shadows_requested.connect(self._ask_for_shadows)
        page.run_chosen.connect(self._choose)
        jobs.busy.connect(self._show_busy)
        desk.report_changed.connect(self._show_report)

    @Slot(str)
    def _compare(self, retrained: str) -> None:
        spec = self._judged("audit", retrained=retrained)
        if spec is not None:
            self._start(spec)

    @Slot()
    def _ask_for_shadows(self) -> None:
        """Ask how many, with what they cost, before any is trained."""
        spec = self._judged("audit")
        if spec is None or self._dialog is not None:
            return
        dialog = ShadowsDialog(spec.audit.shadows or FIRST_SHADOWS, spec.audit.jobs, self._page.window())
        dialog.estimate_requested.connect(self._say_cost)
        dialog.shadows_chosen.connect(self._with_shadows)
        dialog.finished.connect(self._asked)
        self._dialog = dialog
        dialog.ask()
        dialog.open()

    @Slot(int, int)
    def _say_cost(self, count: int, jobs: int) -> None:
        dialog, spec, report = self._dialog, self._judged("audit", shadows=count, jobs=jobs), self._desk.run.report
        if dialog is None or spec is None or report is None:
            return
        workspace, seconds = self._desk.workspace, report.seconds

        def show(batch: list[Event]) -> None:
            for event in batch:
                if isinstance(event, Message) and dialog is self._dialog:
                    dialog.show_estimate(f"{event.text}.")

        def failed(text: str) -> None:
            if dialog is self._dialog:
                dialog.show_estimate(text, possible=False)

        self._jobs.start(ESTIMATE, lambda control: self._estimate(spec, workspace, seconds, control), show, failed)

    @Slot(int, int)
    def _with_shadows(self, count: int, jobs: int) -> None:
        spec = self._judged("audit", shadows=count, jobs=jobs)
        if spec is not None:
            retrained = spec.audit.retrained or "make"  # the attacks need it as well
            self._start(spec.with_changes("audit", retrained=retrained))

    @Slot()
    def _asked(self) -> None:
        self._jobs.cancel(ESTIMATE)
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    def _judged(self, section: str, **changes: Any) -> RunSpec | None:
        """The shown run's spec with changes; ``None``, and said why, where it cannot be judged now."""
        run = self._desk.run
        if run.spec is None or run.checkpoint is None:
            return None
        if self._desk.workspace is None:
            self._say("Open the session's model and pictures on the Load page first.", "error")
            return None
        try:
            return run.spec.with_changes(section, **changes)
        except UserError as error:
            self._say(str(error), "error")
            return None

    def _start(self, spec: RunSpec) -> None:
        run, workspace = self._desk.run, self._desk.workspace
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

    def __init__(
        self,
        page: ExportPage,
        desk: Desk,
        jobs: Jobs,
        open_result: Callable[[RunSpec, str], None],
        export_service: Export = export,
    ) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._export = page, desk, jobs, export_service
        self._open_result = open_result
        page.export_requested.connect(self._start)
        page.more_requested.connect(self._forget_more)
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

    @Slot()
    def _forget_more(self) -> None:
        run = self._desk.run
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
