"""A scroll area that one does not see."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


def frameless_scroll(content: QWidget, parent: QWidget | None = None) -> QScrollArea:
    """A scroll area without a frame, whose content is as wide as it."""
    scroll = QScrollArea(parent)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setWidget(content)
    return scroll
