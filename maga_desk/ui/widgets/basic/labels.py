"""Labels in the styles of the program; the theme's style sheet knows them by name."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget


class TextLabel(QLabel):
    """A label that shows its text as it is. Qt takes what looks like markup for markup, and names of classes, files and
    models may look like anything.
    """

    def __init__(self, text: str | QWidget = "", parent: QWidget | None = None) -> None:
        shown, over = ("", text) if isinstance(text, QWidget) else (text, parent)
        super().__init__(shown, over)
        self.setTextFormat(Qt.TextFormat.PlainText)


def as_plain(box: QWidget) -> None:
    """Let a message box of Qt's show its texts as they are, too."""
    for label in box.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.PlainText)


def heading(text: str, parent: QWidget) -> QLabel:
    """A heading inside a page."""
    return _named("heading", text, parent)


def muted(text: str, parent: QWidget) -> QLabel:
    """A quiet remark that takes as many lines as it needs."""
    label = _named("muted", text, parent)
    label.setWordWrap(True)
    return label


def _named(name: str, text: str, parent: QWidget) -> QLabel:
    label = TextLabel(text, parent)
    label.setObjectName(name)
    return label
