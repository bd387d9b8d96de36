"""What retraining to compare would cost: said before anything is trained."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

WHY = (
    "A model that is trained from scratch without the forgotten pictures is what the result is judged by. It is kept "
    "and used by itself for every run that forgets the same pictures. It can be paused, and cancelled without losing "
    "what was trained so far."
)


class RetrainDialog(QDialog):
    """Shows what it would cost. Signal: ``agreed()``, which can be pressed only once the estimate is there."""

    agreed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Retrain to compare")
        why, self.estimate = QLabel(WHY, self), QLabel("Measuring what it costs\u2026", self)
        for label in (why, self.estimate):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.estimate.setAccessibleName("Estimate")
        buttons = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(buttons.Ok | buttons.Cancel, self)
        self.train_button = self.buttons.button(buttons.Ok)
        self.train_button.setText("Train and judge")
        self.train_button.setEnabled(False)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.accepted.connect(self.agreed)
        layout = QVBoxLayout(self)
        for widget in (why, self.estimate, self.buttons):
            layout.addWidget(widget)
        self.setMinimumWidth(460)

    @Slot(str)
    def show_estimate(self, text: str, *, possible: bool = True) -> None:
        """What it would cost, or why it cannot be said."""
        self.estimate.setText(text)
        self.train_button.setEnabled(possible)
