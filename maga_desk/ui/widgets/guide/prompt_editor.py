"""The question with its place for a class: edited, shown as it will be asked, and named by a version."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from maga_desk.domain.errors import UserError
from maga_desk.domain.specs.prompt import PLACE, QUESTION, Prompt
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.labels import TextLabel

PREVIEWED = 200


class PromptEditor(QWidget):
    """Signal: ``changed()``."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._standard = QUESTION
        self._words: dict[str, str] = {}
        self.edit = QPlainTextEdit(self)
        self.edit.setTabChangesFocus(True)
        self.edit.setAccessibleName("Question")
        self.edit.setAccessibleDescription(f"{PLACE} stands for the class")
        self.edit.setFixedHeight(3 * self.edit.fontMetrics().lineSpacing() + 16)
        self.preview = TextLabel(self)
        self.preview.setObjectName("muted")
        self.preview.setWordWrap(True)
        self.preview_class = ChoiceBox(self)
        self.preview_class.setAccessibleName("Class of the preview")
        self.version = TextLabel(self)
        self.version.setObjectName("muted")
        self.restore_button = QPushButton("Restore the standard", self)
        self.restore_button.setObjectName("compact")
        row = QHBoxLayout()
        row.addWidget(TextLabel("Asked about", self))
        row.addWidget(self.preview_class)
        row.addStretch(1)
        row.addWidget(self.version)
        row.addWidget(self.restore_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.edit)
        layout.addLayout(row)
        layout.addWidget(self.preview)
        self.edit.textChanged.connect(self._edited)
        self.preview_class.currentIndexChanged.connect(self._preview)
        self.restore_button.clicked.connect(self._restore)
        self.setFocusProxy(self.edit)
        self._preview()

    def value(self) -> str | None:
        """The wording, ``None`` for the standard one."""
        text = self.edit.toPlainText().strip()
        return None if text == self._standard else text

    def show_prompt(self, template: str | None, standard: str) -> None:
        """Show a wording; ``None`` is the standard one."""
        self._standard = standard
        self.edit.setPlainText(standard if template is None else template)

    def show_classes(self, words: dict[str, str]) -> None:
        """Classes to preview with, and what each is called in a question."""
        self._words = dict(list(words.items())[:PREVIEWED])
        self.preview_class.clear()
        self.preview_class.addItems(list(self._words) or ["cat"])

    @Slot()
    def _restore(self) -> None:
        self.edit.setPlainText(self._standard)

    @Slot()
    def _edited(self) -> None:
        self._preview()
        self.changed.emit()

    @Slot()
    def _preview(self) -> None:
        name = self.preview_class.currentText()
        try:
            prompt = Prompt(self.edit.toPlainText().strip())
        except UserError:
            self.preview.setText("")
            self.version.setText("no version")
            return
        self.preview.setText(f"“{prompt.about(self._words.get(name, name))}”")
        self.version.setText(f"version {prompt.version}")
        self.restore_button.setEnabled(prompt.template != self._standard)
