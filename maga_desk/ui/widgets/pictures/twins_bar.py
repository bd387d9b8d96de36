"""That pictures which are marked are there again, and a button that marks those as well."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from maga_desk.domain.twins import TwinsLeft
from maga_desk.ui import theme
from maga_desk.ui.tips import tip
from maga_desk.ui.widgets.basic.labels import TextLabel


class TwinsBar(QWidget):
    """Hidden while there is nothing to say. Signal ``twins_requested()``: mark them too."""

    twins_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = TextLabel(self)
        self.text.setWordWrap(True)
        self.button = QPushButton(self)
        theme.set_tone(self.text, "warning")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text, 1)
        row.addWidget(self.button)
        self.button.clicked.connect(self.twins_requested)
        self.show_left(TwinsLeft())

    def show_left(self, left: TwinsLeft) -> None:
        """What stays in sight of what is marked; the tip names pictures."""
        said, count = left.warnings(""), len(left.positions)
        self.text.setText(left.short())
        self.text.setToolTip(tip("\n".join(said)))
        self.text.setAccessibleDescription("\n".join(said))
        self.button.setText("Mark the twin too" if count == 1 else f"Mark the {count:,} twins too")
        self.button.setVisible(count > 0)
        self.setVisible(bool(said))
