"""Judging without a retrained model: how far that goes, and what it would cost."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from maga_desk.ui.dialogs.costed import CostedDialog

WHY = (
    "Verification models are trained on 15 % of the pictures that stay. They have certainly never seen the forget set, "
    "and each costs about 15 % of a retraining. What they find speaks against the result. That they find nothing is "
    "never “as after retraining”: only a retrained model can say that."
)
LEAST, MOST = 2, 16


class WithoutRetrainingDialog(CostedDialog):
    """Asks for a number and shows the estimate for it.

    Signals: ``estimate_requested(count)`` at first and after each change; ``models_chosen(count)``.
    """

    estimate_requested = Signal(int)
    models_chosen = Signal(int)

    def __init__(self, count: int, parent: QWidget | None = None) -> None:
        super().__init__("Judge without retraining", WHY, parent)
        self.count = self.add_number(
            "Verification models", count, LEAST, MOST, "More of them say better how hard each picture is; 3 are enough"
        )

    def _ask(self) -> None:
        self.estimate_requested.emit(self.count.value())

    @Slot()
    def _agree(self) -> None:
        self.models_chosen.emit(self.count.value())
