"""The noise pairs as enlarged pictures: what strengthens the new label, and what impedes the old one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from maga_desk.domain.events import NoisePair
from maga_desk.ui import theme
from maga_desk.ui.item_models.thumbnails import to_pixmap
from maga_desk.ui.widgets.basic.labels import TextLabel

SIDE = 84
TO_COME = "The noise pairs appear here when the method has made them."
NONE_MADE = "The run made no noise pairs."
MOST_TILES = 24
"""More pairs than this are counted, not shown."""


def noise_to_bytes(noise: NDArray[np.float32]) -> NDArray[np.uint8]:
    """``(3, H, W)`` noise around zero as ``uint8``: zero is grey (128), its 99th percentile is full colour."""
    top = max(float(np.percentile(np.abs(noise), 99)), 1e-6)
    return np.asarray(np.clip(np.rint(128 + 127 * noise / top), 0, 255), dtype=np.uint8)


def captions(pair: NoisePair) -> tuple[str, str]:
    """What stands below the two pictures."""
    positive = f"positive: strengthens {pair.perturbing}" if pair.positive is not None else "positive: not used"
    negative = f"negative: impedes {pair.true}" if pair.negative is not None else "negative: not used"
    return positive, negative


class NoiseTile(QWidget):
    """One pair: the first member of each bank, side by side."""

    def __init__(self, pair: NoisePair, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pair = pair
        self.captions = captions(pair)
        self._pixmaps = tuple(self._picture(bank) for bank in (pair.positive, pair.negative))
        self.setAccessibleName(f"Noise for {pair.true} to {pair.perturbing}")
        self.setAccessibleDescription("; ".join(self.captions))
        banks = [bank for bank in (pair.positive, pair.negative) if bank is not None]
        members = f"First of {len(banks[0])} members shown. " if banks else ""
        self.setToolTip(f"{members}Grey is zero: no change to the picture.")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        line = self.fontMetrics().height()
        widest = max(self.fontMetrics().horizontalAdvance(text.split(": ")[1]) for text in self.captions)
        column = min(max(SIDE, widest + 4), 2 * SIDE)
        return QSize(2 * column + 12, SIDE + 3 * line + 10)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.colours()
        line, column = self.fontMetrics().height(), (self.width() - 12) // 2
        bold = QFont(self.font())
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(QColor(colours.text))
        title = f"{self.pair.true} → {self.pair.perturbing}"
        painter.drawText(0, 0, self.width(), line, Qt.AlignmentFlag.AlignLeft, title)
        painter.setFont(self.font())
        for i, (pixmap, caption) in enumerate(zip(self._pixmaps, self.captions, strict=True)):
            left, top = i * (column + 12), line + 4
            self._draw_picture(painter, QRect(left, top, SIDE, SIDE), pixmap)
            kind, meaning = caption.split(": ")
            painter.setPen(QColor(colours.text))
            below = top + SIDE + 2
            painter.drawText(left, below, column, line, Qt.AlignmentFlag.AlignLeft, kind.capitalize())
            painter.setPen(QColor(colours.text_muted))
            meaning = self.fontMetrics().elidedText(meaning, Qt.TextElideMode.ElideRight, column)
            painter.drawText(left, below + line, column, line, Qt.AlignmentFlag.AlignLeft, meaning)
        painter.end()

    def _draw_picture(self, painter: QPainter, box: QRect, pixmap: QPixmap | None) -> None:
        colours = theme.colours()
        if pixmap is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawPixmap(box, pixmap)
            return
        painter.setPen(QColor(colours.border))
        painter.setBrush(QColor(colours.surface_alt))
        painter.drawRect(box.adjusted(0, 0, -1, -1))
        painter.setPen(QColor(colours.text_muted))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "not used")

    @staticmethod
    def _picture(bank: NDArray[np.float32] | None) -> QPixmap | None:
        return to_pixmap(noise_to_bytes(bank[0]), SIDE, 2.0) if bank is not None and len(bank) else None


class NoiseStrip(QScrollArea):
    """The pairs in a row that scrolls sideways."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Noise pairs")
        self.setObjectName("strip")  # its frame is seen while it has the focus
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._box = QWidget(self)
        self._row = QHBoxLayout(self._box)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(24)
        self._empty = TextLabel(TO_COME, self._box)
        self._more = TextLabel(self._box)
        self._row.addWidget(self._empty)
        self._row.addWidget(self._more)
        self._row.addStretch(1)
        self._more.hide()
        self._tiles: list[NoiseTile] = []
        self.setWidget(self._box)
        for label in (self._empty, self._more):
            theme.set_tone(label, "muted")

    @property
    def tiles(self) -> list[NoiseTile]:
        return self._tiles

    def set_over(self, *, over: bool) -> None:
        """Whether the run is over, so that none will come."""
        self._empty.setText(NONE_MADE if over else TO_COME)

    def set_pairs(self, pairs: list[NoisePair]) -> None:
        """Show these pairs; tiles of pairs that are there already are kept."""
        wanted = pairs[:MOST_TILES]
        for place, tile in reversed(list(enumerate(self._tiles))):
            if place >= len(wanted) or tile.pair is not wanted[place]:
                self._row.removeWidget(tile)
                tile.hide()
                tile.deleteLater()
                del self._tiles[place]
        for place, pair in enumerate(wanted):
            if place >= len(self._tiles) or self._tiles[place].pair is not pair:
                tile = NoiseTile(pair, self._box)
                self._row.insertWidget(place, tile, 0, Qt.AlignmentFlag.AlignTop)
                self._tiles.insert(place, tile)
                tile.show()
        rest = len(pairs) - len(wanted)
        self._more.setText(f"and {rest} more pairs")
        self._more.setVisible(rest > 0)
        self._empty.setVisible(not pairs)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        bar = self.horizontalScrollBar().sizeHint().height()
        return QSize(320, (self._tiles[0].sizeHint().height() + bar + 2) if self._tiles else 28)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())
