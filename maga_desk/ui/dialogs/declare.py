"""A person declares that a checkpoint is retrained, by name."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from maga_desk.ui.widgets.basic.labels import TextLabel

WHAT = (
    "You declare that it was trained from the original's start, by the original's recipe, on exactly the pictures that "
    "stay. The report, the checkpoint and all exports keep your name, and verdicts say \u201cby declaration\u201d."
)
CHECKED = (
    "Before anything is judged it is checked that it does not know the pictures to forget better than unseen ones, and "
    "that it reaches the original's accuracy on what stays."
)


class DeclareDialog(QDialog):
    """Asks who declares it; nobody is not enough. Signal: ``declared(name)``.

    :param file: the checkpoint's name.
    :param reasons: why its record is not enough.
    """

    declared = Signal(str)

    def __init__(self, file: str, reasons: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Declare a checkpoint retrained")
        layout = QVBoxLayout(self)
        self.reasons = TextLabel(f"{file}: {' '.join(reasons)}", self)
        for label in (self.reasons, TextLabel(WHAT, self), TextLabel(CHECKED, self)):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            layout.addWidget(label)
        self.name = QLineEdit(self)
        self.name.setAccessibleName("Your name")
        form = QFormLayout()
        form.addRow("Your name", self.name)
        layout.addLayout(form)
        buttons = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(buttons.Ok | buttons.Cancel, self)
        self.declare_button = self.buttons.button(buttons.Ok)
        self.declare_button.setText("Declare and judge")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.name.textChanged.connect(self._check)
        self.accepted.connect(self._declared)
        layout.addStretch(1)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(480)
        self._check()

    @Slot()
    def _check(self) -> None:
        self.declare_button.setEnabled(bool(self.name.text().strip()))

    @Slot()
    def _declared(self) -> None:
        self.declared.emit(self.name.text().strip())
