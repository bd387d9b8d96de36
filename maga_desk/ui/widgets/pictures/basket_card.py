"""What is marked to be forgotten, what that means, and other ways to mark."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.forget import TOGETHER
from maga_desk.ui import icons
from maga_desk.ui.widgets.basic.action_button import ActionButton
from maga_desk.ui.widgets.basic.file_dialogs import ask_file
from maga_desk.ui.widgets.basic.labels import TextLabel, heading, muted

ONE_BY_ONE = "Each keeps its own goal and settings; the second starts from the first one's result."


class BasketCard(QFrame):
    """Signals: ``together_chosen(bool)``, ``fraction_requested(share 0..1)``, ``names_file_requested(path)``,
    ``paste_requested()``. Undo, redo and clear are actions of the window.
    """

    together_chosen = Signal(bool)
    fraction_requested = Signal(float)
    names_file_requested = Signal(str)
    paste_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setFixedWidth(222)
        self.task, self.counts = TextLabel(self), TextLabel(self)
        self.requests = QWidget(self)
        self.requests_text, self.way_note = TextLabel(self.requests), TextLabel(self.requests)
        self.one_by_one = QRadioButton("One after the other", self.requests)
        self.together = QRadioButton("Together, as single pictures", self.requests)
        self._ways = QButtonGroup(self)
        self.undo_button, self.redo_button = ActionButton("Undo", self), ActionButton("Redo", self)
        self.clear_button = ActionButton("Clear", self)
        self.share_button = QPushButton("Random share…", self)
        self.file_button = QPushButton("From a file of names…", self)
        self.paste_button = QPushButton("Paste names…", self)
        icons.put(self.share_button, "percent")
        icons.put(self.file_button, "file-text")
        icons.put(self.paste_button, "clipboard-text")
        self._lay_out()
        for button in (self.one_by_one, self.together):
            self._ways.addButton(button)
        self._ways.buttonClicked.connect(self._way_clicked)
        self.share_button.clicked.connect(self._ask_share)
        self.file_button.clicked.connect(self._ask_file)
        self.paste_button.clicked.connect(self.paste_requested)
        self.show_requests("", together=False)

    def show_meaning(self, task: str, counts: str) -> None:
        """What the marks mean, and the numbers."""
        self.task.setText(task)
        self.counts.setText(counts)

    def show_requests(self, text: str, *, together: bool) -> None:
        """That the marks are several requests, and which way was chosen; hidden where the text is empty."""
        self.requests.setVisible(bool(text))
        self.task.setVisible(not text)
        self.requests_text.setText(text)
        (self.together if together else self.one_by_one).setChecked(True)
        self.way_note.setText(TOGETHER if together else ONE_BY_ONE)

    def _lay_out(self) -> None:
        title = heading("To be forgotten", self)
        for label in (self.task, self.counts, self.requests_text, self.way_note):
            label.setWordWrap(True)
        for label in (self.counts, self.way_note):
            label.setObjectName("muted")
        requests = QVBoxLayout(self.requests)
        requests.setContentsMargins(0, 0, 0, 0)
        asked: tuple[QWidget, ...] = (self.requests_text, self.one_by_one, self.together, self.way_note)
        for widget in asked:
            requests.addWidget(widget)
        history = QHBoxLayout()
        for button in (self.undo_button, self.redo_button, self.clear_button):
            button.setStyleSheet("padding-left: 8px; padding-right: 8px;")
            history.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        for widget in (title, self.task, self.requests, self.counts):
            layout.addWidget(widget)
        layout.addLayout(history)
        layout.addStretch(1)
        for widget in (muted("Or mark by", self), self.share_button, self.file_button, self.paste_button):
            layout.addWidget(widget)

    @Slot()
    def _way_clicked(self) -> None:
        self.together_chosen.emit(self.together.isChecked())

    @Slot()
    def _ask_share(self) -> None:
        percent, agreed = QInputDialog.getDouble(
            self, "Random share", "Share of the training pictures to forget, in percent:", 5.0, 0.01, 99.0, 2
        )
        if agreed:
            self.fraction_requested.emit(percent / 100)

    @Slot()
    def _ask_file(self) -> None:
        kinds = "Lists (*.txt *.csv *.tsv *.json *.npy *.npz *.pt *.pth);;All files (*)"
        path = ask_file(self, "names", "A list of pictures", kinds)
        if path:
            self.names_file_requested.emit(path)
