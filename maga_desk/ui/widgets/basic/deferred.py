"""A place for a widget that is expensive to import: it is made after the page has been painted for the first time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget


class Deferred(QWidget):
    """Builds its content on the first turn of the event loop after it was shown.

    Signal: ``built()`` once the content is there.
    """

    built = Signal()

    def __init__(self, build: Callable[[QWidget], QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build = build
        self._content: QWidget | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.ensure)

    @property
    def content(self) -> QWidget | None:
        """The widget, or ``None`` before it was needed."""
        return self._content

    @Slot()
    def ensure(self) -> None:
        """Build the content now if it is not there."""
        if self._content is None:
            self._content = self._build(self)
            self._layout.addWidget(self._content)
            self.built.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._content is None:
            self._timer.start(0)
