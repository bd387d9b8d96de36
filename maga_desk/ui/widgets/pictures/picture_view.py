"""One picture as large as there is room; small ones are enlarged so that their pixels stay visible."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from maga_desk.ui import theme

_MOST = 16  # times that a small picture is enlarged


class LargePicture(QWidget):
    """Shows pixels, or a line where there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(220, 220)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        return QSize(520, 520)

    def show_pixels(self, pixels: NDArray[np.uint8], name: str) -> None:
        """:param pixels: ``(3, H, W) uint8`` RGB."""
        packed = np.ascontiguousarray(pixels.transpose(1, 2, 0))
        height, width = packed.shape[:2]
        self._image = QImage(packed.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self._text = ""
        self.setAccessibleName(name)
        self.update()

    def say(self, text: str) -> None:
        """A line in the place of a picture."""
        self._image, self._text = None, text
        self.setAccessibleName(text)
        self.update()

    @property
    def place(self) -> QRect:
        """Where the picture is painted; empty where there is none."""
        if self._image is None:
            return QRect()
        ratio = self.devicePixelRatioF()
        factor = min(
            self.width() * ratio / self._image.width(), self.height() * ratio / self._image.height(), float(_MOST)
        )
        if factor >= 2:
            factor = float(int(factor))  # every pixel as large as the others
        found = QRect(0, 0, round(self._image.width() * factor / ratio), round(self._image.height() * factor / ratio))
        found.moveCenter(self.rect().center())
        return found

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.colours().surface_alt))
        if self._image is None:
            painter.setPen(QColor(theme.colours().text_muted))
            room = self.rect().adjusted(24, 24, -24, -24)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), self._text)
            painter.end()
            return
        place = self.place
        smooth = place.width() * self.devicePixelRatioF() < 2 * self._image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(QRectF(place), self._image, QRectF(self._image.rect()))
        painter.end()
