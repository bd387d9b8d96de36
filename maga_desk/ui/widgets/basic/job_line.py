"""How a job goes: a bar with one line of words, and buttons to pause, go on and cancel."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from maga_desk.ui import icons
from maga_desk.ui.job_view import JobView
from maga_desk.ui.widgets.basic.labels import TextLabel

SCALE = 1000


class JobLine(QWidget):
    """Hidden while there is nothing to show.

    Signals: ``pause_requested()``, ``resume_requested()`` and ``cancel_requested()``.
    """

    pause_requested = Signal()
    resume_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: JobView | None = None
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(8)
        self.bar.setMinimumWidth(48)  # Qt asks for as much as a text in it would take
        self.bar.setAccessibleName("Progress")
        self.words, self.told, self.note = TextLabel(self), TextLabel(self), TextLabel(self)
        for label in (self.words, self.told, self.note):
            label.setObjectName("muted")
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.pause_button, self.cancel_button = QPushButton("Pause", self), QPushButton("Cancel", self)
        for button in (self.pause_button, self.cancel_button):
            button.setObjectName("compact")
        self.told.setWordWrap(False)  # one line, cut where it is narrow: what stands below must not move
        self.told.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        icons.put(self.pause_button, "pause")
        icons.put(self.cancel_button, "x")
        line = QVBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.bar)
        line.addWidget(self.words)
        line.addWidget(self.told)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(line, 1)
        layout.addWidget(self.note, 1)
        layout.addWidget(self.pause_button, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.cancel_button, 0, Qt.AlignmentFlag.AlignTop)
        self.pause_button.clicked.connect(self._pause)
        self.cancel_button.clicked.connect(self.cancel_requested)
        self._arrange()

    def show_job(self, view: JobView | None) -> None:
        """Show how a job stands; ``None`` hides all but a note that was left. An unknown total shows a bar that only
        moves, a job that waits an empty one.
        """
        self._view = view
        if view is not None:
            self.note.clear()
            self._fill(view)
        else:
            self.told.clear()
        self._arrange()

    def tell(self, text: str, whole: str = "") -> None:
        """A line below the words, for as long as the job goes on.

        :param whole: the tip, where there is more to say.
        """
        self.told.setText(text)
        self.told.setToolTip(whole)
        self._arrange()

    def say(self, text: str) -> None:
        """Leave a note, until something is going on again; an empty one hides it."""
        self.note.setText(text)
        self._arrange()

    def _fill(self, view: JobView) -> None:
        progress = view.progress
        if view.state == "waiting" and view.waits_for is not None:
            self.bar.setRange(0, SCALE)
            self.bar.setValue(0)
        elif progress is not None and progress.total > 0:
            self.bar.setRange(0, SCALE)
            self.bar.setValue(min(SCALE, round(SCALE * progress.done / progress.total)))
        else:
            self.bar.setRange(0, 0)
        self.words.setText(view.words())
        self.bar.setAccessibleDescription(self.words.text())
        self.pause_button.setText("Resume" if view.state == "paused" else "Pause")
        icons.put(self.pause_button, "play" if view.state == "paused" else "pause")
        self.pause_button.setEnabled(view.state in ("running", "paused"))
        self.cancel_button.setEnabled(view.state != "stopping")
        self.cancel_button.setToolTip(view.kind.left)

    def _arrange(self) -> None:
        going = self._view is not None
        for widget in (self.bar, self.words, self.pause_button, self.cancel_button):
            widget.setVisible(going)
        self.told.setVisible(going and bool(self.told.text()))
        self.note.setVisible(not going)
        self.setVisible(going or bool(self.note.text()))

    @Slot()
    def _pause(self) -> None:
        paused = self._view is not None and self._view.state == "paused"
        (self.resume_requested if paused else self.pause_requested).emit()
