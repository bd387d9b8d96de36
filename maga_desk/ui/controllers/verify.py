"""Verify page: judging finished runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices

from maga_desk.domain.advice import Used
from maga_desk.domain.errors import StoreError, UserError
from maga_desk.domain.files import write_text
from maga_desk.domain.protection import check_file, inputs_of
from maga_desk.domain.resolved import lines as used_lines
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.judging.audits import judge
from maga_desk.services.judging.references import estimate_retraining
from maga_desk.services.judging.shadows import estimate
from maga_desk.services.judging.verification import estimate_verification
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.controllers.asking import Say
from maga_desk.ui.controllers.closer import CloserController
from maga_desk.ui.controllers.job_lines import JobLineController
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.controllers.judgements import Cost, Judge, Judgements
from maga_desk.ui.controllers.without_retraining import WithoutRetrainingController
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.declare import DeclareDialog
from maga_desk.ui.dialogs.listing import ListingDialog
from maga_desk.ui.dialogs.name import NameDialog
from maga_desk.ui.dialogs.retrain import RetrainDialog
from maga_desk.ui.dialogs.shadows import ShadowsDialog
from maga_desk.ui.job_view import JUDGE, LOOK, JobView
from maga_desk.ui.pages.verify import VerifyPage
from maga_desk.ui.runs import RunView

FIRST_SHADOWS = 4


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
        retraining_cost_service: Cost = estimate_retraining,
        verification_cost_service: Cost = estimate_verification,
    ) -> None:
        super().__init__(page)
        self._page, self._desk, self._jobs, self._store = page, desk, jobs, store
        self._say, self._show_run, self._estimate = say, show_run, estimate_service
        self._retraining_cost = retraining_cost_service
        self._judgements = judgements = Judgements(page, desk, jobs, store, say, judge_service)
        WithoutRetrainingController(page, judgements, verification_cost_service)
        self._dialog: ShadowsDialog | None = None
        self._retraining: RetrainDialog | None = None
        self._declaring: DeclareDialog | None = None
        page.judge_requested.connect(self._compare)
        page.retrain_requested.connect(self._ask_to_retrain)
        page.declare_requested.connect(self._ask_who_declares)
        page.shadows_requested.connect(self._ask_for_shadows)
        page.run_chosen.connect(self._choose)
        page.rename_requested.connect(self._ask_name)
        page.folder_requested.connect(self._open_folder)
        page.used_requested.connect(self._show_used)
        CloserController(page, desk, jobs, judgements, say)
        JobLineController(page.progress, jobs, [JUDGE, LOOK])
        jobs.changed.connect(self._show_busy)
        runs = desk.runs
        for changed in (runs.shown_changed, runs.state_changed, runs.recorded_changed):
            changed.connect(self._show_runs)
        runs.result_changed.connect(self._show_report)
        desk.engine_ready.connect(self._show_report)

    @Slot(str)
    def _compare(self, retrained: str) -> None:
        spec = self._judgements.spec(retrained=retrained, declared_by="")
        if spec is not None:
            self._judgements.start(spec)

    @Slot()
    def _ask_to_retrain(self) -> None:
        """Say what retraining costs, before it begins."""
        spec, workspace = self._judgements.spec(retrained="make"), self._desk.workspace
        if spec is None or self._retraining is not None:
            return
        said, parent = workspace.said if workspace is not None else None, self._page.window()
        self._retraining = dialog = RetrainDialog(said, spec.audit.recipe, parent, guesses=spec.audit.guesses)
        dialog.estimate_requested.connect(self._measure_retraining)
        dialog.agreed.connect(self._retrain)
        dialog.finished.connect(self._retraining_answered)
        dialog.ask()
        dialog.open()

    @Slot()
    def _measure_retraining(self) -> None:
        """What it costs as the dialog stands now."""
        dialog, spec = self._retraining, self._as_asked()
        if dialog is None or spec is None:
            return

        def show(text: str, possible: bool) -> None:
            if dialog is self._retraining:
                dialog.show_estimate(text, possible=possible)

        self._judgements.measure(spec, self._retraining_cost, show)

    def _as_asked(self) -> RunSpec | None:
        """The shown run's spec with what the dialog says; ``None`` where it cannot be judged now."""
        dialog = self._retraining
        if dialog is None:
            return None
        recipe, guesses = dialog.form.recipe(), dialog.guesses()
        return self._judgements.spec(retrained="make", declared_by="", recipe=recipe, guesses=guesses)

    @Slot()
    def _retrain(self) -> None:
        """By the recipe that was named, where one was."""
        spec = self._as_asked()
        if spec is not None:
            self._judgements.start(spec)

    @Slot()
    def _retraining_answered(self) -> None:
        self._judgements.no_more()
        if self._retraining is not None:
            self._retraining.deleteLater()
            self._retraining = None

    @Slot()
    def _ask_who_declares(self) -> None:
        """Ask for a name, where what is compared with has no record that is enough."""
        spec, report = self._judgements.spec(), self._desk.runs.shown.report
        if spec is None or report is None or report.yardstick is None or self._declaring is not None:
            return
        dialog = DeclareDialog(report.yardstick.file, report.yardstick.reasons, self._page.window())
        dialog.declared.connect(self._declare)
        dialog.finished.connect(self._answered)
        self._declaring = dialog
        dialog.open()

    @Slot(str)
    def _declare(self, name: str) -> None:
        spec = self._judgements.spec(declared_by=name)
        if spec is not None:
            self._judgements.start(spec)

    @Slot()
    def _answered(self) -> None:
        if self._declaring is not None:
            self._declaring.deleteLater()
            self._declaring = None

    @Slot()
    def _show_used(self) -> None:
        """Every value that the shown run used."""
        report = self._desk.runs.shown.report
        if report is None:
            return
        lines = used_lines(report.resolved)
        dialog = ListingDialog("Settings used", lines, "settings.txt", "Text files (*.txt)", self._page.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.save_requested.connect(self._save_used)
        dialog.open()

    @Slot(str)
    def _save_used(self, path: str) -> None:
        report = self._desk.runs.shown.report
        try:
            check_file(path, inputs_of(self._desk.spec), force=True)  # the dialog has asked about an earlier file
            write_text(Path(path), "\n".join(used_lines(report.resolved if report else {})) + "\n")
        except UserError as error:
            self._say(str(error), "error")

    @Slot()
    def _ask_for_shadows(self) -> None:
        """Ask how many, with what they cost, before any is trained."""
        spec = self._judgements.spec()
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
        dialog, report = self._dialog, self._desk.runs.shown.report
        spec = self._judgements.spec(shadows=count, jobs=jobs)
        if dialog is None or spec is None or report is None:
            return
        seconds = report.seconds

        def show(text: str, possible: bool) -> None:
            if dialog is self._dialog:
                dialog.show_estimate(text, possible=possible)

        self._judgements.measure(spec, lambda erasure, control: self._estimate(erasure, seconds, control), show)

    @Slot(int, int)
    def _with_shadows(self, count: int, jobs: int) -> None:
        spec = self._judgements.spec(shadows=count, jobs=jobs)
        if spec is not None:
            retrained = spec.audit.retrained or "make"  # the attacks need it as well
            self._judgements.start(spec.with_changes("audit", retrained=retrained))

    @Slot()
    def _asked(self) -> None:
        self._judgements.no_more()
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    @Slot()
    def _ask_name(self) -> None:
        """Ask what the run that is shown is to be called."""
        run = self._desk.runs.shown
        if run.run_id is not None:
            dialog = NameDialog(run.run_id, run.name, run.title, self._page.window(), what="run")
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.named.connect(self._rename)
            dialog.open()

    @Slot(int, str)
    def _rename(self, run_id: int, name: str) -> None:
        try:
            if self._store is not None:
                self._store.rename_run(run_id, name)
        except StoreError as error:
            self._say(str(error), "error")
            return
        self._desk.runs.rename(run_id, name)

    @Slot()
    def _open_folder(self) -> None:
        """Show the run's folder in the system's file manager."""
        folder = Path(self._desk.runs.shown.folder)
        if not folder.is_dir():
            self._say(f"The run's folder is no longer there: {folder}", "error")
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._say(f"No program opened the folder: {folder}", "warning")

    @Slot(int)
    def _choose(self, run_id: int) -> None:
        self._show_run(run_id)
        self._show_runs()  # where another cannot be shown now, the list goes back to the one that is

    @Slot(str, object)
    def _show_busy(self, purpose: str, view: JobView | None) -> None:
        if purpose == JUDGE:
            self._page.set_busy(view is not None)

    @Slot()
    def _show_runs(self) -> None:
        runs = self._desk.runs
        self._page.show_runs(runs.titles(), runs.shown.run_id, runs.shown.title)

    @Slot()
    def _show_report(self) -> None:
        run = self._desk.runs.shown
        if run.spec is None:
            self._page.show_report(run.report)
            return
        forget, used = run.spec.forget, Used(run.spec.method, self._desk.installation.methods)
        self._page.show_report(run.report, forget.said(), forget.classes, origin=_origin(run, used), used=used)


def _origin(run: RunView, used: Used) -> str:
    """By which run: ``Forgotten by MaGA, seed 0, on 28 Nov 2026 12:30; compared with gold.safetensors ...``"""
    assert run.spec is not None
    method = used.info.title if used.info is not None else run.spec.method.name
    return f"Forgotten by {method}, seed {run.spec.seed}, on {run.started.astimezone():%d %b %Y, %H:%M}."
