"""A list of numbers that may count from 0 or from 1: which of the two a person means."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from maga_desk.ui.tips import unmarked
from maga_desk.ui.widgets.basic.labels import TextLabel, muted


class IndexBaseDialog(QDialog):
    """Signal: ``base_chosen(int)``.

    :param source: what holds the numbers.
    :param readings: the picture that the first number means, counted from 0 and from 1.
    """

    base_chosen = Signal(int)

    def __init__(self, source: str, readings: tuple[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Numbers from 0 or from 1?")
        text = TextLabel(f"{source} holds numbers, and nothing says what they count from. The first one means", self)
        text.setWordWrap(True)
        note = muted("They stand for training pictures in the order in which the source lists them.", self)
        note.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.zero = QPushButton(unmarked(f"Counting from 0: {readings[0]}"), self)
        self.one = QPushButton(unmarked(f"Counting from 1: {readings[1]}"), self)
        self.zero.clicked.connect(self._take_zero)
        self.one.clicked.connect(self._take_one)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (text, self.zero, self.one, note, self.buttons):
            layout.addWidget(widget)
        self.resize(460, 220)

    @Slot()
    def _take_zero(self) -> None:
        self._take(0)

    @Slot()
    def _take_one(self) -> None:
        self._take(1)

    def _take(self, base: int) -> None:
        self.accept()
        self.base_chosen.emit(base)
