"""One training picture large, with everything that is known of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListView, QPushButton, QVBoxLayout, QWidget

from maga_desk.domain.finding.details import PictureDetails
from maga_desk.ui import icons, theme
from maga_desk.ui.item_models.near_pictures import NearPicturesModel
from maga_desk.ui.widgets.basic.labels import TextLabel, heading
from maga_desk.ui.widgets.basic.scroll import frameless_scroll
from maga_desk.ui.widgets.pictures.fact_list import FactList
from maga_desk.ui.widgets.pictures.picture_view import LargePicture
from maga_desk.ui.widgets.verify.closer.answers_panel import AnswerBars, Said

_STEPS = {
    Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageUp: -1,
    Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageDown: 1,
}  # fmt: skip
_WIDTH = 380


class PictureDialog(QDialog):
    """Keys: the arrows go to the next picture, Enter marks, Space closes.

    Signals: ``step_requested(by)``, ``mark_requested()``, ``neighbours_requested()``, and ``picked(position)``, another
    picture.
    """

    step_requested = Signal(int)
    mark_requested = Signal()
    neighbours_requested = Signal()
    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Picture")
        self.position = -1
        self.picture = LargePicture(self)
        self.name, self.mark_note, self.place = TextLabel(self), TextLabel(self), TextLabel(self)
        self.bars = AnswerBars(self)
        self.facts = FactList("What is known of the picture", self)
        self.near_model = NearPicturesModel(self)
        self.near = QListView(self)
        self.near_title = heading("Nearest pictures", self)
        self.near_note = TextLabel(self)
        self.near_button = QPushButton("Find the nearest pictures", self)
        self.back_button, self.on_button = QPushButton("Previous", self), QPushButton("Next", self)
        self.mark_button, self.close_button = QPushButton(self), QPushButton("Close", self)
        self._lay_out()
        self.back_button.clicked.connect(self._back)
        self.on_button.clicked.connect(self._on)
        self.mark_button.clicked.connect(self.mark_requested)
        self.near_button.clicked.connect(self.neighbours_requested)
        self.near.clicked.connect(self._pick)
        self.near.activated.connect(self._pick)
        self.close_button.clicked.connect(self.accept)

    def show_picture(self, position: int, name: str) -> None:
        """Another picture; what is known of it comes later."""
        self.position = position
        self.name.setText(name)
        self.setWindowTitle(f"{name.rpartition('/')[2]} – picture")
        self.bars.show_answers([])
        self.facts.show_facts(())

    def show_place(self, place: str, *, first: bool, last: bool) -> None:
        """Where it stands.

        :param place: ``12 of 340 shown``.
        """
        self.place.setText(place)
        self.back_button.setEnabled(not first)
        self.on_button.setEnabled(not last)

    def show_pixels(self, details: PictureDetails) -> None:
        """The picture itself."""
        self.picture.show_pixels(details.pixels, self.name.text())

    def show_known(self, said: Said, facts: Sequence[tuple[str, str]]) -> None:
        """What the model says of it, and all else."""
        self.bars.show_answers([("Open model", said)] if said else [])
        self.facts.show_facts(facts)

    def show_failure(self, text: str) -> None:
        """That it could not be read, in a line."""
        self.picture.say(text)

    def show_mark(self, marked: bool, lacks: str = "") -> None:
        """Whether it is marked; or why that cannot be changed."""
        self.mark_note.setText(lacks or ("Marked to be forgotten" if marked else "Not marked"))
        theme.set_tone(self.mark_note, "warning" if marked else "muted")
        self.mark_button.setText("Unmark" if marked else "Mark")
        self.mark_button.setEnabled(not lacks)

    def show_neighbours(self, note: str, *, offer: bool = False) -> None:
        """Its nearest pictures are in :attr:`near_model`; a line about them, and whether they can be asked for."""
        there = self.near_model.rowCount() > 0
        self.near.setVisible(there)
        self.near_button.setVisible(offer)
        self.near_title.setVisible(there or offer or bool(note))
        self.near_note.setText(note)
        self.near_note.setVisible(bool(note))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None:
            (self._back if step < 0 else self._on)()
        elif event.key() == Qt.Key.Key_Space:
            self.accept()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.mark_button.isEnabled():
                self.mark_requested.emit()
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        self.name.setObjectName("heading")
        self.name.setWordWrap(True)
        self.name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.place.setObjectName("muted")
        self.near_note.setObjectName("muted")
        self.near_note.setWordWrap(True)
        self.near.setModel(self.near_model)
        self.near.setAccessibleName("Nearest pictures")
        self.near.setViewMode(QListView.ViewMode.IconMode)
        self.near.setFlow(QListView.Flow.LeftToRight)
        self.near.setMovement(QListView.Movement.Static)
        self.near.setResizeMode(QListView.ResizeMode.Adjust)
        self.near.setUniformItemSizes(True)
        self.near.setIconSize(self.near_model.icon_size)
        self.near.setFixedHeight(2 * self.near_model.cell.height() + 8)
        icons.put(self.back_button, "arrow-left")
        icons.put(self.on_button, "arrow-right")
        icons.put(self.mark_button, "eraser")
        icons.put(self.near_button, "stack")
        for button in (self.back_button, self.on_button, self.mark_button, self.near_button, self.close_button):
            button.setAutoDefault(False)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        inside = QWidget(self)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        parts: tuple[QWidget, ...] = (
            self.name, self.mark_note, self.bars, self.near_title, self.near_note, self.near, self.near_button,
            heading("Known of it", self), self.facts,
        )  # fmt: skip
        for widget in parts:
            column.addWidget(widget)
        column.addStretch(1)
        side = frameless_scroll(inside, self)
        side.setFixedWidth(_WIDTH)
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(self.picture, 1)
        row.addWidget(side)
        below = QHBoxLayout()
        below.addWidget(self.back_button)
        below.addWidget(self.on_button)
        below.addWidget(self.place)
        below.addStretch(1)
        below.addWidget(self.mark_button)
        below.addWidget(self.close_button)
        whole = QVBoxLayout(self)
        whole.addLayout(row, 1)
        whole.addLayout(below)
        self.resize(1000, 680)
        self.picture.setFocus()  # keys are the dialog's

    @Slot()
    def _back(self) -> None:
        if self.back_button.isEnabled():
            self.step_requested.emit(-1)

    @Slot()
    def _on(self) -> None:
        if self.on_button.isEnabled():
            self.step_requested.emit(1)

    @Slot(object)
    def _pick(self, index: object) -> None:
        row = self.near.currentIndex().row()
        if row >= 0:
            self.picked.emit(self.near_model.position(row))
