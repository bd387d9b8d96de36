"""The map of the training pictures: where they lie, what colours them, what stands out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from maga_desk.domain.picture_map import PictureMap
from maga_desk.domain.tints import Tints
from maga_desk.ui.selection import PictureSelection

Mask = NDArray[np.bool_]


class MapModel(QObject):
    """Signals: ``places_changed()`` (another map, or none), ``look_changed()`` (colours, what is found, marked or
    selected), ``columns_changed()`` (by what pictures can be coloured).
    """

    places_changed = Signal()
    look_changed = Signal()
    columns_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.maps: dict[str, PictureMap] = {}
        self.shown = ""
        self.columns: tuple[str, ...] = ()
        self.tints: Tints | None = None
        self.found: Mask = np.empty(0, dtype=bool)
        self.marks: Mask = np.empty(0, dtype=bool)
        self._selection: PictureSelection | None = None

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return len(self.marks)

    @property
    def map(self) -> PictureMap | None:
        """The one that is shown."""
        return self.maps.get(self.shown)

    @property
    def selected(self) -> Mask:
        """``(N,) bool``."""
        mask = self._selection.mask if self._selection is not None else self.marks[:0]
        return mask if len(mask) == self.count else np.zeros(self.count, dtype=bool)

    def follow(self, selection: PictureSelection) -> None:
        """Show what is selected there."""
        self._selection = selection
        selection.changed.connect(self.look_changed)

    def set_pictures(self, count: int) -> None:
        """Other pictures: no map, all found, none marked."""
        self.maps, self.shown, self.tints, self.columns = {}, "", None, ()
        self.found, self.marks = np.ones(count, dtype=bool), np.zeros(count, dtype=bool)
        self.columns_changed.emit()
        self.places_changed.emit()

    def add_map(self, found: PictureMap, *, show: bool) -> None:
        """A map is there; the first one is shown in any case."""
        self.maps[found.name] = found
        if show or self.map is None or self.shown == found.name:
            self.shown = found.name
        self.places_changed.emit()

    def show_map(self, name: str) -> None:
        """Another of the maps that are there."""
        if name in self.maps and name != self.shown:
            self.shown = name
            self.places_changed.emit()

    def set_columns(self, columns: Sequence[str]) -> None:
        """By what pictures can be coloured."""
        if tuple(columns) != self.columns:
            self.columns = tuple(columns)
            self.columns_changed.emit()

    def set_tints(self, tints: Tints | None) -> None:
        """Colours by a column."""
        self.tints = tints
        self.look_changed.emit()

    def set_found(self, rows: NDArray[np.int64]) -> None:
        """Positions of the pictures that stand out: those that the grid shows."""
        found = np.zeros(self.count, dtype=bool)
        found[rows] = True
        if not np.array_equal(found, self.found):
            self.found = found
            self.look_changed.emit()

    def set_marks(self, marks: Mask) -> None:
        """``(N,) bool``: which are to be forgotten."""
        if len(marks) == self.count and not np.array_equal(marks, self.marks):
            self.marks = marks
            self.look_changed.emit()

    @Slot()
    def clear_tints(self) -> None:
        self.set_tints(None)

    def counted(self) -> str:
        """``UMAP map of 50,000 pictures: 1,200 found, 30 marked, 5 selected.``"""
        if self.map is None:
            return f"No map yet of {self.count:,} pictures."
        parts = [f"{int(self.found.sum()):,} found", f"{int(self.marks.sum()):,} marked"]
        parts.append(f"{int(self.selected.sum()):,} selected")
        return f"{self.shown} map of {self.count:,} pictures: {', '.join(parts)}."
