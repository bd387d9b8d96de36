"""How like pictures have to be: a slider over the likeness to some of them, with the count that follows."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from maga_desk.domain.marking import How
from maga_desk.ui import icons
from maga_desk.ui.widgets.basic.action_button import ActionButton
from maga_desk.ui.widgets.basic.fields import Slider
from maga_desk.ui.widgets.basic.labels import TextLabel

START = 85
"""Percent: where the slider stands at first."""


class LikeBar(QWidget):
    """Hidden until pictures were compared. ``mark_button`` shows the action that marks all that is shown.

    Signals: ``moved(percent)``, ``closed()``.
    """

    moved = Signal(int)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.given = 0  # how many pictures all others were compared with; 0: none
        self.text, self.counted = TextLabel(self), TextLabel(self)
        self.slider = Slider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, 100)
        self.slider.setAccessibleName("Least likeness in percent")
        self.slider.setMinimumWidth(120)
        self.slider.setMaximumWidth(260)
        self.mark_button, self.close_button = ActionButton("Mark these", self), QPushButton("Done", self)
        for button in (self.mark_button, self.close_button):
            button.setObjectName("compact")
        icons.put(self.mark_button, "eraser")
        icons.put(self.close_button, "x")
        self.close_button.setToolTip("Show all pictures again, however like")
        self.counted.setObjectName("muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.text, self.slider, self.counted):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.mark_button)
        row.addWidget(self.close_button)
        self.slider.valueChanged.connect(self._move)
        self.close_button.clicked.connect(self.closed)
        self.hide()

    @property
    def percent(self) -> int:
        """The least likeness."""
        return self.slider.value()

    def how(self, *within: str) -> How:
        """``like 3 pictures, at least 85 %``.

        :param within: what else narrows them.
        """
        return How("like", ", ".join([f"{self._of()}, at least {self.percent} %", *within]))

    def show_given(self, given: int, note: str = "") -> None:
        """So many pictures were compared with all; 0 hides the bar.

        :param note: what of it is approximate.
        """
        self.given = given
        self.setToolTip(note)
        self.slider.blockSignals(True)
        self.slider.setValue(START)
        self.slider.blockSignals(False)
        self._say()
        self.setVisible(given > 0)

    def show_count(self, count: int) -> None:
        """How many are shown: that like, and what else narrows them."""
        self.counted.setText(f"{count:,} shown")

    def _of(self) -> str:
        return "1 picture" if self.given == 1 else f"{self.given:,} pictures"

    def _say(self) -> None:
        self.text.setText(f"Like {self._of()}, at least {self.percent} %")

    @Slot(int)
    def _move(self, percent: int) -> None:
        self._say()
        self.moved.emit(percent)
