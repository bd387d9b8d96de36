"""What the grid and the list of the strongest share: keys, menu, reading and editing of the matrix's cells."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QMenu, QTableView, QWidget

from maga_desk.ui import theme
from maga_desk.ui.item_models.matrix import ColumnNameRole, DiagonalRole, RowNameRole, TransitionModel
from maga_desk.ui.tips import unmarked
from maga_desk.ui.widgets.basic.takeaway import Takeaway
from maga_desk.ui.widgets.guide.matrix_cells import MatrixCells, plain
from maga_desk.ui.widgets.guide.names_header import NamesHeader, quiet_corner

Index = QModelIndex | QPersistentModelIndex
KEYS = "Enter changes, L locks, Shift+L locks the row, Delete resets"
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_STARTS_A_NUMBER = "0123456789.,"


class MatrixView(QTableView):
    """An editable view over a :class:`TransitionModel`, straight or through another model.

    Double click, Enter, F2 or a digit edits a cell; L locks or unlocks it and Shift+L its row; Delete resets it.
    What a person wants changed is told by the model's signals, as several views share one.
    Signal: ``described(text)`` for the cell under the pointer or the current one.
    """

    described = Signal(str)

    def __init__(
        self,
        source: TransitionModel,
        model: QAbstractItemModel,
        parent: QWidget | None = None,
        *,
        named: bool,
        smallest: int,
    ) -> None:
        super().__init__(parent)
        self._model = source
        self._cells = MatrixCells(self, named=named)
        self._across = NamesHeader(Qt.Orientation.Horizontal, self, smallest=smallest, upwards=not named)
        self._down = NamesHeader(Qt.Orientation.Vertical, self, smallest=smallest, upwards=False)
        self.setHorizontalHeader(self._across)
        self.setVerticalHeader(self._down)
        self.setModel(model)
        self.setItemDelegate(self._cells)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed | triggers.AnyKeyPressed)
        quiet_corner(self)
        model.modelReset.connect(self._renamed)
        model.headerDataChanged.connect(self._renamed)
        model.dataChanged.connect(self._tell_current)
        model.layoutChanged.connect(self._tell_current)
        self.entered.connect(self._tell)
        self.takeaway = Takeaway(self, "transition-matrix", menu=False)

    @property
    def transition_model(self) -> TransitionModel:
        return self._model

    def current_row(self) -> str | None:
        """The class of the current cell's row, or the only row."""
        index = self.currentIndex()
        if index.isValid():
            return self._model.row_name(index.row())
        return self._model.row_name(0) if self._model.rowCount() == 1 else None

    def find_class(self, number: int) -> bool:
        """Make a class's row current and bring it into view; false when it has no row here."""
        row = self._model.row_of_class(number)
        if row is None:
            return False
        column = max(0, self.currentIndex().column())
        self.setCurrentIndex(self.model().index(row, column))
        self.scrollTo(self.currentIndex(), QAbstractItemView.ScrollHint.PositionAtCenter)
        return True

    def row_is_locked(self) -> bool:
        """Whether every cell of the current row is locked."""
        matrix, row = self._model.matrix, self.current_row()
        return matrix is not None and row is not None and matrix.row_locked(row)

    def describe(self, index: Index) -> str:
        """One line for a cell."""
        return str(index.data(Qt.ItemDataRole.ToolTipRole) or "") if index.isValid() else ""

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(plain(current), plain(previous))
        self._across.viewport().update()
        self.described.emit(self.describe(current))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self.currentIndex()
        if self.state() == QAbstractItemView.State.EditingState or not current.isValid():
            super().keyPressEvent(event)
            return
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() in _ENTER:
            self._edit_current()
        elif event.key() == Qt.Key.Key_L:
            (self._lock_row if shift else self._lock_cell)()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._reset_cell()
        elif event.text().isprintable() and event.text() and event.text() not in _STARTS_A_NUMBER:
            event.ignore()  # a letter begins no number
            return
        else:
            super().keyPressEvent(event)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._tell_current()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if not self.indexAt(event.position().toPoint()).isValid():
            self._tell_current()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The page shows beside the cells, so that a class of no likeness still reads as a cell."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(theme.colours().window))
        painter.end()
        super().paintEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        if index.isValid():
            self.setCurrentIndex(index)
            self.context_menu().popup(event.globalPos())

    def context_menu(self) -> QMenu:
        """What can be done with the current cell and its row."""
        menu, index = QMenu(self), self.currentIndex()
        may = self._editable(index)
        locked, row_locked = self._cell_is_locked(index), self.row_is_locked()
        row = str(index.data(RowNameRole))
        for text, slot, enabled in (
            ("Set value…", self._edit_current, may and not locked),
            ("Unlock cell" if locked else "Lock cell", self._lock_cell, may),
            ("Reset cell", self._reset_cell, may and self._cell_is_edited(index)),
            (f"Unlock row '{row}'" if row_locked else f"Lock row '{row}'", self._lock_row, self._is_proposal()),
            (f"Reset row '{row}'", self._reset_current_row, self._is_proposal()),
            ("Reset all", self._reset_all, self._is_proposal()),
        ):
            action = menu.addAction(unmarked(text))
            action.setEnabled(enabled)
            action.triggered.connect(slot)
        menu.addSeparator()
        menu.addActions(self.takeaway.actions)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _is_proposal(self) -> bool:
        return self._model.layer == "proposal"

    def _editable(self, index: Index) -> bool:
        return self._is_proposal() and index.isValid() and not index.data(DiagonalRole)

    def _cell_is_edited(self, index: Index) -> bool:
        matrix = self._model.matrix
        return matrix is not None and matrix.edited(str(index.data(RowNameRole)), str(index.data(ColumnNameRole)))

    def _cell_is_locked(self, index: Index) -> bool:
        matrix = self._model.matrix
        return matrix is not None and matrix.locked(str(index.data(RowNameRole)), str(index.data(ColumnNameRole)))

    @Slot()
    def _lock_cell(self) -> None:
        index = self.currentIndex()
        if self._editable(index):
            locked = self._cell_is_locked(index)
            self._model.cell_locked.emit(index.data(RowNameRole), index.data(ColumnNameRole), not locked)

    @Slot()
    def _lock_row(self) -> None:
        row = self.current_row()
        if row is not None and self._is_proposal():
            self._model.row_locked.emit(row, not self.row_is_locked())

    @Slot()
    def _reset_cell(self) -> None:
        index = self.currentIndex()
        if self._editable(index) and self._cell_is_edited(index):
            self._model.cell_reset.emit(index.data(RowNameRole), index.data(ColumnNameRole))

    @Slot(QModelIndex)
    def _tell(self, index: Any) -> None:
        self.described.emit(self.describe(index))

    @Slot()
    def _tell_current(self) -> None:
        self.described.emit(self.describe(self.currentIndex()))

    @Slot()
    def _edit_current(self) -> None:
        index = self.currentIndex()
        if self._editable(index) and self._cell_is_locked(index):
            pair = f"{index.data(RowNameRole)} → {index.data(ColumnNameRole)}"
            self._model.refused.emit(f"{pair} is locked; unlock it first (key L)")
        elif self._editable(index):
            self.edit(index)

    @Slot()
    def _reset_current_row(self) -> None:
        row = self.current_row()
        if row is not None:
            self._model.row_reset.emit(row)

    @Slot()
    def _reset_all(self) -> None:
        self._model.all_reset.emit()

    @Slot()
    def _renamed(self) -> None:
        self._across.forget_depth()
        self._down.forget_depth()
