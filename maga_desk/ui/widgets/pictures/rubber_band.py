"""A rectangle that is drawn with the mouse over the grid, and scrolls it where it leaves the view."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, QPoint, QRect, QTimer, Slot
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QApplication, QScrollBar, QWidget

from maga_desk.ui import theme

_TICK = 30  # milliseconds between two steps of scrolling
_SPEED = 0.6  # of the distance from the view's edge, each step


class Banded(Protocol):
    """What a band is drawn over; ``top`` is the height of the content that the view begins at."""

    @property
    def top(self) -> int: ...
    def viewport(self) -> QWidget: ...
    def verticalScrollBar(self) -> QScrollBar: ...
    def begin_band(self, *, add: bool) -> None: ...
    def choose_within(self, place: QRect, /) -> None:
        """Select what touches a rectangle of the content."""
        ...


class RubberBand(QObject):
    """It begins once the pointer has moved as far as a drag takes."""

    def __init__(self, grid: Banded, parent: QObject) -> None:
        super().__init__(parent)
        self._grid = grid
        self._from: QPoint | None = None  # in the content
        self._to, self._add, self.active = QPoint(), False, False
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK)
        self._timer.timeout.connect(self._scroll)

    def begin(self, at: QPoint, top: int, *, add: bool) -> None:
        """The button went down at a point of the view.

        :param top: the height of the content that the view begins at.
        """
        self._from, self._to, self._add = QPoint(at.x(), at.y() + top), at, add

    def follow(self, at: QPoint) -> None:
        """The pointer moved to a point of the view, or beyond it."""
        if self._from is None:
            return
        grid, self._to = self._grid, at
        if not self.active:
            way = QPoint(at.x(), at.y() + grid.top) - self._from
            if way.manhattanLength() < QApplication.startDragDistance():
                return
            self.active = True
            grid.begin_band(add=self._add)
        outside = at.y() < 0 or at.y() > grid.viewport().height()
        if outside and not self._timer.isActive():
            self._timer.start()
        elif not outside:
            self._timer.stop()
        grid.choose_within(self.place)

    def drop(self) -> None:
        """The button went up, or there are other cells."""
        self._timer.stop()
        if self.active:
            self._grid.viewport().update()
        self._from, self.active = None, False

    @property
    def place(self) -> QRect:
        """In pixels of the content."""
        begin = self._from or QPoint()
        return QRect(begin, QPoint(self._to.x(), self._to.y() + self._grid.top)).normalized()

    def paint(self, painter: QPainter, top: int) -> None:
        if self.active:
            colour = QColor(theme.colours().accent)
            painter.setPen(QPen(colour, 1))
            colour.setAlpha(40)
            painter.setBrush(colour)
            painter.drawRect(self.place.translated(0, -top))

    @Slot()
    def _scroll(self) -> None:
        height, y = self._grid.viewport().height(), self._to.y()
        beyond = y if y < 0 else max(0, y - height)
        bar = self._grid.verticalScrollBar()
        bar.setValue(bar.value() + round(_SPEED * beyond) + (1 if beyond > 0 else -1))
        self._grid.choose_within(self.place)
