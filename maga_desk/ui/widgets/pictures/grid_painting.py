"""How a cell of the grid looks: the picture, its marks, and the lines below it.

Everything that many cells have is painted in one go, so that a screen full of the smallest pictures is one frame.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap, QPolygonF, QStaticText

from maga_desk.ui import theme
from maga_desk.ui.item_models.pictures import PicturesModel
from maga_desk.ui.item_models.thumbnail_store import ThumbnailStore

CAPTIONED = 56
"""The least side of a picture below which words have room."""

GONE = "no file"
_CROSSED, _TWINNED = 36, 28  # the least sides of a picture on which a cross, and the sign of a twin, can be made out
_REMEMBERED = 4000  # texts that are laid out
_VEIL = 140  # of 255: how much of a marked picture's colours goes


class Cells(NamedTuple):
    """Cells that are painted: rows, and left and top of each in the view, ``(n,) int64``."""

    rows: NDArray[np.int64]
    lefts: NDArray[np.int64]
    tops: NDArray[np.int64]


class State(NamedTuple):
    """What differs from cell to cell beside the picture.

    :param chosen: ``(n,) bool``: which are selected.
    :param current: the row that keys move from; -1: none, or the grid is not in use.
    """

    chosen: NDArray[np.bool_]
    current: int


class CellPainter:
    """:param side: pixels of a picture's longer side, of the window."""

    def __init__(self, font: QFont, side: int, lines: int) -> None:
        self.side = side
        self._font = QFont(font)
        self._font.setPointSizeF(font.pointSizeF() * 0.85)
        self._metrics = QFontMetrics(self._font)
        self._lines = lines if side >= CAPTIONED else 0
        self._texts: dict[tuple[str, str], QStaticText] = {}
        self._pad = 4 if side < 40 else 6
        self._inset = self._pad  # from a cell's left to its picture

    def cell(self, room: int) -> tuple[int, int]:
        """Width and height of a cell; cells stand a little wider apart where the room has no place for one more.

        :param room: the width that they stand in.
        """
        width = self.side + 2 * self._pad
        width = max(width, min(room // max(1, room // width), width * 5 // 4))
        self._inset = (width - self.side) // 2
        below = self._lines * self._metrics.height() + (2 if self._lines else 0)
        return width, self.side + 2 * self._pad + below

    def place(self, left: int, top: int) -> QRect:
        """Where the picture of a cell may stand."""
        return QRect(left + self._inset, top + self._pad, self.side, self.side)

    def _box(self, left: int, top: int) -> QRect:
        """A cell, as far as something belongs to it."""
        below = self._lines * self._metrics.height() + (2 if self._lines else 0)
        whole = QRect(left + self._inset - self._pad, top, self.side + 2 * self._pad, self.side + 2 * self._pad + below)
        return whole.adjusted(1, 1, -1, -1)

    def paint(
        self, painter: QPainter, cells: Cells, state: State, model: PicturesModel, thumbnails: ThumbnailStore
    ) -> None:
        positions = model.rows[cells.rows]
        model.prepare(positions) if self._lines else None
        lefts, tops = cells.lefts.tolist(), cells.tops.tolist()
        corners = list(zip(lefts, tops, strict=True))
        self._paint_chosen(painter, [each for each, chosen in zip(corners, state.chosen, strict=True) if chosen])
        gone = self._paint_pictures(painter, positions.tolist(), corners, thumbnails)
        marked = model.mask[positions]
        self._paint_marks(painter, [corners[i] for i in np.flatnonzero(marked)], theme.colours().forget)
        if model.earlier is not None:
            before = model.earlier[positions] & ~marked
            self._paint_marks(painter, [corners[i] for i in np.flatnonzero(before)], theme.colours().text_muted)
        if model.twins is not None and self.side >= _TWINNED:
            for i in np.flatnonzero(model.twins[positions]):
                self._paint_twin(painter, *corners[i])
        if self._lines:
            self._paint_captions(painter, positions.tolist(), corners, model)
        for corner in gone:
            self._paint_gone(painter, *corner)
        if state.current in cells.rows:
            self._paint_focus(painter, *corners[int(np.flatnonzero(cells.rows == state.current)[0])])

    def _paint_chosen(self, painter: QPainter, corners: list[tuple[int, int]]) -> None:
        c = theme.colours()
        painter.setPen(QPen(QColor(c.accent), 2))
        painter.setBrush(QColor(c.selection))
        for corner in corners:
            painter.drawRoundedRect(self._box(*corner), 5, 5)

    def _paint_pictures(
        self, painter: QPainter, positions: list[int], corners: list[tuple[int, int]], thumbnails: ThumbnailStore
    ) -> list[tuple[int, int]]:
        """The corners of those whose file is gone."""
        side, inset, pad, get, draw = self.side, self._inset, self._pad, thumbnails.get, painter.drawPixmap
        empty, gone = list[QRect](), list[tuple[int, int]]()
        for position, (left, top) in zip(positions, corners, strict=True):
            found = get(position)
            if found is None:
                empty.append(QRect(left + inset, top + pad, side, side))
                continue
            pixmap = found.pixmap
            if pixmap.width() == pixmap.height():
                draw(left + inset, top + pad, side, side, pixmap)
            else:
                draw(_within(pixmap, left + inset, top + pad, side), pixmap)
            if found.gone:
                gone.append((left, top))
        if empty:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.colours().surface_alt))
            painter.drawRects(empty)
        return gone

    def _paint_marks(self, painter: QPainter, corners: list[tuple[int, int]], colour: str) -> None:
        """A veil, a border, and a corner with a cross where there is room for one."""
        if not corners:
            return
        places = [self.place(*each) for each in corners]
        veil = QColor(theme.colours().surface)
        veil.setAlpha(_VEIL)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(veil)
        painter.drawRects(places)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colour), 2))
        painter.drawRects([each.adjusted(1, 1, -1, -1) for each in places])
        painter.setBrush(QColor(colour))
        size = min(28, max(8, self.side * 3 // 8))
        painter.setPen(Qt.PenStyle.NoPen)
        for place in places:
            right, top = place.right() + 1, place.top()
            corner = [QPointF(right - size, top), QPointF(right, top), QPointF(right, top + size)]
            painter.drawPolygon(QPolygonF(corner))
        if self.side >= _CROSSED:
            painter.setPen(QPen(QColor("#ffffff" if theme.colours() is theme.LIGHT else "#000000"), 2))
            arm = size // 4
            for place in places:
                right, top = place.right() - 1, place.top() + 3
                painter.drawLine(right - arm - 1, top, right - 1, top + arm)
                painter.drawLine(right - 1, top, right - arm - 1, top + arm)

    def _paint_twin(self, painter: QPainter, left: int, top: int) -> None:
        """Two sheets, one over the other, in the lower left corner."""
        c, size = theme.colours(), 9 if self.side >= 48 else 6
        place = self.place(left, top)
        x, y = place.left() + 3, place.bottom() - size - 5
        painter.setPen(QPen(QColor(c.surface), 1))
        painter.setBrush(QColor(c.accent))
        painter.drawRect(x, y, size, size)
        painter.drawRect(x + 3, y + 3, size, size)

    def _paint_captions(
        self, painter: QPainter, positions: list[int], corners: list[tuple[int, int]], model: PicturesModel
    ) -> None:
        c, height = theme.colours(), self._metrics.height()
        painter.setFont(self._font)
        plain, wrong = QColor(c.text), QColor(c.danger)
        for position, (left, top) in zip(positions, corners, strict=True):
            y = top + self._pad + self.side + 2
            for caption in model.captions(position):
                painter.setPen(wrong if caption.wrong else plain)
                painter.drawStaticText(left + self._inset, y, self._laid_out(caption.text, caption.tail))
                y += height

    def _laid_out(self, text: str, tail: str) -> QStaticText:
        """A line as wide as the picture: where it is longer, the text is cut short and its tail is not."""
        found = self._texts.get((text, tail))
        if found is None:
            if len(self._texts) > _REMEMBERED:
                self._texts.clear()
            room = self.side - (self._metrics.horizontalAdvance(f" {tail}") if tail else 0)
            shown = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            found = self._texts[text, tail] = QStaticText(f"{shown} {tail}".strip())
            found.setTextFormat(Qt.TextFormat.PlainText)
            found.prepare(font=self._font)
        return found

    def _paint_gone(self, painter: QPainter, left: int, top: int) -> None:
        """A bar over the picture, with words where they have room."""
        c, place = theme.colours(), self.place(left, top)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(c.danger))
        high = self._metrics.height() if self.side >= CAPTIONED else 3
        bar = QRect(place.left(), place.bottom() - high + 1, place.width(), high)
        painter.drawRect(bar)
        if self.side >= CAPTIONED:
            painter.setFont(self._font)
            painter.setPen(QColor(c.surface))
            painter.drawText(bar, Qt.AlignmentFlag.AlignCenter, GONE)

    def _paint_focus(self, painter: QPainter, left: int, top: int) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.colours().text), 1, Qt.PenStyle.DotLine))
        painter.drawRoundedRect(QRectF(self._box(left, top)), 5, 5)


def _within(pixmap: QPixmap, left: int, top: int, side: int) -> QRect:
    """The largest place of a pixmap's shape in a square, in its middle."""
    width, height = pixmap.width(), pixmap.height()
    scale = side / max(width, height)
    width, height = max(1, round(width * scale)), max(1, round(height * scale))
    return QRect(left + (side - width) // 2, top + (side - height) // 2, width, height)


def paint_heading(painter: QPainter, place: QRect, title: str, told: str, folded: bool, font: QFont) -> None:
    """A class's name, what is told of it, and a wedge that folds its pictures away."""
    c = theme.colours()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(c.text_muted))
    x, y = place.left() + 9, place.center().y() + 1
    wedge = [(-3, -5), (3, 0), (-3, 5)] if folded else [(-5, -3), (5, -3), (0, 3)]
    painter.drawPolygon(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in wedge]))
    painter.setPen(QColor(c.border))
    painter.drawLine(place.left(), place.bottom(), place.right(), place.bottom())
    bold = QFont(font)
    bold.setBold(True)
    metrics, room = QFontMetrics(bold), place.adjusted(22, 0, -6, 0)
    told_width = QFontMetrics(font).horizontalAdvance(told)
    shown = metrics.elidedText(title, Qt.TextElideMode.ElideRight, max(20, room.width() - told_width - 12))
    painter.setFont(bold)
    painter.setPen(QColor(c.text))
    beside = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignLeft
    painter.drawText(room, beside, shown)
    painter.setFont(font)
    painter.setPen(QColor(c.text_muted))
    room.setLeft(room.left() + metrics.horizontalAdvance(shown) + 10)
    painter.drawText(room, beside, told)
