"""The scaffold that every page stands on."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from maga_desk.ui.widgets.basic.notice import Notice
from maga_desk.ui.widgets.basic.scroll import frameless_scroll


class Page(QWidget):
    """A title, a sentence, a notice of what is missing, and a body that scrolls when the window is small.

    Whoever assembles the window gives title and sentence by :meth:`introduce`.

    Signals: ``undo_requested()`` and ``redo_requested()`` of pages whose changes can be taken back, and
    ``history_changed()`` when that can be done or no longer.
    """

    undo_requested = Signal()
    redo_requested = Signal()
    history_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.can_undo, self.can_redo = False, False
        inside = QWidget(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frameless_scroll(inside, self))
        self.body = QVBoxLayout(inside)
        self.body.setContentsMargins(24, 18, 24, 18)
        self.body.setSpacing(10)
        self._title, self._subtitle = QLabel(inside), QLabel(inside)
        self._title.setObjectName("title")
        self._subtitle.setObjectName("muted")
        self._subtitle.setWordWrap(True)
        self.notice = Notice(inside)
        for widget in (self._title, self._subtitle, self.notice):
            self.body.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)

    def introduce(self, title: str, subtitle: str) -> None:
        """The page's name, and what it is for in one sentence."""
        self._title.setText(title)
        self._subtitle.setText(subtitle)
        self.setAccessibleName(f"{title} page")

    def show_missing(self, lines: list[str]) -> None:
        """What must be done elsewhere first; ``[]`` when the page is ready."""
        self.notice.say("\n".join(lines), "info")

    def set_history(self, *, can_undo: bool, can_redo: bool) -> None:
        """Whether the last change can be taken back, and made again."""
        self.can_undo, self.can_redo = can_undo, can_redo
        self.history_changed.emit()
