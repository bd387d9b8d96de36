"""A scroll area that one does not see."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


def frameless_scroll(content: QWidget, parent: QWidget | None = None) -> QScrollArea:
    """A scroll area without a frame, whose content is as wide as it.

    It is no stop of the Tab key: nobody would see where the focus went. It scrolls to whatever gets the focus in it.
    """
    scroll = QScrollArea(parent)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(content)
    return scroll
