"""The progress of asking, with buttons to pause, go on and cancel."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from maga_desk.domain.events import Progress
from maga_desk.ui.widgets.basic.progress import ProgressLine

KEPT = "Cancelled. The answers so far are kept: asking again goes on from there."


class JobLine(QWidget):
    """Hidden while there is nothing to show.

    Signals: ``pause_requested()``, ``resume_requested()`` and ``cancel_requested()``.
    """

    pause_requested = Signal()
    resume_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paused = False
        self.line = ProgressLine(self)
        self.note = QLabel(self)
        self.note.setObjectName("muted")
        self.pause_button, self.cancel_button = QPushButton("Pause", self), QPushButton("Cancel", self)
        for button in (self.pause_button, self.cancel_button):
            button.setObjectName("compact")
        self.cancel_button.setToolTip("Stop asking; answers so far are kept, and asking again goes on from there")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.note, 1)
        layout.addWidget(self.pause_button, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.cancel_button, 0, Qt.AlignmentFlag.AlignTop)
        self.pause_button.clicked.connect(self._pause)
        self.cancel_button.clicked.connect(self._cancel)
        self.hide()

    def show_progress(self, progress: Progress | None) -> None:
        """Show a stage's progress; ``None`` hides all but a note that was left."""
        self.line.show_progress(progress)
        if progress is None:
            self._set_paused(False)
        else:
            self.note.clear()
        self._arrange()

    def say(self, text: str) -> None:
        """Leave a note, until something is going on again; an empty one hides it."""
        self.note.setText(text)
        self._arrange()

    def _arrange(self) -> None:
        going = not self.line.isHidden()
        self.pause_button.setVisible(going)
        self.cancel_button.setVisible(going)
        self.note.setVisible(not going)
        self.setVisible(going or bool(self.note.text()))

    def _set_paused(self, paused: bool) -> None:
        self._paused = paused
        self.pause_button.setText("Resume" if paused else "Pause")

    @Slot()
    def _pause(self) -> None:
        self._set_paused(not self._paused)
        (self.pause_requested if self._paused else self.resume_requested).emit()

    @Slot()
    def _cancel(self) -> None:
        self._set_paused(False)
        self.cancel_requested.emit()
