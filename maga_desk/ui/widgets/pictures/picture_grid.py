"""The training pictures as a grid that stays quick with a million of them: selecting by mouse and keys."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from maga_desk.ui.item_models.pictures import PicturesModel
from maga_desk.ui.selection import PictureSelection
from maga_desk.ui.tips import tip, unmarked
from maga_desk.ui.widgets.pictures.cell_view import CellView
from maga_desk.ui.widgets.pictures.grid_geometry import Rows
from maga_desk.ui.widgets.pictures.row_choosing import RowChoosing
from maga_desk.ui.widgets.pictures.rubber_band import RubberBand

_LEAST = 120  # points of height: above the map, a line of pictures of the usual size and some of the next
_FOLD = 24  # pixels at the left of a heading that fold its class
_SHIFT, _CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_LARGER, _SMALLER = (Qt.Key.Key_Plus, Qt.Key.Key_Equal), (Qt.Key.Key_Minus,)


class PictureGrid(CellView):
    """Click, shift-click, ctrl-click, a rubber band and keys select; double-click or Enter asks to toggle the marks.

    Signals: ``toggle_requested()`` (change the marks of the selected pictures), ``open_requested(int position)`` (show
    a picture large).
    """

    toggle_requested = Signal()
    open_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Training pictures")
        self.setMinimumHeight(_LEAST)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._choosing = RowChoosing(self._model, PictureSelection(self))
        self._current = -1  # position of the picture that keys move from
        self.rubber = RubberBand(self, self)

    def show_pictures(self, model: PicturesModel, selection: PictureSelection) -> None:
        """Show a model's pictures and which of them are selected; a person changes the selection here.

        What a filter takes away is selected no longer.
        """
        self._choosing = RowChoosing(model, selection)
        selection.changed.connect(self._repaint)
        self.show_model(model)

    @Slot()
    def _take_rows(self) -> None:
        self._choosing.follow(self._current)
        self._current = self._choosing.position()
        self.rubber.drop()
        super()._take_rows()

    def _chosen(self, rows: Rows) -> NDArray[np.bool_]:
        return self._choosing.chosen(rows)

    def _current_row(self) -> int:
        return self._choosing.current

    def _paint_over(self, painter: QPainter, top: int) -> None:
        self.rubber.paint(painter, top)

    def _always_whole(self) -> bool:
        return self.rubber.active

    # What is selected

    def selectAll(self) -> None:
        """Every picture that is shown."""
        self._choosing.choose_all()

    def selected_rows(self) -> Rows:
        """``(n,) int64``, ascending."""
        return np.flatnonzero(self._choosing.selection.holds(self._model.rows))

    def copied(self) -> str:
        """The names of the selected pictures, a line each, as they stand."""
        images = self._model.images
        return "\n".join(images.train.names[i] for i in self._model.rows[self.selected_rows()]) if images else ""

    def current_position(self) -> int:
        """Of the picture that keys move from; -1 where there is none."""
        return self._choosing.position()

    def choose(self, row: int, *, extend: bool = False, toggle: bool = False) -> None:
        """Select a row as a click on it does, and have it seen."""
        self._choosing.choose(row, extend=extend, toggle=toggle)
        self.go_to(row)

    def go_to(self, row: int) -> None:
        """Make a row the current one, have it seen, and say its picture to who cannot see it."""
        self._choosing.current = row
        self._current = self._choosing.position()
        self.scroll_to(row)
        self._repaint()
        self.setAccessibleDescription(self._model.describe(self._current))
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    def show_position(self, position: int) -> None:
        """Make a picture the current one and have it seen, where it is shown: out of a class that was folded away too.

        The selection stays.
        """
        row = self._row_of(position)
        if row < 0:
            return
        if self._model.groups and (label := self._model.groups[self.group_of(row)].label) in self.folded:
            self.fold(label, folded=False)
        self._choosing.anchor = row
        self.go_to(row)

    def next_position(self, position: int, by: int) -> int:
        """The picture that stands next to one, forwards (1) or back (-1), in no class that is folded away; -1: none."""
        row = self._row_of(position)
        found = self._geometry.step(row, by) if row >= 0 else None
        return int(self._model.rows[found]) if found is not None else -1

    def _row_of(self, position: int) -> int:
        found = np.flatnonzero(self._model.rows == position)
        return int(found[0]) if len(found) else -1

    def begin_band(self, *, add: bool) -> None:
        """A rubber band begins; what was selected before stays with ``add``."""
        self._choosing.begin_band(add=add)

    def choose_within(self, place: QRect) -> None:
        """Select what a rubber band touches, in pixels of the content."""
        self._choosing.band(self._geometry.within(place.left(), place.top(), place.right(), place.bottom()))
        self._repaint()

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        extend, toggle = bool(event.modifiers() & _SHIFT), bool(event.modifiers() & _CTRL)
        row, group = self.row_at(at), self._heading_at(at)
        if event.button() == Qt.MouseButton.RightButton:
            if row is not None and not self._choosing.chosen(np.array([row]))[0]:
                self.choose(row)
        elif event.button() == Qt.MouseButton.LeftButton and group is not None:
            self._press_heading(group, at, add=extend or toggle)
        elif event.button() == Qt.MouseButton.LeftButton:
            if row is not None:
                self.choose(row, extend=extend, toggle=toggle)
            elif not (extend or toggle):
                self._choosing.selection.clear()
            self.rubber.begin(at, self.top, add=extend or toggle)

    def _press_heading(self, group: int, at: QPoint, *, add: bool) -> None:
        label = self._model.groups[group].label
        if at.x() - self._geometry.margin < _FOLD:
            self.fold(label, folded=label not in self.folded)
        else:
            self._choosing.choose_all(self._geometry.rows_of(group), add=add)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.rubber.follow(event.position().toPoint())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self.rubber.drop()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.row_at(event.position().toPoint()) is not None:
            self.toggle_requested.emit()
        else:
            self.mousePressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.rubber.drop()
        super().hideEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._repaint()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._repaint()

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, toggle = event.key(), bool(event.modifiers() & _CTRL)
        if toggle and key in (*_LARGER, *_SMALLER):
            self.zoom(1 if key in _LARGER else -1)
        elif toggle and key == Qt.Key.Key_A:
            self.selectAll()
        elif key in _ENTER and not event.modifiers() & _CTRL:
            self.toggle_requested.emit()
        elif key == Qt.Key.Key_Space and self._choosing.current >= 0:
            self._press_space(toggle=toggle)
        elif key == Qt.Key.Key_Escape and len(self._choosing.selection):
            self._choosing.selection.clear()
        elif (row := self._row_by(event)) is not None:
            self._move_to(row, extend=bool(event.modifiers() & _SHIFT), toggle=toggle)
        else:
            event.ignore()  # letters find nothing here: the query line does that

    def _press_space(self, *, toggle: bool) -> None:
        if toggle:
            self._choosing.toggle(self._choosing.current)
        else:
            self.open_requested.emit(self.current_position())

    def _move_to(self, row: int, *, extend: bool, toggle: bool) -> None:
        """By keys: ctrl alone goes without selecting."""
        if toggle and not extend:
            self.go_to(row)
        else:
            self.choose(row, extend=extend, toggle=toggle)

    def _row_by(self, event: QKeyEvent) -> int | None:
        """Where a key leads, from the current row or, without one, from the first: never into what is folded away."""
        key, last, row = event.key(), self._model.rowCount() - 1, self._choosing.current
        page = max(1, self.viewport().height() // self._geometry.cell[1])
        lines = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page}
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if last < 0 or key not in (*lines, *steps, Qt.Key.Key_Home, Qt.Key.Key_End):
            return None
        if key == Qt.Key.Key_End:
            return self._geometry.step(last + 1, -1)
        if key == Qt.Key.Key_Home or row < 0:
            return self._geometry.step(-1, 1)
        if key in steps:
            forward = steps[Qt.Key(key)] * (-1 if self.isRightToLeft() else 1)
            found = self._geometry.step(row, forward)
            return row if found is None else found
        return self._geometry.beside(row, lines[Qt.Key(key)])

    # Tips and menus

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = self.row_at(event.pos())
            if row is None:
                QToolTip.hideText()
            else:
                text = tip(self._model.describe(int(self._model.rows[row])))
                QToolTip.showText(event.globalPos(), text, self.viewport(), self.box_of(row))
            return True
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        current = self._choosing.current
        row = self.row_at(event.pos()) if by_mouse else current if current >= 0 else None
        menu = self.menu_for(row)
        at = event.globalPos()
        if not by_mouse and row is not None:
            at = self.viewport().mapToGlobal(self.box_of(row).center())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    def menu_for(self, row: int | None) -> QMenu:
        """The page's actions, and what else can be selected from a row."""
        menu, images = QMenu(self), self._model.images
        menu.addActions(self.actions())
        menu.addSeparator()
        if row is not None and images is not None:
            position = int(self._model.rows[row])
            label, kind = int(images.train.labels[position]), int(images.train.kinds[position])
            name, kind_name = unmarked(images.classes[label]), unmarked(images.kinds[kind])
            menu.addAction("Show it &large\tSpace").triggered.connect(lambda: self.open_requested.emit(position))
            choose_class = menu.addAction(f"Select all of the &class {name}")
            choose_class.triggered.connect(lambda: self._choose_like(images.train.labels, label))
            if kind_name != name:
                choose_kind = menu.addAction(f"Select all of the &kind {kind_name}")
                choose_kind.triggered.connect(lambda: self._choose_like(images.train.kinds, kind))
            if self._model.groups:
                menu.addAction(f"&Fold {name} away").triggered.connect(lambda: self.fold(label, folded=True))
        menu.addAction("Select &all that is shown").triggered.connect(self.selectAll)
        if self._model.groups:
            menu.addAction("Fold all classes away").triggered.connect(lambda: self.fold_all(folded=True))
            menu.addAction("Unfold all classes").triggered.connect(lambda: self.fold_all(folded=False))
        return menu

    def _choose_like(self, of: NDArray[np.int64], value: int) -> None:
        """Of what is shown, all of a class or a kind."""
        self._choosing.choose_all(np.flatnonzero(of[self._model.rows] == value))
