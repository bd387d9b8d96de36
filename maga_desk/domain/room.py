"""Room for pictures while they are decoded: many small ones at a time, large ones one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from maga_desk.domain.memory import give_back


@dataclass(eq=False)
class _Turn:
    """What a thread holds while it is at one picture.

    :param largest: the most pixels of a side that are wanted of it.
    """

    largest: int | None
    held: int = 0


class Room:
    """Bytes that all threads together may take for pictures that they are at.

    :param most: bytes.
    :param small: bytes that nobody waits for: as many of them as there are threads are little.
    """

    def __init__(self, most: int, small: int = 16 * 2**20) -> None:
        self.most, self._small = most, small
        self._taken = 0
        self._over: _Turn | None = None  # who went on without room
        self._free = threading.Condition()
        self._here = threading.local()

    @contextmanager
    def turn(self, largest: int | None = None) -> Iterator[None]:
        """Around opening one picture and all that is done with it; then what it took is free for others.

        :param largest: only a small form of it is wanted, of at most so many pixels a side.
        """
        if getattr(self._here, "turn", None) is not None:  # within a turn: its room is given back at the outer end
            yield
            return
        self._here.turn = mine = _Turn(largest)
        try:
            yield
        finally:
            self._here.turn = None
            if mine.held:
                give_back()
                with self._free:
                    self._taken -= mine.held
                    self._over = None if self._over is mine else self._over
                    self._free.notify_all()

    @property
    def largest(self) -> int | None:
        """The most pixels of a side that whoever has the turn wants."""
        mine: _Turn | None = getattr(self._here, "turn", None)
        return mine.largest if mine is not None else None

    @property
    def taken(self) -> int:
        """Bytes that are held now."""
        with self._free:
            return self._taken

    def take(self, nbytes: int) -> None:
        """Wait until so many bytes are free, and hold them to the end of the turn; outside of one nothing is held.

        A picture that needs more than there is waits until it is alone; to refuse it is up to who asks.
        """
        mine: _Turn | None = getattr(self._here, "turn", None)
        if mine is None or nbytes <= self._small:
            return
        with self._free:
            self._free.wait_for(lambda: self._may(mine, nbytes))
            if mine.held and self._taken + nbytes > self.most:
                self._over = mine
            self._taken += nbytes
            mine.held += nbytes

    def _may(self, mine: _Turn, nbytes: int) -> bool:
        """Who holds something while it waits for more could wait for another who does the same: one such turn at a time
        goes on without room.
        """
        return self._taken + nbytes <= self.most or (self._over in (None, mine) if mine.held else self._taken == 0)


PICTURES = Room(1000 * 2**20)
"""Of this process: with a net and a set beside it, it stays below two gigabytes."""
