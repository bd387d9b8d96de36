"""How the marks came about: a sentence for each step; choosing one goes back or forth to it."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QVBoxLayout, QWidget

from maga_desk.domain.basket import Basket
from maga_desk.ui.item_models.history import HistoryModel
from maga_desk.ui.widgets.basic.labels import heading


class _Steps(QListView):
    """A click, Enter or Space chooses the step at hand; the arrows only move to it."""

    chosen = Signal(int)

    def sizeHint(self) -> QSize:
        """No more than it needs: it takes what there is."""
        return self.minimumSizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.currentIndex().isValid():
            self.chosen.emit(self.currentIndex().row())
        else:
            super().keyPressEvent(event)


class HistoryList(QWidget):
    """Signal: ``place_wanted(int)``: go to how it was after so many steps."""

    place_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = HistoryModel(self)
        self.list = _Steps(self)
        self.list.setModel(self.model)
        self.list.setAccessibleName("History of the marks")
        self.list.setToolTip("Click a step to go back or forth to it.")
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setWordWrap(True)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(6)
        column.addWidget(heading("How it came about", self))
        column.addWidget(self.list, 1)
        self.setMinimumHeight(100)
        self.list.clicked.connect(self._clicked)
        self.list.chosen.connect(self.place_wanted)

    def show_basket(self, basket: Basket) -> None:
        """The steps, and which of them are in force."""
        self.model.show_basket(basket)
        present = self.model.index(self.model.present)
        self.list.selectionModel().setCurrentIndex(present, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.list.scrollTo(present)

    @Slot(QModelIndex)
    def _clicked(self, index: QModelIndex) -> None:
        self.place_wanted.emit(index.row())
