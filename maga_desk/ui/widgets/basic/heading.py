"""A heading inside a page."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget


def heading(text: str, parent: QWidget) -> QLabel:
    """A label in the style of headings."""
    label = QLabel(text, parent)
    label.setObjectName("heading")
    return label
