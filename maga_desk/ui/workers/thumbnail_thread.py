"""The threads in which thumbnails are made: never the window's, and only while some are wanted."""

from __future__ import annotations

import atexit
import io
import logging
import os
import threading
import weakref
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt, QThread, Signal, Slot
from PySide6.QtGui import QImage

from maga_desk.data.thumbnails import SIDES, ThumbnailFile, as_jpeg, key_of
from maga_desk.domain.pictures import PictureIndex

log = logging.getLogger(__name__)

THREADS = max(1, min(4, (os.cpu_count() or 2) - 1))
_AT_ONCE = 32  # of the classifier's pictures, which are read together
_WORTH_KEEPING = 2  # an original of so many times a thumbnail's pixels takes far longer to decode than that


@dataclass(frozen=True)
class Made:
    """A picture as it is to be painted.

    :param side: of which it was made, in pixels.
    :param final: nothing better follows for this side.
    :param native: it stands in its own size, and no larger zoom shows more of it.
    :param gone: its file is not there any more, or cannot be read: these are the classifier's pixels.
    """

    position: int
    image: QImage
    side: int
    final: bool
    native: bool
    gone: bool = False


class Wishes:
    """What is wanted next, shared by the window and its threads; what is no longer wanted is dropped.

    :param kept: thumbnails of originals on the disk; ``None``: nowhere.
    """

    def __init__(self, pictures: PictureIndex, kept: ThumbnailFile | None) -> None:
        self.pictures, self.kept = pictures, kept
        self.ended = False
        self._fresh: deque[int] = deque()  # of which nothing is there yet
        self._finer: deque[int] = deque()  # whose original is wanted
        self._side = 0
        self._lock = threading.Lock()

    def replace(self, fresh: Iterable[int], finer: Iterable[int], side: int) -> None:
        """Want these and nothing else, the first ones first.

        :param side: pixels of the longer side.
        """
        with self._lock:
            self._fresh, self._finer, self._side = deque(fresh), deque(finer), side

    def end(self) -> None:
        """Want nothing any more: the threads end once they are through with what they are at."""
        with self._lock:
            self.ended = True
            self._fresh.clear()
            self._finer.clear()

    def take(self) -> tuple[list[int], bool, int]:
        """The next ones, whether their originals are wanted, and the side; none where nothing is wanted."""
        with self._lock:
            if self._fresh:
                count = min(_AT_ONCE, len(self._fresh))
                return [self._fresh.popleft() for _ in range(count)], False, self._side
            return ([self._finer.popleft()], True, self._side) if self._finer else ([], False, self._side)


class Hearer(Protocol):
    """Who is told, in the window's thread."""

    def hear(self, wishes: Wishes, made: list[Made], /) -> None: ...
    def look_again(self) -> None:
        """A thread has ended."""
        ...


class ThumbnailThread(QThread):
    """Makes what is wanted until nothing is. It lives until then, whoever lets go of it before: who hears may be gone.

    :param hearer: told of everything that was made; nothing keeps it alive here.
    """

    _made = Signal(object)

    def __init__(self, wishes: Wishes, hearer: Hearer) -> None:
        super().__init__()
        self.wishes, self._hearer = wishes, weakref.ref(hearer)
        self._made.connect(self._hand_on, Qt.ConnectionType.QueuedConnection)
        self.finished.connect(self._let_go, Qt.ConnectionType.QueuedConnection)
        _RUNNING.add(self)

    def run(self) -> None:
        """An override of ``QThread.run``."""
        wishes = self.wishes
        while (next_ones := wishes.take())[0]:
            positions, originals, side = next_ones
            found = [_from_original(wishes, positions[0], side)] if originals else _seen(wishes, positions, side)
            if not wishes.ended:
                self._made.emit(found)
        if wishes.kept is not None:
            wishes.kept.close()

    @Slot(object)
    def _hand_on(self, made: list[Made]) -> None:
        hearer = self._hearer()
        if hearer is not None and not self.wishes.ended:
            hearer.hear(self.wishes, made)

    @Slot()
    def _let_go(self) -> None:
        _RUNNING.discard(self)
        hearer = self._hearer()
        if hearer is not None and not self.wishes.ended:
            hearer.look_again()


_RUNNING: set[ThumbnailThread] = set()


@atexit.register
def _wait_for_all() -> None:
    for thread in list(_RUNNING):
        thread.wishes.end()
        thread.wait()


def has_finer(pictures: PictureIndex, side: int) -> bool:
    """Whether originals can show more at a side than what the classifier sees."""
    return pictures.opener is not None and side > max(pictures.size)


def _seen(wishes: Wishes, positions: list[int], side: int) -> list[Made]:
    """What the classifier sees of pictures: read together, and scaled where it is larger than wanted."""
    pictures = wishes.pictures
    rows = np.ascontiguousarray(pictures.pixels(np.array(positions)).transpose(0, 2, 3, 1))
    small, final = max(rows.shape[1:3]) <= side, not has_finer(pictures, side)
    native = small and pictures.opener is None
    return [
        Made(position, _image(row) if small else _scaled(Image.fromarray(row), side), side, final, native)
        for position, row in zip(positions, rows, strict=True)
    ]


def _from_original(wishes: Wishes, position: int, side: int) -> Made:
    pictures = wishes.pictures
    try:
        found = _kept_or_opened(wishes, position, side)
    except Exception as error:  # a source from elsewhere may raise anything, and the others come all the same
        log.info("no original of %s: %s", pictures.names[position], error)
        (made,) = _seen(wishes, [position], side)
        return Made(position, made.image, side, final=True, native=False, gone=True)
    if max(found.size) <= max(pictures.size):  # the original is no larger than what the classifier sees
        (made,) = _seen(wishes, [position], side)
        return Made(position, made.image, side, final=True, native=True)
    return Made(position, _scaled(found, side), side, final=True, native=max(found.size) < side)


def _kept_or_opened(wishes: Wishes, position: int, side: int) -> Image.Image:
    """A picture's original of ``side`` pixels or more, where it has them; large ones are kept as thumbnails.

    :raises DataError: it is not there, or cannot be read.
    """
    pictures, kept = wishes.pictures, wishes.kept
    wanted = next((each for each in SIDES if each >= side), 0)
    key = key_of(pictures, position, wanted) if kept is not None and wanted else None
    if kept is None or key is None:
        return pictures.detail(position, side)[0]
    data = kept.find(key)
    if data is not None:
        return Image.open(io.BytesIO(data), formats=("JPEG",))
    found, pixels = pictures.detail(position, wanted)
    if pixels >= _WORTH_KEEPING * wanted * wanted:
        kept.keep(key, as_jpeg(found))
    return found


def _scaled(picture: Image.Image, side: int) -> QImage:
    """At most ``side`` pixels a side; nothing is enlarged."""
    scale = side / max(picture.size)
    if scale < 1:
        sides = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        picture = picture.resize(sides, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return _image(np.ascontiguousarray(picture))


def _image(rows: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> QImage:
    """``(H, W, 3) uint8`` in the format that is painted quickest; it shares no memory."""
    height, width = rows.shape[:2]
    return QImage(rows.data, width, height, 3 * width, QImage.Format.Format_RGB888).convertToFormat(
        QImage.Format.Format_RGB32
    )
