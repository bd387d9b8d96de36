"""Pixmaps of pictures for a view of thousands: made in other threads, within a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QPixmap

from maga_desk.data.thumbnails import ThumbnailFile
from maga_desk.domain.pictures import PictureIndex
from maga_desk.ui.workers.thumbnail_thread import THREADS, Made, ThumbnailThread, Wishes, has_finer

ROOM = 128 * 2**20
"""Bytes of pixmaps: several screens full."""

_GRACE = 100  # milliseconds that threads are given to end when nobody looks any more


class Thumbnail(NamedTuple):
    """What is there of a picture; the further fields are those of :class:`Made`."""

    pixmap: QPixmap
    side: int
    final: bool
    native: bool
    gone: bool


class ThumbnailStore(QObject):
    """What was used last stays. Signal: ``arrived(list of positions)``.

    :param room: bytes.
    """

    arrived = Signal(list)

    def __init__(self, parent: QObject | None = None, room: int = ROOM) -> None:
        super().__init__(parent)
        self._room, self._taken, self._least = room, 0, 0
        self._kept: OrderedDict[int, Thumbnail] = OrderedDict()
        self._pictures: PictureIndex | None = None
        self._file: ThumbnailFile | None = None
        self._wishes: Wishes | None = None
        self._threads: list[ThumbnailThread] = []
        self._asked: tuple[Sequence[int], int] = (), 0
        self._lacking: tuple[list[int], list[int], int] | None = None
        self.made = 0  # so far: a long list must not make one for every row

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def taken(self) -> int:
        """Bytes of pixmaps."""
        return self._taken

    @property
    def pictures(self) -> PictureIndex | None:
        return self._pictures

    def show(self, pictures: PictureIndex | None) -> None:
        """Other pictures; nothing of the earlier ones stays."""
        self.rest()
        self._pictures, self._file = pictures, None
        self._kept.clear()
        self._taken = 0

    def keep_in(self, file: ThumbnailFile | None) -> None:
        """Where thumbnails of large originals are kept on the disk."""
        self.rest()
        self._file = file

    def get(self, position: int) -> Thumbnail | None:
        """What is there now; nothing is made here."""
        found = self._kept.get(position)
        if found is not None:
            self._kept.move_to_end(position)
        return found

    def want(self, positions: Sequence[int], side: int, seen: int) -> None:
        """Have these made, the first ones first, and nothing else any more.

        :param side: pixels of the longer side.
        :param seen: how many of them, from the first, are in sight: for these there is room in any case, for the others
            as far as it goes.
        """
        self._least = 4 * side * side * seen
        self._asked = positions[: max(seen, self._room // (4 * side * side))], side
        self._ask()

    def _ask(self) -> None:
        """Have made what is lacking of what was asked for."""
        (positions, side), pictures = self._asked, self._pictures
        if pictures is None:
            return
        fresh, finer, has_more = list[int](), list[int](), has_finer(pictures, side)
        for position in positions:
            found = self._kept.get(position)
            if found is None or not _serves(found, side):
                if found is None or not has_more:
                    fresh.append(position)
                if has_more:
                    finer.append(position)
        if (fresh or finer) and self._wishes is None:
            self._wishes = Wishes(pictures, self._file)
        if self._wishes is not None and (fresh, finer, side) != self._lacking:
            self._wishes.replace(fresh, finer, side)
            self._lacking = fresh, finer, side
        if (fresh or finer) and self._wishes is not None:
            self._begin(self._wishes)

    def rest(self) -> None:
        """Make nothing until something is wanted again: nobody looks."""
        self._asked, self._lacking = ((), 0), None
        if self._wishes is None:
            return
        self._wishes.end()
        self._wishes = None
        for thread in self._threads:
            thread.wait(_GRACE)
        self._threads.clear()

    def _begin(self, wishes: Wishes) -> None:
        self._threads = [thread for thread in self._threads if not thread.isFinished()]
        for _ in range(THREADS - len(self._threads)):
            thread = ThumbnailThread(wishes, self)
            thread.start()
            self._threads.append(thread)

    def look_again(self) -> None:
        """A thread has ended, perhaps a moment before something was asked for."""
        self._threads = [thread for thread in self._threads if not thread.isFinished()]
        if not self._threads and self._wishes is not None:
            self._lacking = None
            self._ask()

    def hear(self, wishes: Wishes, made: list[Made]) -> None:
        """Take what a thread has made."""
        if wishes is not self._wishes:
            return  # of other pictures, or nobody looks
        for each in made:
            self._put(each)
        self.made += len(made)
        while self._taken > max(self._room, self._least) and len(self._kept) > 1:
            self._taken -= _bytes_of(self._kept.popitem(last=False)[1])
        self.arrived.emit([each.position for each in made])

    def _put(self, made: Made) -> None:
        before = self._kept.pop(made.position, None)
        if before is not None:
            if before.final and before.side == made.side and not made.final:
                self._kept[made.position] = before  # the finer one came first
                return
            self._taken -= _bytes_of(before)
        pixmap = QPixmap.fromImage(made.image)
        found = Thumbnail(pixmap, made.side, made.final, made.native, made.gone)
        self._kept[made.position] = found
        self._taken += _bytes_of(found)


def _serves(found: Thumbnail, side: int) -> bool:
    """Whether nothing better can be had for a side."""
    if found.final and found.side == side:
        return True
    return found.native and max(found.pixmap.width(), found.pixmap.height()) <= side


def _bytes_of(found: Thumbnail) -> int:
    return 4 * found.pixmap.width() * found.pixmap.height()
