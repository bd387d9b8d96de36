"""Cells of pictures that scroll, zoom and are painted: the part of the grid that knows of no selecting.

Where cells stand is computed (:mod:`grid_geometry`), pictures are made in other threads and come when they are there
(:mod:`~maga_desk.ui.item_models.thumbnail_store`), and only what is seen is painted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from maga_desk.data.thumbnails import ThumbnailFile
from maga_desk.ui.item_models.pictures import PicturesModel
from maga_desk.ui.item_models.thumbnail_store import ThumbnailStore
from maga_desk.ui.widgets.basic.empty_state import paint_line
from maga_desk.ui.widgets.pictures.grid_geometry import MARGIN, GridGeometry, Rows
from maga_desk.ui.widgets.pictures.grid_painting import CellPainter, Cells, State, paint_heading

SIDES = (24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256)
"""The sides that pictures are shown in, in pixels of the window."""

USUAL_SIDE = 64
_LARGEST_RANGE = 2**30  # of a scroll bar, whose numbers have 32 bits and are multiplied by its style


class CellView(QAbstractScrollArea):
    """Signals: ``side_changed(int)`` (another zoom), ``folds_changed()`` (a class was folded away or out again)."""

    side_changed = Signal(int)
    folds_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.thumbnails = ThumbnailStore(self)
        self.thumbnails.arrived.connect(self._show_arrived)
        self._model = PicturesModel(self)
        self._side, self._empty_text, self._turned = USUAL_SIDE, "", 0
        self._cells = CellPainter(self.font(), self._side, 0)
        self._geometry = GridGeometry(np.empty(0, dtype=np.int64), 1, self._cells.cell(1))
        self._unit = 1  # pixels that one step of the scroll bar stands for
        self._folded: set[int] = set()  # labels of classes whose pictures are folded away
        self._seen: tuple[object, ...] = ()
        self._rows_seen: dict[int, int] = {}  # of the pictures that are wanted: where each stands

    def show_model(self, model: PicturesModel) -> None:
        """Show a model's rows, and follow them."""
        self._model = model
        model.modelReset.connect(self._take_rows)
        model.dataChanged.connect(self._repaint)
        model.captions_changed.connect(self._lay_out)
        self._take_rows()

    def keep_thumbnails(self, file: ThumbnailFile | None) -> None:
        """Where thumbnails of large originals are kept on the disk; until other pictures come."""
        self.thumbnails.keep_in(file)
        self._seen = ()
        self._repaint()

    def say_when_empty(self, text: str) -> None:
        """What stands there while no picture is shown."""
        self._empty_text = text
        self._repaint()

    def _chosen(self, rows: Rows) -> NDArray[np.bool_]:
        """``(n,) bool``: which of these rows are selected."""
        return np.zeros(len(rows), dtype=bool)

    def _current_row(self) -> int:
        """The row that keys move from, -1 where there is none."""
        return -1

    @Slot()
    def _repaint(self) -> None:
        self.viewport().update()

    # Zoom

    @property
    def side(self) -> int:
        """Pixels of a picture's longer side."""
        return self._side

    def set_side(self, side: int, at: QPoint | None = None) -> None:
        """Another zoom, the nearest of :data:`SIDES`.

        :param at: the point of the view whose picture stays where it is; by default the current picture's, where it is
            seen, else the middle.
        """
        side = min(SIDES, key=lambda each: abs(each - side))
        if side == self._side:
            return
        row, share, y = self._anchor(at)
        self._side = side
        self._lay_out()
        if row >= 0:
            _, top, _, height = self._geometry.box(row)
            self._scroll_to(round(top + share * height) - y)
        self.side_changed.emit(side)

    def zoom(self, steps: int, at: QPoint | None = None) -> None:
        """So many sides larger (smaller, where negative)."""
        place = SIDES.index(self._side) + steps
        self.set_side(SIDES[min(max(place, 0), len(SIDES) - 1)], at)

    def _anchor(self, at: QPoint | None) -> tuple[int, float, int]:
        """The row that stays, which part of its height, and where that is in the view."""
        current = self._current_row()
        if at is None:
            box = self.box_of(current) if current >= 0 else QRect()
            at = box.center() if self.viewport().rect().contains(box.center()) else self.viewport().rect().center()
        x, y = at.x(), at.y() + self.top
        row = self._geometry.row_at(x, y)
        if row is None:
            rows, lefts, tops = self._geometry.seen(self.top, self.top + self.viewport().height())
            if not len(rows):
                return -1, 0.0, 0
            row = int(rows[np.argmin(np.abs(tops + self._geometry.cell[1] // 2 - y) + np.abs(lefts - x) / 1e6)])
        _, top, _, height = self._geometry.box(row)
        return row, (y - top) / height, at.y()

    # Places

    @property
    def top(self) -> int:
        """The height of the content that the view begins at."""
        return self.verticalScrollBar().value() * self._unit

    def box_of(self, row: int) -> QRect:
        """Where a row's cell is in the view; outside of it, where it is not seen."""
        left, top, width, height = self._geometry.box(row)
        return QRect(left, top - self.top, width, height)

    def row_at(self, at: QPoint) -> int | None:
        return self._geometry.row_at(at.x(), at.y() + self.top)

    def scroll_to(self, row: int) -> None:
        """Have a row's cell seen, with as little scrolling as that takes."""
        _, top, _, height = self._geometry.box(row)
        if top < self.top:
            self._scroll_to(top - 2)
        elif top + height > self.top + self.viewport().height():
            self._scroll_to(top + height - self.viewport().height() + 2)

    def scrollToTop(self) -> None:
        self.verticalScrollBar().setValue(0)

    def _scroll_to(self, top: int) -> None:
        self.verticalScrollBar().setValue(top // self._unit)

    @Slot()
    def _take_rows(self) -> None:
        if self._model.images is None or self.thumbnails.pictures is not self._model.images.train:
            self.thumbnails.show(self._model.images.train if self._model.images is not None else None)
            self._folded.clear()
        self._lay_out()

    @Slot()
    def _lay_out(self) -> None:
        groups = self._model.groups
        counts = [group.rows for group in groups] if groups else [self._model.rowCount()]
        folded = np.array([group.label in self._folded for group in groups], dtype=bool)
        heading = self.fontMetrics().height() + 12 if groups else 0
        self._cells = CellPainter(self.font(), self._side, self._model.lines)
        width, counted = self.viewport().width(), np.array(counts, dtype=np.int64)
        self._geometry = GridGeometry(counted, width, self._cells.cell(width - 2 * MARGIN), heading, folded)
        height, page = self._geometry.height, self.viewport().height()
        self._unit = -(-height // _LARGEST_RANGE)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, height - page) // self._unit)
        bar.setPageStep(max(1, page // self._unit))
        bar.setSingleStep(max(1, self._geometry.cell[1] // 2 // self._unit))
        self._repaint()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, place = QPainter(self.viewport()), event.rect()
        top = self.top
        rows, lefts, tops = self._geometry.seen(top + place.top(), top + place.bottom() + 1)
        current = self._current_row() if self.hasFocus() else -1
        cells = Cells(rows, lefts, tops - top)
        state = State(self._chosen(rows), current)
        self._cells.paint(painter, cells, state, self._model, self.thumbnails)
        for group in self._geometry.headings(top + place.top(), top + place.bottom() + 1):
            self._paint_heading(painter, group)
        self._paint_over(painter, top)
        if not self._model.rowCount():
            paint_line(painter, self.viewport().rect(), self._empty_text)
        painter.end()
        self._want()

    def _paint_heading(self, painter: QPainter, group: int) -> None:
        found, (left, top, width, height) = self._model.groups[group], self._geometry.heading_box(group)
        chosen = int(np.count_nonzero(self._chosen(self._geometry.rows_of(group))))
        told = f"{found.rows:,}" + (f", {chosen:,} selected" if chosen else "")
        place = QRect(left, top - self.top, width, height - 4)
        paint_heading(painter, place, found.title, told, found.label in self._folded, self.font())

    def _want(self) -> None:
        """Ask for the pictures that are seen, then for those a page below and above; others are dropped."""
        top, page = self.top, self.viewport().height()
        seen = (top, self._geometry)
        if not self.isVisible() or seen == self._seen:
            return
        self._seen = seen
        rows = [self._geometry.seen(y, y + page)[0] for y in (top, top + page, top - page)]
        wanted = np.concatenate(rows)
        positions = self._model.rows[wanted].tolist()
        self._rows_seen = dict(zip(positions, wanted.tolist(), strict=True))
        self.thumbnails.want(positions, round(self._side * self.devicePixelRatioF()), len(rows[0]))

    @Slot(list)
    def _show_arrived(self, positions: list[int]) -> None:
        place, view = QRect(), self.viewport().rect()
        for row in (self._rows_seen.get(position) for position in positions):
            if row is not None and row < len(self._geometry):
                place = place.united(self.box_of(row))
        if place.intersects(view):
            self.viewport().update(place.intersected(view))

    def _paint_over(self, _painter: QPainter, _top: int) -> None:
        """What stands over the cells."""

    def _always_whole(self) -> bool:
        """Whether scrolling must paint everything anew."""
        return False

    def scrollContentsBy(self, _dx: int, dy: int) -> None:
        """What stays in sight is moved, and only the rest painted."""
        if self._unit == 1 and abs(dy) < self.viewport().height() and not self._always_whole():
            self.viewport().scroll(0, dy)
        else:
            self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        row, share, y = self._anchor(QPoint(0, 0)) if event.oldSize().width() > 0 else (-1, 0.0, 0)
        self._lay_out()
        if row > 0 and event.oldSize().width() != event.size().width():
            _, top, _, height = self._geometry.box(row)
            self._scroll_to(round(top + share * height) - y)

    def hideEvent(self, event: QHideEvent) -> None:
        self.thumbnails.rest()
        self._seen = ()
        super().hideEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        self._turned += event.angleDelta().y()
        steps = int(self._turned / 120)
        if steps:
            self._turned -= 120 * steps
            self.zoom(steps, event.position().toPoint())
        event.accept()

    def fold(self, label: int, *, folded: bool) -> None:
        """Fold a class's pictures away below its heading, or out again."""
        (self._folded.add if folded else self._folded.discard)(label)
        self._lay_out()
        self.folds_changed.emit()

    def fold_all(self, *, folded: bool) -> None:
        self._folded = {group.label for group in self._model.groups} if folded else set()
        self._lay_out()
        self.folds_changed.emit()

    @property
    def folded(self) -> frozenset[int]:
        """Labels of the classes that are folded away."""
        return frozenset(self._folded)

    def group_of(self, row: int) -> int:
        return self._geometry.group_of(row)

    def _heading_at(self, at: QPoint) -> int | None:
        return self._geometry.heading_at(at.x(), at.y() + self.top) if self._model.groups else None
