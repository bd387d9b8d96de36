"""The per-picture labels of a proposal as a Qt table, sorted and filtered with numpy, for tens of thousands of rows."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFont

from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.proposal import Proposal
from maga_desk.ui.item_models.doubt import doubtful, leads
from maga_desk.ui.item_models.thumbnails import Thumbnails
from maga_desk.ui.item_models.why import Origin, source_title
from maga_desk.ui.tips import tip

Index = QModelIndex | QPersistentModelIndex
Filter = Literal["all", "doubtful", "by hand"]
FILTERS: tuple[Filter, ...] = ("all", "doubtful", "by hand")

PICTURE, TRUE, PREDICTION, LABEL, MARGIN, SOURCE = range(6)
COLUMNS = ("Picture", "True label", "Prediction", "New label", "Margin", "Set by")
HINTS = (
    "The picture to forget",
    "The label in your data",
    "What the original classifier answers, and how sure it is",
    "The label that the picture is re-aligned to",
    "Lead of the new label over the next candidate; small means doubtful",
    "The proposer, with a tick once you agreed; or you",
)
DoubtfulRole = int(Qt.ItemDataRole.UserRole)

_NOTHING = QModelIndex()


class LabelModel(QAbstractTableModel):
    """One row for every picture of the forget set.

    Signals: ``label_chosen(position, class_name)`` when a label was picked in a cell. Positions are those in the
    proposal, whatever the order of the rows. The owner applies a change and hands the new proposal back.
    """

    label_chosen = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._proposal: Proposal | None = None
        self._origin = Origin()
        self._source = ""
        self._thumbnails: Thumbnails | None = None
        self._order: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._rows: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._filter: Filter = "all"
        self._class: int | None = None
        self._sort: tuple[int, bool] = (-1, False)
        self._labels = self._predicted = np.zeros(0, dtype=np.int64)
        self._lead = np.zeros(0, dtype=np.float32)
        self._doubtful = np.zeros(0, dtype=bool)
        self._shown_names: NDArray[np.str_] | None = None
        self._bold = QFont()
        self._bold.setBold(True)

    @property
    def proposal(self) -> Proposal | None:
        return self._proposal

    @property
    def thumbnails_made(self) -> int:
        """How many thumbnails were made for the pictures shown now."""
        return 0 if self._thumbnails is None else self._thumbnails.made

    @property
    def filter(self) -> Filter:
        return self._filter

    @property
    def choices(self) -> list[str]:
        """The classes that a label can be: all but those that are forgotten wholly."""
        names = self._proposal.matrix.classes if self._proposal else ()
        return [name for i, name in enumerate(names) if i not in self._origin.gone]

    def set_proposal(
        self, proposal: Proposal | None, pictures: PictureIndex | None, ratio: float = 1.0, origin: Origin | None = None
    ) -> None:
        """Show a proposal. With the same pictures, order, selection and scrolling stay as they are.

        :param pictures: the forget pictures in the proposal's order; without it there are no thumbnails.
        :param ratio: device pixels per logical pixel.
        :param origin: what is known of it beyond its figures.
        """
        same = proposal is not None and self._proposal is not None and proposal.names == self._proposal.names
        self._proposal, self._origin = proposal, origin or Origin()
        self._source = source_title(proposal) if proposal else ""
        if proposal is None:
            self._labels = self._predicted = np.zeros(0, dtype=np.int64)
            self._lead = np.zeros(0, dtype=np.float32)
            self._doubtful = np.zeros(0, dtype=bool)
        else:
            self._labels, self._predicted = proposal.labels, proposal.predicted
            self._lead, self._doubtful = leads(proposal, self._origin.gamma), doubtful(proposal, self._origin.gamma)
        if same:
            self._refresh()
            return
        self.beginResetModel()
        self._thumbnails = Thumbnails(pictures, ratio=ratio) if pictures is not None and proposal is not None else None
        self._shown_names = None
        self._class = None
        self._order = self._sorted()
        self._rows = self._filtered()
        self.endResetModel()

    def set_filter(self, which: Filter, true_class: str | None = None) -> None:
        """Keep all rows, the doubtful ones or those set by hand; and of one true class only, when it is named."""
        self._filter = which
        known = self._proposal.matrix.classes if self._proposal else ()
        self._class = known.index(true_class) if true_class in known else None
        self._rearrange(self._order)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sort = (column, order == Qt.SortOrder.DescendingOrder)
        self._rearrange(self._sorted())

    def count(self, which: Filter) -> int:
        """How many pictures a filter would keep."""
        return int(self._mask(which).sum())

    def position(self, row: int) -> int:
        """The place in the proposal of the picture in a shown row."""
        return int(self._rows[row])

    def candidates(self, position: int, limit: int = 8) -> list[str]:
        """Likely labels for a picture, best first, the true one left out."""
        assert self._proposal is not None
        proposal = self._proposal
        score = proposal.targets[position] + 1e-3 * proposal.probabilities[position]
        closed = {int(proposal.true[position]), *self._origin.gone}
        order = [int(i) for i in np.argsort(-score, kind="stable") if int(i) not in closed]
        return [proposal.matrix.classes[i] for i in order[:limit]]

    def margin_in_words(self, position: int) -> str:
        """``margin 0.12, doubtful``; a label set by hand has none."""
        assert self._proposal is not None
        if self._proposal.edited[position]:
            return "set by you"
        return f"margin {self._lead[position]:.2f}{', doubtful' if self._doubtful[position] else ''}"

    def next_doubtful(self, row: int) -> int | None:
        """The next shown row below ``row``, or from the top, whose label is doubtful."""
        found = np.flatnonzero(self._doubtful[self._rows])
        if len(found) == 0:
            return None
        below = found[found > row]
        return int(below[0]) if len(below) else int(found[0])

    def rowCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._proposal is None:
            return None
        position, column = int(self._rows[index.row()]), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(position, column)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnails.pixmap(position) if column == PICTURE and self._thumbnails is not None else None
        if role == Qt.ItemDataRole.EditRole and column == LABEL:
            return self._proposal.matrix.classes[self._labels[position]]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self._tip(position, column))
        if role == Qt.ItemDataRole.FontRole and self._proposal.edited[position] and column in (LABEL, SOURCE):
            return self._bold
        if role == Qt.ItemDataRole.TextAlignmentRole and column == MARGIN:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == DoubtfulRole:
            return bool(self._doubtful[position]) if column in (LABEL, MARGIN) else False
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another label; the row changes when the owner hands back the new proposal."""
        if role != Qt.ItemDataRole.EditRole or index.column() != LABEL or value == self.data(index, role):
            return False
        self.label_chosen.emit(self.position(index.row()), str(value))
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == LABEL else flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return COLUMNS[section]
            if role == Qt.ItemDataRole.ToolTipRole:
                return HINTS[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if section == MARGIN else Qt.AlignmentFlag.AlignLeft
                return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def _text(self, position: int, column: int) -> str:
        proposal = self._proposal
        assert proposal is not None
        names: tuple[str, ...] = proposal.matrix.classes
        if column == PICTURE:
            return proposal.names[position].rpartition("/")[2]
        if column == TRUE:
            return names[int(proposal.true[position])]
        if column == PREDICTION:
            predicted = self._predicted[position]
            return f"{names[predicted]} {100 * proposal.probabilities[position, predicted]:.0f} %"
        if column == LABEL:
            return names[int(self._labels[position])]
        if column == MARGIN:
            return "–" if proposal.edited[position] else f"{self._lead[position]:.2f}"
        if proposal.edited[position]:
            return "you"
        return f"{self._source} ✓" if proposal.agreed[position] else self._source

    def _tip(self, position: int, column: int) -> str:
        assert self._proposal is not None
        if column == PICTURE:
            return self._proposal.names[position]
        if column == LABEL:
            names, target = self._proposal.matrix.classes, self._proposal.targets[position]
            best = [i for i in np.argsort(-target, kind="stable")[:4] if target[i] > 0.005]
            return "Target: " + ", ".join(f"{names[i]} {100 * target[i]:.0f} %" for i in best)
        return HINTS[column]

    def _mask(self, which: Filter) -> NDArray[np.bool_]:
        if self._proposal is None:
            return np.zeros(0, dtype=bool)
        if which == "doubtful":
            return self._doubtful
        return self._proposal.edited if which == "by hand" else np.ones(len(self._labels), dtype=bool)

    def _filtered(self) -> NDArray[np.int64]:
        if self._proposal is None:
            return np.zeros(0, dtype=np.int64)
        mask = self._mask(self._filter)
        if self._class is not None:
            mask = mask & (self._proposal.true == self._class)
        return self._order[mask[self._order]]

    def _sorted(self) -> NDArray[np.int64]:
        proposal = self._proposal
        if proposal is None:
            return np.zeros(0, dtype=np.int64)
        column, descending = self._sort
        # class names sort as text, so map every class to its rank
        rank = np.argsort(np.argsort(np.array(proposal.matrix.classes)))
        if column == PICTURE:
            if self._shown_names is None:
                self._shown_names = np.array(proposal.names)
            keys: NDArray[Any] = self._shown_names
        elif column == PREDICTION:
            sure = proposal.probabilities[np.arange(len(self._predicted)), self._predicted]
            keys = rank[self._predicted] - sure  # within a class, the surest first
        else:
            columns: dict[int, NDArray[Any]] = {
                TRUE: rank[proposal.true],
                LABEL: rank[self._labels],
                MARGIN: self._lead,
                SOURCE: np.where(proposal.edited, 0, np.where(proposal.agreed, 1, 2)),
            }
            keys = columns.get(column, np.arange(len(self._labels)))
        order = np.argsort(keys, kind="stable")
        return order[::-1] if descending else order

    def _refresh(self) -> None:
        """Repaint in place; only rows that no longer fit the filter (or now do) come and go."""
        if np.array_equal(self._filtered(), self._rows):
            if len(self._rows):
                self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(COLUMNS) - 1))
        else:
            self._rearrange(self._order)

    def _rearrange(self, order: NDArray[np.int64]) -> None:
        self.layoutAboutToBeChanged.emit()
        kept = self.persistentIndexList()
        places = [(self.position(index.row()), index.column()) for index in kept]
        self._order = order
        self._rows = self._filtered()
        row_of = np.full(len(self._labels), -1, dtype=np.int64)
        row_of[self._rows] = np.arange(len(self._rows))
        moved = [self.index(int(row_of[p]), column) if row_of[p] >= 0 else QModelIndex() for p, column in places]
        self.changePersistentIndexList(kept, moved)
        self.layoutChanged.emit()
