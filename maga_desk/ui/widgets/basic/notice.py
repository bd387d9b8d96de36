"""A calm box with lines for a person: what is missing, what went wrong."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from maga_desk.ui import theme
from maga_desk.ui.widgets.basic.labels import TextLabel

Level = Literal["info", "warning", "error"]
TONES: dict[Level, theme.Tone] = {"info": "accent", "warning": "warning", "error": "danger"}
_SIGNS = {"info": "i", "warning": "!", "error": "✗"}


class Notice(QFrame):
    """Hidden while it has nothing to say. Signal ``dismissed()``, where it can be closed."""

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None, *, closable: bool = False) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._sign, self._text = TextLabel(self), TextLabel(self)
        self._sign.setObjectName("sign")
        self._sign.setFixedWidth(18)
        self._sign.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._layout = layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 9, 12, 9)
        layout.addWidget(self._sign)
        layout.addWidget(self._text, 1)
        if closable:
            close = QToolButton(self)
            close.setText("✕")
            close.setAutoRaise(True)
            close.setAccessibleName("Close this notice")
            close.clicked.connect(self._close)
            layout.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def say(self, text: str | None, level: Level = "info") -> None:
        """Show a text, or hide with ``None`` or an empty one."""
        self._text.setText(text or "")
        self._text.setAccessibleName(f"{level}: {text}" if text else "")
        self._sign.setText(_SIGNS[level])
        theme.set_property(self, "level", level)
        theme.set_tone(self._sign, TONES[level])
        self.setVisible(bool(text))

    def text(self) -> str:
        return self._text.text()

    @Slot()
    def _close(self) -> None:
        self.say(None)
        self.dismissed.emit()
