"""Damage, residue, and every picture: a table that sorts, with what each net says."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PySide6.QtCore import QItemSelection, QModelIndex, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QLineEdit, QTableView, QVBoxLayout, QWidget

from maga_desk.domain.closer.answers import CloseLook, Split
from maga_desk.domain.closer.definitions import CLOSER_DEFINITIONS
from maga_desk.domain.closer.ranking import Ranking, damage, residue
from maga_desk.ui.item_models.close_pictures import FIRST_NET, PICTURE, SIDE, ClosePicturesModel
from maga_desk.ui.widgets.basic.empty_state import paint_empty
from maga_desk.ui.widgets.basic.explained import Explained, said_line
from maga_desk.ui.widgets.basic.fields import ChoiceBox
from maga_desk.ui.widgets.basic.takeaway import Takeaway, take_button

Kind = Literal["damage", "residue", "all"]
LISTS: tuple[tuple[str, Kind, Split], ...] = (
    ("Damage: training pictures that stay", "damage", "train"),
    ("Damage: test pictures of what stays", "damage", "test"),
    ("Residue: forgotten pictures", "residue", "train"),
    ("Residue: unseen pictures of what went", "residue", "test"),
    ("All training pictures", "all", "train"),
    ("All test pictures", "all", "test"),
)
AMOUNTS = {"damage": "Lost", "residue": "Above", "all": "Lost"}
EVERY = "All classes"
ROOM_FOR_NAMES, AMOUNT_WIDTH = 640, 70
"""Pixels of the table with which names stand beside the thumbnails, and of its last column."""
NONE = "There is no such picture."


class ClosePicturesTable(QTableView):
    """Rows of pictures, painted as they come into view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Pictures with what each model says")
        self.pictures = ClosePicturesModel(self)
        self.setModel(self.pictures)
        self.setSortingEnabled(False)  # a click on a title sorts: the ranking is the order at first
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(SIDE + 6)
        columns.setHighlightSections(False)
        columns.setSectionsClickable(True)
        columns.setMinimumSectionSize(48)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.takeaway = Takeaway(self, "pictures")
        self._sorted: tuple[int, bool] = (-1, False)
        columns.sectionClicked.connect(self._sort)

    def fit(self) -> None:
        """Columns for what they hold; names and answers share what is left."""
        columns = self.horizontalHeader()
        last = self.pictures.columnCount() - 1
        if last < 0:
            return
        narrow = self.width() < ROOM_FOR_NAMES
        self.pictures.set_named(not narrow)
        for column in range(last):
            columns.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        for column, width in ((last, AMOUNT_WIDTH), *([(PICTURE, SIDE + 14)] if narrow else [])):
            columns.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            columns.resizeSection(column, width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def sizeHint(self) -> QSize:
        return QSize(480, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 3 * (SIDE + 6) + self.horizontalHeader().sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_empty(self, NONE)

    def unsort(self) -> None:
        """Other rows have come, in an order of their own."""
        self._sorted = (-1, False)
        self.scrollToTop()

    @Slot(int)
    def _sort(self, column: int) -> None:
        """By a column; once more the other way round. Amounts begin with the largest."""
        falling = column >= FIRST_NET
        down = not self._sorted[1] if self._sorted[0] == column else falling
        self._sorted = (column, down)
        self.pictures.sort(column, Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder)
        self.scrollToTop()


class PicturesView(QWidget):
    """Signals: ``picked(split, position)``, and ``chosen_changed()`` when other rows are selected."""

    picked = Signal(str, int)
    chosen_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: CloseLook | None = None
        self.lists, self.classes = ChoiceBox(self), ChoiceBox(self)
        self.lists.setAccessibleName("List of pictures")
        self.lists.addItems([title for title, *_ in LISTS])
        self.classes.setAccessibleName("Class of the pictures")
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Name holds…")
        self.search.setAccessibleName("Part of a picture's name")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(150)
        self.table = ClosePicturesTable(self)
        self.explained = Explained("", self)
        self.said = said_line(self)
        take = take_button(self, lambda: self.table.takeaway, "the pictures")
        self.explained.add(self.lists, self.classes, self.search, take)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.explained)
        column.addWidget(self.said)
        row = QHBoxLayout()
        row.addWidget(self.table)
        column.addLayout(row, 1)
        self.lists.activated.connect(self._fill)
        self.classes.activated.connect(self._fill)
        self.search.textChanged.connect(self._fill)
        self.table.selectionModel().currentChanged.connect(self._pick)
        self.table.selectionModel().selectionChanged.connect(self._tell)

    def set_look(self, look: CloseLook | None) -> None:
        """Other nets."""
        self._look = look
        self.table.pictures.set_look(look, self.devicePixelRatioF())
        self.classes.clear()
        self.classes.addItem(EVERY)
        self.classes.addItems(list(look.classes) if look is not None else [])
        self.search.clear()
        self._fill()
        self.table.fit()

    def chosen_forgotten(self) -> tuple[int, ...]:
        """Positions of the forgotten training pictures among the selected rows."""
        look, table = self._look, self.table
        if look is None or table.pictures.split != "train":
            return ()
        ranges = table.selectionModel().selection().toList()  # a few, even where every row is selected
        parts = [table.pictures.positions[part.top() : part.bottom() + 1] for part in ranges]
        positions = np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)
        return tuple(int(each) for each in positions[look.forget[positions]])

    def ranking(self) -> Ranking | None:
        """What the chosen list holds, of all classes."""
        look = self._look
        if look is None:
            return None
        _, kind, split = LISTS[max(0, self.lists.currentIndex())]
        if kind == "damage":
            return damage(look, split)
        if kind == "residue":
            return residue(look, split)
        lost = look.nets["original"].of(split).log_odds - look.nets["unlearned"].of(split).log_odds
        return Ranking(split, np.arange(len(lost)), lost, False, f"{len(lost):,} pictures.")

    @Slot()
    def _fill(self) -> None:
        ranking, look = self.ranking(), self._look
        kind = LISTS[max(0, self.lists.currentIndex())][1]
        self.explained.define(CLOSER_DEFINITIONS[kind].text())
        if ranking is None or look is None:
            return
        index, positions = look.index(ranking.split), ranking.positions
        kept = np.ones(len(positions), dtype=bool)
        if self.classes.currentIndex() > 0:
            kept &= index.labels[positions] == self.classes.currentIndex() - 1
        wanted = self.search.text().strip().casefold()
        if wanted:
            kept &= np.fromiter((wanted in index.names[i].casefold() for i in positions), dtype=bool, count=len(kept))
        points = kind == "residue"
        title = AMOUNTS[kind] if not (points and not ranking.beyond) else "Points"
        self.table.pictures.set_rows(ranking.split, positions[kept], ranking.amounts[kept], title, points=points)
        self.said.setText(ranking.said)
        self.table.fit()
        self.table.unsort()
        self.chosen_changed.emit()

    @Slot(QModelIndex, QModelIndex)
    def _pick(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self.picked.emit(self.table.pictures.split, int(self.table.pictures.positions[current.row()]))

    @Slot(QItemSelection, QItemSelection)
    def _tell(self, _chosen: QItemSelection, _left: QItemSelection) -> None:
        self.chosen_changed.emit()
