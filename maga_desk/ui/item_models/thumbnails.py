"""Small pixmaps of pictures, made when they are first painted and forgotten when others need the room."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap

from maga_desk.domain.pictures import PictureIndex


def to_pixmap(picture: NDArray[np.uint8], side: int, ratio: float = 1.0) -> QPixmap:
    """``(3, H, W) uint8`` as a pixmap whose longer side is ``side`` logical pixels at a screen's ``ratio``.

    Small pictures are enlarged without smoothing, so that their pixels stay visible.
    """
    pixels = np.ascontiguousarray(picture.transpose(1, 2, 0))
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    target = max(1, round(side * ratio))
    smooth = Qt.TransformationMode.SmoothTransformation
    mode = Qt.TransformationMode.FastTransformation if max(height, width) < target else smooth
    scaled = image.scaled(target, target, Qt.AspectRatioMode.KeepAspectRatio, mode)
    pixmap = QPixmap.fromImage(scaled.copy() if scaled.size() == image.size() else scaled)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


class Thumbnails:
    """A least-recently-used store of pixmaps of an index's pictures.

    :param made: how many were made so far; a long list must not make one for every row.
    """

    def __init__(self, index: PictureIndex, *, side: int = 32, ratio: float = 1.0, room: int = 512) -> None:
        self._index = index
        self._side = side
        self._ratio = ratio
        self._room = room
        self._kept: OrderedDict[int, QPixmap] = OrderedDict()
        self.made = 0

    def __len__(self) -> int:
        return len(self._kept)

    def pixmap(self, position: int) -> QPixmap:
        """The picture at this position."""
        found = self._kept.get(position)
        if found is None:
            found = to_pixmap(self._index.picture(position), self._side, self._ratio)
            self.made += 1
            self._kept[position] = found
            if len(self._kept) > self._room:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(position)
        return found
