"""What a number of trainings would cost: said before anything is trained."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QVBoxLayout, QWidget

from maga_desk.ui.widgets.basic.fields import WholeBox
from maga_desk.ui.widgets.basic.labels import TextLabel

MEASURING = "Measuring what one costs…"


class CostedDialog(QDialog):
    """Says why, asks for numbers, and shows the estimate for them; Train and judge only when it is there.

    Who inherits says by ``_ask`` and ``_agree`` what is emitted; ``ask()`` is for whoever opens it.
    """

    def __init__(self, title: str, why: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.why = TextLabel(why, self)
        self.why.setWordWrap(True)
        self.estimate = TextLabel(self)
        self.estimate.setWordWrap(True)
        self.estimate.setTextFormat(Qt.TextFormat.PlainText)
        self.estimate.setAccessibleName("Estimate")
        self._form = QFormLayout()
        buttons = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(buttons.Ok | buttons.Cancel, self)
        self.train_button = self.buttons.button(buttons.Ok)
        self.train_button.setText("Train and judge")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.accepted.connect(self._agree)
        layout = QVBoxLayout(self)
        layout.addWidget(self.why)
        layout.addLayout(self._form)
        layout.addWidget(self.estimate)
        layout.addStretch(1)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(460)

    def add_number(self, name: str, value: int, least: int, most: int, tip: str) -> WholeBox:
        """A number that the estimate depends on."""
        box = WholeBox(self)
        box.setRange(least, most)
        box.setValue(value)
        box.setToolTip(tip)
        box.setAccessibleName(name)
        box.valueChanged.connect(self.ask)
        self._form.addRow(name, box)
        return box

    def show_estimate(self, text: str, *, possible: bool = True) -> None:
        """What it would cost, or why it cannot be said."""
        self.estimate.setText(text)
        self.train_button.setEnabled(possible)

    @Slot()
    def ask(self) -> None:
        """Ask for an estimate of what is entered."""
        self.show_estimate(MEASURING, possible=False)
        self._ask()

    def _ask(self) -> None:
        raise NotImplementedError

    @Slot()
    def _agree(self) -> None:
        raise NotImplementedError
