"""Which rows a click, a key or a rubber band selects. Knows rows and positions, no places; the selection keeps them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maga_desk.ui.item_models.pictures import PicturesModel
from maga_desk.ui.selection import PictureSelection

Rows = NDArray[np.int64]


class RowChoosing:
    """As lists everywhere do: a plain choice replaces, ``toggle`` changes one, ``extend`` goes on from the anchor.

    :param current: the row that keys move from, -1 where there is none; ``anchor``: where ranges begin.
    """

    def __init__(self, model: PicturesModel, selection: PictureSelection) -> None:
        self.model, self.selection = model, selection
        self.current = self.anchor = -1
        self._before: Rows = np.empty(0, dtype=np.int64)  # selected positions when a band was begun

    def chosen(self, rows: Rows) -> NDArray[np.bool_]:
        """``(n,) bool``: which of these rows are selected."""
        return self.selection.holds(self.model.rows[rows])

    def choose(self, row: int, *, extend: bool = False, toggle: bool = False) -> None:
        """By a click, or by a key that moved to a row. Both together add the range to what is selected."""
        self.current = row
        if extend and self.anchor >= 0:
            span = self.model.rows[min(self.anchor, row) : max(self.anchor, row) + 1]
            if toggle:
                self.selection.change(added=span)
            else:
                self.selection.replace(span)
            return
        self.anchor = row
        if toggle:
            self.toggle(row)
        else:
            self.selection.replace(self.model.rows[row : row + 1])

    def toggle(self, row: int) -> None:
        position = self.model.rows[row : row + 1]
        if self.selection.holds(position)[0]:
            self.selection.change(removed=position)
        else:
            self.selection.change(added=position)

    def choose_all(self, rows: Rows | None = None, *, add: bool = False) -> None:
        """These rows, or every one: the selection takes them at once."""
        positions = self.model.rows if rows is None else self.model.rows[rows]
        if add:
            self.selection.change(added=positions)
        else:
            self.selection.replace(positions)

    def begin_band(self, *, add: bool) -> None:
        self._before = self.selection.positions() if add else self._before[:0]
        if not add:
            self.selection.clear()

    def band(self, rows: Rows) -> None:
        """What a rubber band touches now, beside what was selected before."""
        self.selection.replace(np.concatenate([self._before, self.model.rows[rows]]))

    def follow(self, position: int) -> None:
        """Other rows: the current one is where its picture stands now; what is shown no longer is not selected."""
        places = np.flatnonzero(self.model.rows == position) if position >= 0 else self._before[:0]
        self.current = self.anchor = int(places[0]) if len(places) else -1
        self.selection.keep(self.model.rows)

    def position(self) -> int:
        """Of the current row; -1 where there is none."""
        return int(self.model.rows[self.current]) if 0 <= self.current < len(self.model.rows) else -1
