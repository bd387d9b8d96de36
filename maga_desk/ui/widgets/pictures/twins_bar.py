"""Which copies of what is marked would stay, and what can be done about them."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from maga_desk.domain.copies_left import CopiesLeft
from maga_desk.ui import theme
from maga_desk.ui.tips import tip
from maga_desk.ui.widgets.basic.labels import TextLabel


class CopiesBar(QWidget):
    """Hidden while there is nothing to say.

    Signals: ``twins_requested()`` (mark the copies too), ``decide_requested()``, ``look_requested()`` (look for near
    copies), ``stop_requested()`` (no longer).
    """

    twins_requested = Signal()
    decide_requested = Signal()
    look_requested = Signal()
    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = TextLabel(self)
        self.text.setWordWrap(True)
        self.button, self.decide_button = QPushButton(self), QPushButton("Decide…", self)
        self.look_button = QPushButton("Look for near copies", self)
        self.look_button.setToolTip(
            "Pictures that show the same in another size, cut, mirrored, brighter or saved anew, in training and test. "
            "Takes a minute for some ten thousand pictures, and is kept for later openings."
        )
        self.decide_button.setToolTip("See each pair: mark it too, leave it with a reason, or say that it is no copy.")
        self._left, self._looking = CopiesLeft(), False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text, 1)
        for button in (self.button, self.decide_button, self.look_button):
            row.addWidget(button)
        self.button.clicked.connect(self.twins_requested)
        self.decide_button.clicked.connect(self.decide_requested)
        self.look_button.clicked.connect(self._look)
        self.show_left(None)

    def show_left(self, left: CopiesLeft | None) -> None:
        """What stays in sight of what is marked; the tip names pictures. ``None``: nothing is marked."""
        self._left = left or CopiesLeft()
        said, count = self._left.warnings(""), len(self._left.positions())
        self.text.setText(self._left.short())
        theme.set_tone(self.text, "warning" if said else "muted")
        told = "\n".join((*said, "Forgetting one of two copies is no forgetting.") if said else ())
        self.text.setToolTip(tip(told))
        self.text.setAccessibleDescription(told)
        self.button.setText("Mark the copy too" if count == 1 else f"Mark the {count:,} copies too")
        self.button.setVisible(count > 0)
        self.decide_button.setVisible(bool(self._left.all_pairs))
        self._show_look()
        self.setVisible(left is not None and (bool(said) or bool(self._left.all_pairs) or not self._left.looked))

    def show_looking(self, words: str | None) -> None:
        """What the search does; ``None``: there is none."""
        self._looking = words is not None
        self.text.setText(words if words is not None else self._left.short())
        self._show_look()

    def _show_look(self) -> None:
        self.look_button.setText("Stop" if self._looking else "Look for near copies")
        self.look_button.setVisible(self._looking or not self._left.looked)

    @Slot()
    def _look(self) -> None:
        (self.stop_requested if self._looking else self.look_requested).emit()
