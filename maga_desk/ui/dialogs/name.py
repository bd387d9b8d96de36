"""What a session, a run or a preset is to be called."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from maga_desk.ui.widgets.basic.labels import muted


class NameDialog(QDialog):
    """Signal: ``named(int number, str name)``; the name is empty when it is to be called as by itself.

    :param number: of the session or run.
    :param name: what it is called so far; ``title``: what the program calls it.
    :param act: what the button says; ``note``: what stands above it; ``empty``: whether no name is one.
    """

    named = Signal(int, str)

    def __init__(
        self,
        number: int,
        name: str,
        title: str,
        parent: QWidget | None = None,
        *,
        what: str = "session",
        act: str = "Rename",
        note: str = "Leave it empty to call it after what it forgets.",
        empty: bool = True,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Rename the {what}")
        self.setMinimumWidth(420)
        self._number = number
        self.line = QLineEdit(name, self)
        self.line.setPlaceholderText(title)
        self.line.setAccessibleName(f"Name of the {what}")
        self.line.setMaxLength(200)
        self.line.selectAll()
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        self._ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._ok.setText(act)
        self._empty = empty
        self.line.textChanged.connect(self._check)
        self.buttons.accepted.connect(self._name)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 14)
        layout.setSpacing(10)
        for widget in (self.line, muted(note, self), self.buttons):
            layout.addWidget(widget)

        self._check()

    @Slot()
    def _check(self) -> None:
        self._ok.setEnabled(self._empty or bool(self.line.text().strip()))

    @Slot()
    def _name(self) -> None:
        self.named.emit(self._number, self.line.text().strip())
        self.accept()
