"""The scaffold that every page stands on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from maga_desk.ui.widgets.basic.notice import Notice

SUBTITLES = {
    "Load": "Open a trained model and the pictures it was trained on.",
    "Forget": "Mark what the model must forget.",
    "Guide": "See which labels the forgotten pictures are moved to, and correct them.",
    "Run": "Choose how to unlearn, start, and watch.",
    "Verify": "Compare the model before, after, and retrained without the pictures.",
    "Export": "Save the unlearned model; every file is reloaded and checked.",
}


class Page(QWidget):
    """A title, a sentence, a notice of what is missing, and a body that scrolls when the window is small."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.setAccessibleName(f"{title} page")
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        inside = QWidget(scroll)
        scroll.setWidget(inside)
        self.body = QVBoxLayout(inside)
        self.body.setContentsMargins(24, 18, 24, 18)
        self.body.setSpacing(10)
        heading, sentence = QLabel(title, inside), QLabel(SUBTITLES.get(title, ""), inside)
        heading.setObjectName("title")
        sentence.setObjectName("muted")
        sentence.setWordWrap(True)
        self.notice = Notice(inside)
        for widget in (heading, sentence, self.notice):
            self.body.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)

    def show_missing(self, lines: list[str]) -> None:
        """What must be done elsewhere first; ``[]`` when the page is ready."""
        self.notice.say("\n".join(lines), "info")
