"""Where each picture of a grid stands: cells of one size in groups, each below its heading. No Qt.

Nothing is kept for a row: of each group there are its number of rows and its top, and all else is computed. Rows,
groups and lines are counted from 0; places are pixels from the top left of the whole content, y down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Box = tuple[int, int, int, int]
"""Left, top, width, height."""

MARGIN = 6
"""Pixels around everything."""

_NOTHING: Rows = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class GridGeometry:
    """The geometry of one layout; another width or zoom is another one.

    :param counts: ``(G,) int64``: rows of each group, in order. A group without rows takes no room.
    :param width: of the view.
    :param cell: width and height of a cell.
    :param heading: height of a heading; 0 where there are none.
    :param folded: ``(G,) bool``: groups of which only the heading is seen.
    :param margin: around everything.
    """

    counts: Rows
    width: int
    cell: tuple[int, int]
    heading: int = 0
    folded: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))
    margin: int = MARGIN

    @cached_property
    def columns(self) -> int:
        return max(1, (self.width - 2 * self.margin) // self.cell[0])

    @cached_property
    def firsts(self) -> Rows:
        """``(G + 1,)``: the first row of each group; behind them the number of all rows."""
        return np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64)

    @cached_property
    def lines(self) -> Rows:
        """``(G,)``: lines of cells that are seen of each group."""
        found = -(-self.counts // self.columns)
        if self.heading and len(self.folded):
            found = np.where(self.folded, 0, found)
        return found.astype(np.int64)

    @cached_property
    def tops(self) -> Rows:
        """``(G + 1,)``: where each group begins, its heading counted; behind them where the last one ends."""
        heights = np.where(self.counts > 0, self.heading, 0) + self.lines * self.cell[1]
        return (np.concatenate([[0], np.cumsum(heights)]) + self.margin).astype(np.int64)

    @property
    def height(self) -> int:
        return int(self.tops[-1]) + self.margin

    def __len__(self) -> int:
        return int(self.firsts[-1])

    def group_of(self, row: int) -> int:
        return int(np.searchsorted(self.firsts, row, side="right")) - 1

    def box(self, row: int) -> Box:
        """A row's cell; its group's heading where that is folded."""
        group = self.group_of(row)
        if not self.lines[group]:
            return self.heading_box(group)
        line, column = divmod(row - int(self.firsts[group]), self.columns)
        top = int(self.tops[group]) + self.heading + line * self.cell[1]
        return self.margin + column * self.cell[0], top, *self.cell

    def heading_box(self, group: int) -> Box:
        return self.margin, int(self.tops[group]), max(1, self.width - 2 * self.margin), self.heading

    def row_at(self, x: int, y: int) -> int | None:
        """The row whose cell is there."""
        group, line, column = self._group_at(y), 0, (x - self.margin) // self.cell[0]
        if group is None or not 0 <= column < self.columns:
            return None
        line = (y - int(self.tops[group]) - self.heading) // self.cell[1]
        row = int(self.firsts[group]) + line * self.columns + column
        return row if 0 <= line < self.lines[group] and row < self.firsts[group + 1] else None

    def heading_at(self, x: int, y: int) -> int | None:
        """The group whose heading is there."""
        group = self._group_at(y)
        inside = group is not None and y < self.tops[group] + self.heading
        return group if inside and 0 <= x - self.margin < self.width - 2 * self.margin else None

    def headings(self, top: int, bottom: int) -> Iterator[int]:
        """Groups whose headings are seen between two heights."""
        if self.heading:
            for group in self._groups(top, bottom):
                if self.counts[group] and self.tops[group] + self.heading > top:
                    yield group

    def seen(self, top: int, bottom: int) -> tuple[Rows, Rows, Rows]:
        """Rows whose cells are seen between two heights, and the left and top of each: three ``(n,) int64``."""
        return self._inside(top, bottom, 0, self.columns - 1)

    def within(self, left: int, top: int, right: int, bottom: int) -> Rows:
        """Rows whose cells a rectangle touches, ``(n,) int64``, ascending."""
        first = max(0, (left - self.margin) // self.cell[0])
        last = min(self.columns - 1, (right - self.margin) // self.cell[0])
        return self._inside(top, bottom + 1, first, last)[0] if first <= last else _NOTHING

    def rows_of(self, group: int) -> Rows:
        return np.arange(self.firsts[group], self.firsts[group + 1])

    def step(self, row: int, by: int) -> int | None:
        """The next row that is seen, forwards (1) or back (-1): those that are folded away are passed over.

        :param row: -1 for the first one that is seen, the number of rows for the last one back.
        """
        target = row + by
        if not 0 <= target < len(self):
            return None
        group = self.group_of(target)
        if self.lines[group]:
            return target
        seen = np.flatnonzero(self.lines)
        others = seen[seen > group] if by > 0 else seen[seen < group]
        if not len(others):
            return None
        return int(self.firsts[others[0]]) if by > 0 else int(self.firsts[others[-1] + 1]) - 1

    def beside(self, row: int, lines: int) -> int:
        """The row so many lines below (above, where negative), in the same column where there is one."""
        left, top, _, _ = self.box(row)
        step = 1 if lines > 0 else -1
        for _ in range(abs(lines)):
            found = self._next_line(top, step)
            if found is None:
                break
            group, line = found
            top = int(self.tops[group]) + self.heading + line * self.cell[1]
            column = (left - self.margin) // self.cell[0]
            row = min(int(self.firsts[group]) + line * self.columns + column, int(self.firsts[group + 1]) - 1)
        return row

    def _next_line(self, top: int, step: int) -> tuple[int, int] | None:
        """The group and line after or before the line that begins at a height."""
        group = self._group_at(top)
        if group is None:
            return None
        line = (top - int(self.tops[group]) - self.heading) // self.cell[1] + step
        if 0 <= line < self.lines[group]:
            return group, line
        seen = np.flatnonzero(self.lines)
        place = int(np.searchsorted(seen, group, side="right" if step > 0 else "left")) - (0 if step > 0 else 1)
        if not 0 <= place < len(seen):
            return None
        other = int(seen[place])
        return other, 0 if step > 0 else int(self.lines[other]) - 1

    def _group_at(self, y: int) -> int | None:
        group = int(np.searchsorted(self.tops, y, side="right")) - 1
        return group if 0 <= group < len(self.counts) else None

    def _groups(self, top: int, bottom: int) -> range:
        """Groups of which something is between two heights."""
        first = max(0, int(np.searchsorted(self.tops, top, side="right")) - 1)
        return range(first, min(len(self.counts), int(np.searchsorted(self.tops, bottom, side="left"))))

    def _inside(self, top: int, bottom: int, first: int, last: int) -> tuple[Rows, Rows, Rows]:
        """Cells between two heights and in the columns ``first`` to ``last``."""
        found: list[tuple[Rows, Rows, Rows]] = []
        columns = np.arange(first, last + 1)
        for group in self._groups(top, bottom):
            begin = int(self.tops[group]) + self.heading
            lines = np.arange(
                max(0, (top - begin) // self.cell[1]), min(int(self.lines[group]), -(-(bottom - begin) // self.cell[1]))
            )
            rows = (int(self.firsts[group]) + lines[:, None] * self.columns + columns).ravel()
            there = rows < self.firsts[group + 1]
            lefts = np.tile(self.margin + columns * self.cell[0], len(lines))
            tops = np.repeat(begin + lines * self.cell[1], len(columns))
            found.append((rows[there], lefts[there], tops[there]))
        if not found:
            return _NOTHING, _NOTHING, _NOTHING
        rows, lefts, tops = (np.concatenate(each) for each in zip(*found, strict=True))
        return rows, lefts, tops
