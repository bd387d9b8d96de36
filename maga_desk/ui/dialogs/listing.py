"""Lines to read and to save: which files were used and which not, what was tried."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from maga_desk.ui.widgets.basic.file_dialogs import ask_target


class ListingDialog(QDialog):
    """Signal: ``save_requested(path)``.

    :param save_as: the file's name that is offered.
    :param kinds: the file dialog's filter.
    """

    save_requested = Signal(str)

    def __init__(
        self, title: str, lines: Iterable[str], save_as: str, kinds: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._save_as, self._kinds = save_as, kinds
        self.text = QPlainTextEdit("\n".join(lines), self)
        self.text.setReadOnly(True)
        self.text.setAccessibleName(title)
        self.text.setTabChangesFocus(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.save_button = QPushButton("Save…", self)
        self.buttons.addButton(self.save_button, QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.rejected.connect(self.reject)
        self.save_button.clicked.connect(self._ask_file)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.buttons)
        self.resize(720, 460)

    @Slot()
    def _ask_file(self) -> None:
        path, _ = ask_target(self, "report", self.windowTitle(), self._save_as, self._kinds)
        if path:
            self.save_requested.emit(path)
