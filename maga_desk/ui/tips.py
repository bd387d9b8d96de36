"""Texts of others beside the pointer, on buttons and in menus."""

from __future__ import annotations

from PySide6.QtGui import Qt


def tip(text: str) -> str:
    """A text for a tip, in which names of others stand: Qt shows as markup what looks like it."""
    return Qt.convertFromPlainText(text) if Qt.mightBeRichText(text) else text


def unmarked(text: str) -> str:
    """A text for a button or a menu, in which names of others stand: there Qt makes a key of what follows an ``&``."""
    return text.replace("&", "&&")
