"""A progress bar with one line of words: what is being done, how far it is, how long it will take."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from maga_desk.domain.durations import rough
from maga_desk.domain.events import Progress

SCALE = 1000


def in_words(progress: Progress) -> str:
    """``Unlearning: 120 of 400, about 12 s left``."""
    text = progress.stage[:1].upper() + progress.stage[1:]
    if progress.total:
        text += f": {progress.done:,} of {progress.total:,}"
    if progress.seconds_left is not None:
        text += f", {rough(progress.seconds_left)} left"
    return text


class ProgressLine(QWidget):
    """Hidden while there is nothing to show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(8)
        self.bar.setAccessibleName("Progress")
        self.words = QLabel(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.bar)
        layout.addWidget(self.words)
        self.words.setObjectName("muted")
        self.hide()

    def show_progress(self, progress: Progress | None) -> None:
        """Show a stage's progress, or hide with ``None``. An unknown total shows a bar that only moves."""
        self.setVisible(progress is not None)
        if progress is None:
            return
        if progress.total > 0:
            self.bar.setRange(0, SCALE)
            self.bar.setValue(min(SCALE, round(SCALE * progress.done / progress.total)))
        else:
            self.bar.setRange(0, 0)
        self.words.setText(in_words(progress))
        self.bar.setAccessibleDescription(self.words.text())
