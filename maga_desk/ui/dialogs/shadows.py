"""How many shadow models, and what they would cost: said before anything is trained."""

from __future__ import annotations

import os

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QVBoxLayout, QWidget

from maga_desk.ui.widgets.basic.fields import WholeBox
from maga_desk.ui.widgets.basic.labels import TextLabel

WHY = (
    "Plain attacks look at one model. RMIA and U-LiRA compare it with models that were trained with and without the "
    "forget set, and find traces that the others miss. Training them takes long; they are kept and used again."
)
MOST = 64


class ShadowsDialog(QDialog):
    """Asks for a number and shows the estimate for it; Train only when it is there.

    Signals: ``estimate_requested(count, jobs)`` at first and after each change; ``shadows_chosen(count, jobs)``.
    """

    estimate_requested = Signal(int, int)
    shadows_chosen = Signal(int, int)

    def __init__(self, count: int, jobs: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Train shadow models")
        why = TextLabel(WHY, self)
        why.setWordWrap(True)
        self.count, self.jobs = WholeBox(self), WholeBox(self)
        self.count.setRange(1, MOST)
        self.count.setValue(count)
        self.count.setToolTip("So many with the forget set and so many without; 4 are a beginning, 16 are good")
        self.jobs.setRange(1, max(jobs, os.cpu_count() or 1))
        self.jobs.setValue(jobs)
        self.jobs.setToolTip("Processes that train at the same time; each needs memory for the pictures")
        self.estimate = TextLabel(self)
        self.estimate.setWordWrap(True)
        self.estimate.setTextFormat(Qt.TextFormat.PlainText)
        self.estimate.setAccessibleName("Estimate")
        form = QFormLayout()
        for name, box in (("Shadow models of each kind", self.count), ("Trained at the same time", self.jobs)):
            form.addRow(name, box)
            box.setAccessibleName(name)
            box.valueChanged.connect(self.ask)
        buttons = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(buttons.Ok | buttons.Cancel, self)
        self.train_button = self.buttons.button(buttons.Ok)
        self.train_button.setText("Train and judge")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.accepted.connect(self._chosen)
        layout = QVBoxLayout(self)
        layout.addWidget(why)
        layout.addLayout(form)
        layout.addWidget(self.estimate)
        layout.addStretch(1)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(460)

    def show_estimate(self, text: str, *, possible: bool = True) -> None:
        """What it would cost, or why it cannot be said."""
        self.estimate.setText(text)
        self.train_button.setEnabled(possible)

    @Slot()
    def ask(self) -> None:
        """Ask for an estimate of what is entered."""
        self.show_estimate("Measuring what one costs…", possible=False)
        self.estimate_requested.emit(self.count.value(), self.jobs.value())

    @Slot()
    def _chosen(self) -> None:
        self.shadows_chosen.emit(self.count.value(), self.jobs.value())
