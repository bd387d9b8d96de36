"""Tips beside the pointer."""

from __future__ import annotations

from PySide6.QtGui import Qt


def tip(text: str) -> str:
    """A text for a tip, in which names of others stand: Qt shows as markup what looks like it."""
    return Qt.convertFromPlainText(text) if Qt.mightBeRichText(text) else text
