"""Asked before an earlier file is replaced."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QMessageBox, QWidget

from maga_desk.domain.errors import name_some
from maga_desk.ui.widgets.basic.labels import as_plain


class ReplaceDialog(QMessageBox):
    """Cancel is the default. :meth:`agreed` is true after ``Replace``."""

    def __init__(self, files: Sequence[Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setIcon(QMessageBox.Icon.Warning)
        self.setWindowTitle("Replace a file?")
        there = "is there already" if len(files) == 1 else "are there already"
        self.setText(f"{name_some([path.name for path in files])} {there}.")
        self.setInformativeText(f"In {files[0].parent}. What is in it now would be lost.")
        self.replace_button = self.addButton("Replace", QMessageBox.ButtonRole.DestructiveRole)
        self.cancel_button = self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(QMessageBox.StandardButton.Cancel)
        as_plain(self)
        self.setEscapeButton(self.cancel_button)

    def agreed(self) -> bool:
        return self.clickedButton() is self.replace_button
