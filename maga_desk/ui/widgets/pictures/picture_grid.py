"""A grid of thumbnails that stays quick with fifty thousand of them."""

from __future__ import annotations

from typing import cast

import numpy as np
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF, QRegion
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from maga_desk.ui import theme
from maga_desk.ui.item_models.pictures import MARKED, SIDE, PicturesModel
from maga_desk.ui.selection import PictureSelection
from maga_desk.ui.widgets.basic.empty_state import paint_empty

_CELL = SIDE + 12


class _Delegate(QStyledItemDelegate):
    """Draws a picture; a marked one is dimmed and has an orange corner with a cross."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(_CELL, _CELL)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        c = theme.colours()
        cell: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(c.accent), 2))
            painter.setBrush(QColor(c.selection))
            painter.drawRoundedRect(cell.adjusted(2, 2, -2, -2), 6, 6)
        pixmap = index.data(Qt.ItemDataRole.DecorationRole)
        place = QRect(0, 0, SIDE, SIDE)
        place.moveCenter(cell.center())
        marked = bool(index.data(MARKED))
        painter.setOpacity(0.45 if marked else 1.0)
        painter.drawPixmap(place, pixmap)
        painter.setOpacity(1.0)
        if marked:
            self._draw_mark(painter, place)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(c.text), 1, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(cell.adjusted(2, 2, -2, -2), 6, 6)
        painter.restore()

    def _draw_mark(self, painter: QPainter, place: QRect) -> None:
        colour, side = QColor(theme.colours().forget), 24
        right, top = place.right() + 1, place.top()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([QPointF(right - side, top), QPointF(right, top), QPointF(right, top + side)]))
        painter.setPen(QPen(QColor("#ffffff"), 2))
        painter.drawLine(right - 10, top + 4, right - 4, top + 10)
        painter.drawLine(right - 4, top + 4, right - 10, top + 10)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 2))
        painter.drawRect(place.adjusted(0, 0, -1, -1))


class PictureGrid(QListView):
    """Click, shift-click and ctrl-click select; double-click or Enter asks to toggle the marks, Space to see it large.

    Signals: ``toggle_requested()``, change the marks of the selected pictures; ``open_requested(position)``.
    """

    toggle_requested = Signal()
    open_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Training pictures")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(2000)
        self.setGridSize(QSize(_CELL, _CELL))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(_Delegate(self))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._empty_text = ""
        self._selection: PictureSelection | None = None
        self._in_step = False  # while view and selection are brought together
        self.doubleClicked.connect(self._toggle)

    def show_pictures(self, model: PicturesModel, selection: PictureSelection) -> None:
        """Show a model's pictures and which of them are selected; a person changes the selection here.

        Pictures that come and go by a filter take the selection with them.
        """
        self.setModel(model)
        self._selection = selection
        self.selectionModel().selectionChanged.connect(self._select)
        model.modelReset.connect(selection.clear)
        selection.changed.connect(self._show_selection)

    def show_position(self, position: int) -> None:
        """Make a picture the current one and scroll to it, where it is shown. The selection stays."""
        model = cast(PicturesModel, self.model())
        row = np.flatnonzero(model.rows == position)
        if len(row):
            self.selectionModel().setCurrentIndex(model.index(int(row[0])), QItemSelectionModel.SelectionFlag.NoUpdate)

    def say_when_empty(self, text: str) -> None:
        """What stands there while no picture is shown."""
        self._empty_text = text
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_empty(self, self._empty_text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.toggle_requested.emit()
        elif event.key() == Qt.Key.Key_Space:
            if self.currentIndex().isValid():
                self.open_requested.emit(int(cast(PicturesModel, self.model()).rows[self.currentIndex().row()]))
        else:
            super().keyPressEvent(event)

    def selectAll(self) -> None:
        """Every picture that is shown; the selection takes them at once, where Qt would ask for one after the other."""
        if self._selection is not None:
            self._selection.replace(cast(PicturesModel, self.model()).rows)

    def visualRegionForSelection(self, _selection: QItemSelection) -> QRegion:
        """What to paint anew: all that is seen. Qt would unite the places of all selected pictures, seen or not."""
        return QRegion(self.viewport().rect())

    @Slot(QItemSelection, QItemSelection)
    def _select(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        model, selection = cast(PicturesModel, self.model()), self._selection
        if self._in_step or selection is None:
            return
        self._in_step = True
        selection.change(model.positions(selected), model.positions(deselected))
        self._in_step = False

    @Slot()
    def _show_selection(self) -> None:
        model, selection = cast(PicturesModel, self.model()), self._selection
        if self._in_step or selection is None:
            return
        self._in_step = True
        chosen = self.selectionModel()
        chosen.clearSelection()  # first: comparing the old ranges with the new takes long where there are many
        chosen.select(model.selection(selection.mask), QItemSelectionModel.SelectionFlag.Select)
        self._in_step = False

    @Slot(QModelIndex)
    def _toggle(self, _index: QModelIndex) -> None:
        self.toggle_requested.emit()
