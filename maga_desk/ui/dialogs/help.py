"""The program's documentation, shown inside it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QListWidget, QTextBrowser, QVBoxLayout, QWidget


class HelpDialog(QDialog):
    """Markdown files of a folder: a list at the left, the text at the right.

    :param folder: where the documentation lives.
    """

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Documentation")
        self.resize(860, 620)
        self._files = sorted(folder.glob("*.md"))
        self.topics = QListWidget(self)
        self.topics.setAccessibleName("Topics")
        self.topics.setMaximumWidth(200)
        self.text = QTextBrowser(self)
        self.text.setOpenExternalLinks(True)
        self.text.setSearchPaths([str(folder)])
        for file in self._files:
            self.topics.addItem(file.stem.replace("-", " ").capitalize())
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.topics)
        row.addWidget(self.text, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(row, 1)
        layout.addWidget(close)
        self.topics.currentRowChanged.connect(self._show)
        if self._files:
            self.topics.setCurrentRow(0)

    def _show(self, row: int) -> None:
        self.text.setSource(QUrl.fromLocalFile(str(self._files[row])))
