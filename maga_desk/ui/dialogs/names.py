"""What to do about names of a list that were not found."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from maga_desk.ui.widgets.basic.file_dialogs import ask_target
from maga_desk.ui.widgets.basic.labels import TextLabel


class NotFoundDialog(QDialog):
    """Lists what was not found, to be saved, and asks whether to go on; yes is the default.

    Signal: ``save_requested(path)``.

    :param text: what was found and what was not.
    :param lines: the entries, each with what it fits where that is several pictures.
    :param go_on: the title of the button that says yes.
    :param then: what going on means.
    """

    save_requested = Signal(str)

    def __init__(self, text: str, lines: Sequence[str], go_on: str, then: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Names that were not found")
        self.text, note = TextLabel(text, self), TextLabel(then, self)
        note.setObjectName("muted")
        for label in (self.text, note):
            label.setWordWrap(True)
        self.names = QPlainTextEdit("\n".join(lines), self)
        self.names.setAccessibleName("Names that were not found")
        self.names.setReadOnly(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.go_on_button = self.buttons.addButton(go_on, QDialogButtonBox.ButtonRole.AcceptRole)
        self.go_on_button.setObjectName("primary")
        self.go_on_button.setDefault(True)
        self.save_button = QPushButton("Save this list…", self)
        self.buttons.addButton(self.save_button, QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.save_button.clicked.connect(self._ask_file)
        layout = QVBoxLayout(self)
        for widget in (self.text, self.names, note, self.buttons):
            layout.addWidget(widget)
        self.resize(520, 340)
        self.go_on_button.setFocus()

    @Slot()
    def _ask_file(self) -> None:
        path, _ = ask_target(self, "report", "Save the names", "not-found.txt", "Text files (*.txt)")
        if path:
            self.save_requested.emit(path)
