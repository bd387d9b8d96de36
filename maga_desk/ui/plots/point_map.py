"""A map of points: moved, enlarged, and selected from by a lasso or a brush.

Mouse: the wheel enlarges; the left button does what the tool says, the middle one always moves. A click selects. Shift
adds to the selection, Ctrl or Alt takes out of it. Keys: arrows move, + and - enlarge, 0 or Home shows all, Escape ends
a lasso that is being drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from maga_desk.domain.picture_map import PointPlaces
from maga_desk.ui import theme
from maga_desk.ui.plots.map_look import MapLook, layers_of
from maga_desk.ui.plots.plane_view import PlaneView, Points
from maga_desk.ui.plots.point_raster import PointLayer, PointRaster

Mode = Literal["replace", "add", "remove"]
MOVE, LASSO, BRUSH = 0, 1, 2
"""Tools."""

_STEP, _TURN = 60, 1.25  # pixels by an arrow key; times by a key or a notch of the wheel
_NEAR, _STILL = 7.0, 4.0  # pixels: how far from the pointer a point is meant; how far a click may move


@dataclass(frozen=True)
class PointCard:
    """What is told of the point under the pointer."""

    pixmap: QPixmap
    lines: tuple[str, ...]


class PointMap(QWidget):
    """Signals: ``drawn(positions ndarray, mode)`` once a lasso or a brush has passed points that stand out,
    ``clicked(position, mode)`` with -1 beside all points, and ``opened(position)`` by a double click.
    """

    drawn = Signal(object, str)
    clicked = Signal(int, str)
    opened = Signal(int)

    def __init__(self, name: str, describe: Callable[[int], PointCard], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._describe = describe
        self.tool = MOVE
        self.brush_radius = 24.0
        self.touched = False  # whether a person has moved, enlarged or drawn since the points came
        self._points: Points = np.zeros((0, 2))
        self._places = PointPlaces(self._points)
        self._drawing_order: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._look = MapLook.plain(0)
        self._view = PlaneView()
        self._raster, self._image = PointRaster(), QImage()
        self._layers: list[PointLayer] | None = None
        self._stale = True
        self._empty = ""
        self._hovered: int | None = None
        self._pointer: QPointF | None = None
        self._pressed: QPointF | None = None
        self._still = True  # whether the pointer has stayed where it was pressed: a click
        self._last = QPointF()
        self._moving = False
        self._path: list[QPointF] = []
        self._brushed: NDArray[np.bool_] | None = None
        theme.follow(self._recolour)

    def sizeHint(self) -> QSize:
        return QSize(520, 420)

    @property
    def view(self) -> PlaneView:
        """The part of the plane that is in sight."""
        return self._view

    def set_points(self, points: Points) -> None:
        """Other points ``(N, 2)``, all in sight."""
        self._points, self._places = points, PointPlaces(points)
        self._drawing_order = np.random.default_rng(0).permutation(len(points))
        if len(self._look.shades) != len(points):
            self._look = MapLook.plain(len(points))
        self._end_gesture()
        self._hovered, self.touched = None, False
        self._layers = None
        self.show_all()

    def set_look(self, look: MapLook) -> None:
        """Other colours, or others that stand out; of as many points as there are."""
        self._look, self._layers = look, None
        self._redraw()

    def say_when_empty(self, text: str) -> None:
        """What stands there while there are no points."""
        self._empty = text
        self.update()

    @Slot()
    def show_all(self) -> None:
        self._show(PlaneView.of(self._points, (self.width(), self.height())))

    def move_by(self, right: float, down: float) -> None:
        """Move what is seen by so many pixels."""
        self.touched = True
        self._show(self._view.moved(right, down))

    def enlarge(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarge around a place on the screen, by default the middle."""
        self.touched = True
        place = at or QPointF(self.width() / 2, self.height() / 2)
        self._show(self._view.zoomed(factor, (place.x(), place.y())))

    def screen_of(self, position: int) -> QPointF:
        """Where a point lies in the widget."""
        x, y = self._view.on_screen(self._points[position : position + 1])[0]
        return QPointF(float(x), float(y))

    def render_image(self) -> QImage:
        """The points as they are drawn now."""
        if self._layers is None:
            self._layers = self._made_layers()
        background = QColor(theme.colours().surface).rgb()
        return self._raster.draw(self._view, self._layers, self._radius(), background, self.devicePixelRatioF())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._stale:
            self._image, self._stale = self.render_image(), False
        painter = QPainter(self)
        painter.drawImage(QPointF(0, 0), self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c = theme.colours()
        painter.setPen(QPen(QColor(c.accent if self.hasFocus() else c.border), 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        if not len(self._points):
            painter.setPen(QColor(c.text_muted))
            where = self.rect().adjusted(24, 24, -24, -24)
            painter.drawText(where, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), self._empty)
        self._paint_gesture(painter)
        self._paint_card(painter)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._view.zoom == 1.0 and not self.touched:
            self.show_all()
        else:
            self._show(self._view.resized((self.width(), self.height())))

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches:
            self.enlarge(_TURN**notches, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            event.ignore()
            return
        self._pressed = self._last = event.position()
        self._still = True
        self._moving = event.button() == Qt.MouseButton.MiddleButton or self.tool == MOVE
        if self._moving:
            return
        self._path = [event.position()]
        if self.tool == BRUSH:
            self._brushed = np.zeros(len(self._points), dtype=bool)
            self._brush(event.position(), event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place, self._pointer = event.position(), event.position()
        if self._pressed is None:
            self._hover(place)
        elif self._moving:
            self._watch(place)
            self.move_by(place.x() - self._last.x(), place.y() - self._last.y())
        elif self._path:
            self._watch(place)
            self._path.append(place)
            if self.tool == BRUSH:
                self._brush(self._last, place)
        self._last = place
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        self._watch(event.position())
        left = event.button() == Qt.MouseButton.LeftButton
        mode = _mode_of(event.modifiers())
        path, brushed = self._path, self._brushed
        self._end_gesture()
        if brushed is not None and path:
            self._tell(np.flatnonzero(brushed), mode)
        elif self._still and left and len(self._points):
            at = self._point_at(event.position())
            self.clicked.emit(-1 if at is None else at, mode)
        elif path:
            corners = np.array([[each.x(), each.y()] for each in path])
            self._tell(self._places.inside(self._view.in_plane(corners)), mode)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = self._point_at(event.position())
        if at is not None and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        moves = {
            Qt.Key.Key_Left: (_STEP, 0), Qt.Key.Key_Right: (-_STEP, 0), Qt.Key.Key_Up: (0, _STEP),
            Qt.Key.Key_Down: (0, -_STEP),
        }  # fmt: skip
        if key in moves:
            self.move_by(*moves[Qt.Key(key)])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.enlarge(_TURN)
        elif key == Qt.Key.Key_Minus:
            self.enlarge(1 / _TURN)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.touched = False
            self.show_all()
        elif key == Qt.Key.Key_Escape and self._path:
            self._end_gesture()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._pointer = event.position()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._pointer, self._hovered = None, None
        self.update()

    def _watch(self, place: QPointF) -> None:
        """A click never leaves the place where it was begun; a lasso and a move may come back to it."""
        if self._pressed is not None and (place - self._pressed).manhattanLength() > _STILL:
            self._still = False

    def _tell(self, positions: NDArray[np.int64], mode: Mode) -> None:
        """Only what stands out is meant: the rest is as little in the grid as it is here."""
        self.touched = True
        self.drawn.emit(positions[self._look.found[positions]], mode)

    def _point_at(self, place: QPointF) -> int | None:
        """The nearest point at a place that stands out."""
        where = self._view.in_plane(np.array([[place.x(), place.y()]]))[0]
        return self._places.nearest(where, _NEAR / self._view.scale, self._look.found)

    def _hover(self, place: QPointF) -> None:
        self._hovered = self._point_at(place) if len(self._points) else None

    def _brush(self, start: QPointF, end: QPointF) -> None:
        assert self._brushed is not None
        ends = self._view.in_plane(np.array([[start.x(), start.y()], [end.x(), end.y()]]))
        reached = self._places.along(ends[0], ends[1], self.brush_radius / self._view.scale)
        self._brushed[reached[self._look.found[reached]]] = True
        self._layers = None
        self._redraw()

    def _end_gesture(self) -> None:
        self._pressed, self._path, self._moving = None, [], False
        if self._brushed is not None:
            self._brushed, self._layers = None, None
            self._redraw()
        self.update()

    def _show(self, view: PlaneView) -> None:
        self._view, self._hovered = view, None
        self._redraw()

    def _redraw(self) -> None:
        self._stale = True
        self.update()

    @Slot()
    def _recolour(self) -> None:
        self._layers = None
        self._redraw()

    def _radius(self) -> float:
        """As large as the points have room: the fewer are in sight, the larger."""
        room = np.sqrt(self.width() * self.height() / max(1, len(self._points)))
        return float(np.clip(0.42 * room * np.sqrt(max(1.0, self._view.zoom)), 1.0, 4.5))

    def _made_layers(self) -> list[PointLayer]:
        return layers_of(self._points, self._drawing_order, self._look, self._brushed)

    def _paint_gesture(self, painter: QPainter) -> None:
        c = theme.colours()
        if self.tool == LASSO and len(self._path) > 1:
            fill = QColor(c.accent)
            fill.setAlpha(40)
            painter.setPen(QPen(QColor(c.accent), 1.5))
            painter.setBrush(fill)
            painter.drawPolygon(QPolygonF(self._path), Qt.FillRule.OddEvenFill)
        elif self.tool == BRUSH and self._pointer is not None:
            painter.setPen(QPen(QColor(c.accent), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self._pointer, self.brush_radius, self.brush_radius)

    def _paint_card(self, painter: QPainter) -> None:
        """The picture under the pointer, with what it is."""
        if self._hovered is None or self._pressed is not None:
            return
        card, c = self._describe(self._hovered), theme.colours()
        at, metrics = self.screen_of(self._hovered), self.fontMetrics()
        side = card.pixmap.deviceIndependentSize()
        longest = max(60, self.width() - round(side.width()) - 60)
        lines = [metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, longest) for line in card.lines]
        text = max((metrics.horizontalAdvance(line) for line in lines), default=0)
        width = 8 + side.width() + 8 + text + 10
        height = max(side.height(), metrics.height() * len(lines)) + 16
        left = at.x() + 14 if at.x() + 14 + width <= self.width() else max(2.0, at.x() - 14 - width)
        box = QRectF(left, min(max(2.0, at.y() - height / 2), max(2.0, self.height() - height - 2)), width, height)
        painter.setPen(QPen(QColor(c.text), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(at, 7, 7)
        painter.setPen(QPen(QColor(c.border), 1))
        painter.setBrush(QColor(c.surface))
        painter.drawRoundedRect(box, 6, 6)
        painter.drawPixmap(QPointF(box.left() + 8, box.top() + 8), card.pixmap)
        painter.setPen(QColor(c.text))
        for number, line in enumerate(lines):
            base = box.top() + 8 + metrics.ascent() + number * metrics.height()
            painter.drawText(QPointF(box.left() + 16 + side.width(), base), line)


def _mode_of(modifiers: Qt.KeyboardModifier) -> Mode:
    if modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
        return "remove"
    return "add" if modifiers & Qt.KeyboardModifier.ShiftModifier else "replace"
