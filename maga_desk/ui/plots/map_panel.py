"""Two maps of features, before and after, whose selection is one; its pictures below."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from maga_desk.domain.closer.answers import CloseLook, Split
from maga_desk.domain.closer.definitions import CLOSER_DEFINITIONS
from maga_desk.domain.closer.feature_map import FeatureMap
from maga_desk.ui.plots.feature_scatter import FeatureScatter
from maga_desk.ui.widgets.basic.explained import Explained, said_line
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.flow import named
from maga_desk.ui.widgets.basic.labels import heading
from maga_desk.ui.widgets.basic.takeaway import Takeaway, take_button
from maga_desk.ui.widgets.verify.closer.picture_strip import PictureStrip

THE_FORGOTTEN = "The forgotten"
NO_MAP = "There is no map: fewer than two features, or the models have other features."
HINT = "Draw a rectangle in either map to select; the points are marked in both. Outlines are unseen test pictures."


class MapPanel(QWidget):
    """Signal: ``picked(split, position)``."""

    picked = Signal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: CloseLook | None = None
        self._selected: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.maps, self.marked = ChoiceBox(self), ChoiceBox(self)
        self.maps.setAccessibleName("Projection")
        self.marked.setAccessibleName("What is marked in orange")
        self.clear_button = QPushButton("Select none", self)
        self.clear_button.setObjectName("segment")
        self.before, self.after = FeatureScatter("Map of the original", self), FeatureScatter("Map after", self)
        self.explained = Explained(CLOSER_DEFINITIONS["map"].text(), self)
        self.explained.add(named("Projection", self.maps), named("In orange", self.marked), self.clear_button)
        self.said, self.chosen = said_line(self), said_line(self)
        self.strip = PictureStrip("Selected pictures", "", self)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        for place, (title, plot) in enumerate((("Original", self.before), ("Unlearned", self.after))):
            grid.addWidget(heading(title, self), 0, 2 * place)
            grid.addWidget(take_button(self, partial(_takeaway, plot), plot.accessibleName()), 0, 2 * place + 1)
            grid.addWidget(plot, 1, 2 * place, 1, 2)
            grid.setColumnStretch(2 * place, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.explained)
        column.addLayout(grid, 3)
        column.addWidget(self.said)
        column.addWidget(self.chosen)
        column.addWidget(self.strip, 1)
        self.maps.activated.connect(self._fill)
        self.marked.activated.connect(self._mark)
        self.before.brushed.connect(self._brush_before)
        self.after.brushed.connect(self._brush_after)
        self.clear_button.clicked.connect(self._clear)
        self.strip.picked.connect(self.picked)

    def set_look(self, look: CloseLook | None) -> None:
        """Other nets."""
        self._look, self._selected = look, self._selected[:0]  # of points of the earlier map
        self.strip.set_look(look)
        self.maps.clear()
        self.marked.clear()
        if look is not None:
            self.maps.addItems([each.name for each in look.maps])
            self.marked.addItems([THE_FORGOTTEN, *look.classes])
        self._fill()

    @property
    def shown(self) -> FeatureMap | None:
        """The map that is drawn."""
        place = self.maps.currentIndex()
        return self._look.maps[place] if self._look is not None and 0 <= place < len(self._look.maps) else None

    @Slot()
    def _fill(self) -> None:
        """Draw a projection; the selection is of pictures, and stays."""
        shown = self.shown
        if shown is None:
            self.said.setText(NO_MAP if self._look is not None else "")
            self._selected = self._selected[:0]
            self._clear_maps()
            return
        both = np.concatenate([shown.before, shown.after])
        low, high = np.quantile(both, 0.002, axis=0), np.quantile(both, 0.998, axis=0)
        self.before.set_points(shown.before, low, high)
        self.after.set_points(shown.after, low, high)
        tests = int(shown.test.sum())
        self.said.setText(f"{shown.said} {len(shown.positions) - tests:,} training and {tests:,} test pictures. {HINT}")
        self._selected = self._selected[self._selected < len(shown.positions)]
        self._mark()

    def _clear_maps(self) -> None:
        """No point of an earlier result stays where this one has no map."""
        nothing = np.zeros((0, 2))
        for plot in (self.before, self.after):
            plot.set_points(nothing, np.zeros(2), np.ones(2))
            plot.mark(*(np.zeros(0, dtype=bool) for _ in range(3)))
        self.strip.show_pictures([])
        self.strip.hide()
        self.chosen.hide()
        self.clear_button.setEnabled(False)

    @Slot()
    def _mark(self) -> None:
        """Colour the points, and list those that are selected."""
        shown, look = self.shown, self._look
        if shown is None or look is None:
            return
        where = np.zeros(len(shown.positions), dtype=bool)
        for test in (False, True):
            part, split = shown.test == test, "test" if test else "train"
            if self.marked.currentIndex() <= 0:
                mask = look.unseen if test else look.forget
                where[part] = mask[shown.positions[part]]
            else:
                labels = (look.images.test if split == "test" else look.images.train).labels
                where[part] = labels[shown.positions[part]] == self.marked.currentIndex() - 1
        chosen = np.zeros(len(where), dtype=bool)
        chosen[self._selected] = True
        for plot in (self.before, self.after):
            plot.mark(where, shown.test, chosen)
        self._list(look, shown)

    def _list(self, look: CloseLook, shown: FeatureMap) -> None:
        self.clear_button.setEnabled(len(self._selected) > 0)
        rows: list[tuple[Split, int]] = [
            ("test" if shown.test[each] else "train", int(shown.positions[each])) for each in self._selected
        ]
        self.strip.show_pictures(rows)
        self.strip.setVisible(bool(rows))
        self.chosen.setVisible(bool(rows))
        if not rows:
            return
        labels = [look.index(split).labels[position] for split, position in rows]
        numbers, counts = np.unique(labels, return_counts=True)
        order = np.argsort(-counts)[:4]
        most = ", ".join(f"{look.classes[numbers[each]]} {counts[each]:,}" for each in order)
        rest = len(rows) - int(counts[order].sum())
        self.chosen.setText(f"{len(rows):,} selected: {most}{f', others {rest:,}' if rest else ''}.")

    @Slot(QRectF)
    def _brush_before(self, area: QRectF) -> None:
        self._select(area, after=False)

    @Slot(QRectF)
    def _brush_after(self, area: QRectF) -> None:
        self._select(area, after=True)

    def _select(self, area: QRectF, *, after: bool) -> None:
        shown = self.shown
        if shown is not None:
            low, high = (area.left(), area.top()), (area.right(), area.bottom())
            self._selected = shown.inside(after, low, high)
            self._mark()

    @Slot()
    def _clear(self) -> None:
        self._selected = self._selected[:0]
        self._mark()


def _takeaway(plot: FeatureScatter) -> Takeaway:
    return plot.takeaway
