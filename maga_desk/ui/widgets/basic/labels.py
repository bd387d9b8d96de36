"""Labels in the styles of the program; the theme's style sheet knows them by name."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget


def heading(text: str, parent: QWidget) -> QLabel:
    """A heading inside a page."""
    return _named("heading", text, parent)


def muted(text: str, parent: QWidget) -> QLabel:
    """A quiet remark that takes as many lines as it needs."""
    label = _named("muted", text, parent)
    label.setWordWrap(True)
    return label


def _named(name: str, text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setObjectName(name)
    return label
