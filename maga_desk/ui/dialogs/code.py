"""Asked before a person's own Python file runs, because it builds the net."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QWidget

from maga_desk.domain.own_code import what_running_means
from maga_desk.ui.widgets.basic.labels import as_plain


class CodeDialog(QMessageBox):
    """Cancel is the default. :meth:`agreed` is true after ``Run it``.

    :param file: the file.
    :param sha256: of its content.
    """

    def __init__(self, file: str, sha256: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.file, self.sha256 = file, sha256
        self.setIcon(QMessageBox.Icon.Warning)
        self.setWindowTitle("Run this Python file?")
        self.setText("The model is built by a Python file, which has not run yet.")
        self.setInformativeText(what_running_means(file, sha256))
        self.run_button = self.addButton("Run it", QMessageBox.ButtonRole.AcceptRole)
        self.cancel_button = self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(QMessageBox.StandardButton.Cancel)
        as_plain(self)
        self.setEscapeButton(self.cancel_button)

    def agreed(self) -> bool:
        return self.clickedButton() is self.run_button
