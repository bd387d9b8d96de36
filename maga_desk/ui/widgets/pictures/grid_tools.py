"""How the grid shows its pictures: their size, what is written below them, whether classes stand together."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from maga_desk.ui import icons
from maga_desk.ui.item_models.pictures import SHOWN
from maga_desk.ui.widgets.basic.fields import Slider
from maga_desk.ui.widgets.pictures.cell_view import SIDES
from maga_desk.ui.widgets.pictures.picture_grid import PictureGrid

HEADINGS = "headings"
"""The word for pictures that stand by class, beside those of :data:`SHOWN`."""


class GridTools(QWidget):
    """Signal ``shown_changed(frozenset of str)``: a person chose what is shown on pictures, by the words of
    :data:`SHOWN` and :data:`HEADINGS`. The zoom is the grid's own.
    """

    shown_changed = Signal(object)

    def __init__(self, grid: PictureGrid, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = grid
        self.slider = Slider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, len(SIDES) - 1)
        self.slider.setPageStep(2)
        self.slider.setFixedWidth(96)
        self.slider.setAccessibleName("Size of the pictures")
        self.slider.setToolTip("Size of the pictures (Ctrl and the wheel, Ctrl++, Ctrl+-)")
        self.button = QToolButton(self)
        self.button.setText("Show")
        self.button.setToolTip("What is shown on pictures, and whether they stand by class")
        self.button.setAccessibleName("Show on pictures")
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        icons.put(self.button, "caret-down")
        self.menu = QMenu(self)
        self.menu.addSection("Show on pictures")
        self.choices = {word: self._choice(title) for word, title in SHOWN.items()}
        self.menu.addSeparator()
        self.choices[HEADINGS] = self._choice("By class, with headings")
        self.button.setMenu(self.menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.button)
        row.addWidget(self.slider)
        self.slider.valueChanged.connect(self._zoom)
        grid.side_changed.connect(self._show_side)
        self._show_side(grid.side)

    def _choice(self, title: str) -> QAction:
        choice = self.menu.addAction(title)
        choice.setCheckable(True)
        choice.triggered.connect(self._tell)
        return choice

    def show_chosen(self, words: Collection[str]) -> None:
        """What is shown now; nothing is told."""
        for word, choice in self.choices.items():
            choice.setChecked(word in words)

    @Slot()
    def _tell(self) -> None:
        self.shown_changed.emit(frozenset(word for word, choice in self.choices.items() if choice.isChecked()))

    @Slot(int)
    def _zoom(self, place: int) -> None:
        self._grid.set_side(SIDES[place])

    @Slot(int)
    def _show_side(self, side: int) -> None:
        self.slider.setValue(SIDES.index(side))
