"""The last messages of a run, newest at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from maga_desk.domain.events import Message
from maga_desk.ui import theme

LINES = 500


class MessageLog(QPlainTextEdit):
    """Read-only; keeps the last 500 lines and follows the end unless a person scrolled up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setMaximumBlockCount(LINES)
        self.setAccessibleName("Messages")
        self.setPlaceholderText("Messages of the run appear here.")
        self.setTabChangesFocus(True)
        self._messages: list[Message] = []
        theme.follow(self._restyle)

    def set_messages(self, messages: Sequence[Message]) -> None:
        """Show these; where they only grew, what is there stays."""
        known = len(self._messages)
        if list(messages[:known]) != self._messages:
            self.clear()
            known = 0
        self._messages = list(messages)
        for message in self._messages[known:]:
            self._write(message)

    def _write(self, message: Message) -> None:
        colours = theme.colours()
        text = escape(message.text)
        if message.level == "info":
            self.appendHtml(f'<span style="color:{colours.text}">{text}</span>')
        else:
            colour = colours.warning if message.level == "warning" else colours.danger
            self.appendHtml(f'<span style="color:{colour}"><b>{message.level.capitalize()}:</b> {text}</span>')

    @Slot()
    def _restyle(self) -> None:
        self.clear()
        for message in self._messages[-LINES:]:
            self._write(message)
