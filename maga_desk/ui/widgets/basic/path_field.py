"""A text that may be a path: typed, picked from a few known ones, or chosen in a dialog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.file_dialogs import ask_file, ask_folder


class PathField(QWidget):
    """Signal: ``changed()``.

    :param kind: what the button chooses.
    :param files: the dialog's filter.
    """

    changed = Signal()

    def __init__(
        self, name: str, kind: Literal["folder", "file", "neither"], parent: QWidget | None = None, *, files: str = ""
    ) -> None:
        super().__init__(parent)
        self._name, self._kind, self._files = name, kind, files
        self.box = ChoiceBox(self)
        self.box.setEditable(True)
        self.box.setInsertPolicy(ChoiceBox.InsertPolicy.NoInsert)
        self.box.setAccessibleName(name)
        self.box.setMinimumContentsLength(16)
        self.button = QPushButton("Folder…" if kind == "folder" else "File…", self)
        self.button.setObjectName("compact")
        self.button.setAccessibleName(f"Choose: {name}")
        self.button.setVisible(kind != "neither")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.box, 1)
        layout.addWidget(self.button)
        self.box.editTextChanged.connect(self._changed)
        self.button.clicked.connect(self._choose)
        self.setFocusProxy(self.box)

    def value(self) -> str | None:
        return self.box.currentText().strip() or None

    def set_value(self, value: str | None) -> None:
        self.box.setEditText(value or "")

    def offer(self, values: Sequence[str], hint: str) -> None:
        """Values to pick from, and what to type otherwise."""
        text = self.box.currentText()
        self.box.blockSignals(True)
        self.box.clear()
        self.box.addItems(list(values))
        self.box.setEditText(text)
        self.box.blockSignals(False)
        line = self.box.lineEdit()
        if line is not None:
            line.setPlaceholderText(hint)

    @Slot()
    def _choose(self) -> None:
        if self._kind == "folder":
            path = ask_folder(self, "guidance", self._name)
        else:
            path = ask_file(self, "guidance", self._name, self._files)
        if path:
            self.set_value(path)

    @Slot()
    def _changed(self) -> None:
        self.changed.emit()
