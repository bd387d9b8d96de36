"""How many shadow models, and what they would cost: said before anything is trained."""

from __future__ import annotations

import os

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from maga_desk.ui.dialogs.costed import CostedDialog

WHY = (
    "Plain attacks look at one model. RMIA and U-LiRA compare it with models that were trained with and without the "
    "forget set, and find traces that the others miss. Training them takes long; they are kept and used again."
)
MOST = 64


class ShadowsDialog(CostedDialog):
    """Asks for a number and shows the estimate for it.

    Signals: ``estimate_requested(count, jobs)`` at first and after each change; ``shadows_chosen(count, jobs)``.
    """

    estimate_requested = Signal(int, int)
    shadows_chosen = Signal(int, int)

    def __init__(self, count: int, jobs: int, parent: QWidget | None = None) -> None:
        super().__init__("Train shadow models", WHY, parent)
        self.count = self.add_number(
            "Shadow models of each kind",
            count,
            1,
            MOST,
            "So many with the forget set and so many without; 4 are a beginning, 16 are good",
        )
        self.jobs = self.add_number(
            "Trained at the same time",
            jobs,
            1,
            max(jobs, os.cpu_count() or 1),
            "Processes that train at the same time; each needs memory for the pictures",
        )

    def _ask(self) -> None:
        self.estimate_requested.emit(self.count.value(), self.jobs.value())

    @Slot()
    def _agree(self) -> None:
        self.shadows_chosen.emit(self.count.value(), self.jobs.value())
