"""Verify page: judging where retraining is not wanted."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Slot

from maga_desk.services.judging.verification import estimate_verification
from maga_desk.ui.controllers.judgements import Cost, Judgements
from maga_desk.ui.dialogs.without_retraining import WithoutRetrainingDialog
from maga_desk.ui.pages.verify import VerifyPage


class WithoutRetrainingController(QObject):
    """Asks how many verification models, with what they cost, before any is trained."""

    def __init__(self, page: VerifyPage, judgements: Judgements, cost: Cost = estimate_verification) -> None:
        super().__init__(page)
        self._page, self._judgements, self._cost = page, judgements, cost
        self._dialog: WithoutRetrainingDialog | None = None
        page.without_requested.connect(self._ask)

    @Slot()
    def _ask(self) -> None:
        spec = self._judgements.spec()
        if spec is None or self._dialog is not None:
            return
        dialog = WithoutRetrainingDialog(spec.audit.verification_models, self._page.window())
        dialog.estimate_requested.connect(self._measure)
        dialog.models_chosen.connect(self._judge)
        dialog.finished.connect(self._answered)
        self._dialog = dialog
        dialog.ask()
        dialog.open()

    @Slot(int)
    def _measure(self, count: int) -> None:
        spec = self._judgements.spec(without_retraining=True, verification_models=count)
        if spec is not None and self._dialog is not None:
            self._judgements.measure(spec, self._cost, partial(self._show, self._dialog))

    def _show(self, dialog: WithoutRetrainingDialog, text: str, possible: bool) -> None:
        if dialog is self._dialog:
            dialog.show_estimate(text, possible=possible)

    @Slot(int)
    def _judge(self, count: int) -> None:
        spec = self._judgements.spec(without_retraining=True, verification_models=count)
        if spec is not None:
            self._judgements.start(spec)

    @Slot()
    def _answered(self) -> None:
        self._judgements.no_more()
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None
