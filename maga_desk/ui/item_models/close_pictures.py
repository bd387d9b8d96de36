"""Pictures with what each net says of them, as a table that sorts, and as a list of thumbnails; nothing is made before
it is painted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from maga_desk.domain.closer.answers import SPLITS, Answers, CloseLook, Split
from maga_desk.ui.item_models.thumbnails import Thumbnails
from maga_desk.ui.tips import tip

PICTURE, CLASS, FIRST_NET = 0, 1, 2
SIDE = 40
SMALL = 56
Index = QModelIndex | QPersistentModelIndex
Positions = NDArray[np.int64]
NET_TITLES = {"original": "Original", "unlearned": "Unlearned", "retrained": "Retrained"}
_ROOT, _NOTHING = QModelIndex(), np.empty(0, dtype=np.int64)


class ClosePicturesModel(QAbstractTableModel):
    """Rows are pictures of one split; the columns picture, class, a net each, and the amount that they are ranked by.

    A net's cell has the probability of the true class, and the class that is named where that is another.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._look: CloseLook | None = None
        self._split: Split = "train"
        self._positions, self._amounts = _NOTHING, np.empty(0)
        self._title, self._points, self._named = "", False, True
        self._thumbnails: dict[Split, Thumbnails] = {}

    def set_look(self, look: CloseLook | None, ratio: float = 1.0) -> None:
        """Other nets or pictures; no rows."""
        self.beginResetModel()
        self._look = look
        self._thumbnails = _thumbnails_of(look, SIDE, ratio)
        self._positions, self._amounts = _NOTHING, np.empty(0)
        self.endResetModel()

    def set_rows(
        self, split: Split, positions: Positions, amounts: NDArray[np.float64], title: str, *, points: bool
    ) -> None:
        """:param amounts: one for each row, in points (``points``) or as log-odds."""
        self.beginResetModel()
        self._split, self._positions, self._amounts, self._title = split, positions, amounts, title
        self._points = points
        self.endResetModel()

    def set_named(self, named: bool) -> None:
        """Whether names stand beside the thumbnails; they are in the tips in any case."""
        if named != self._named:
            self._named = named
            if len(self._positions):
                self.dataChanged.emit(self.index(0, PICTURE), self.index(len(self._positions) - 1, PICTURE))

    @property
    def split(self) -> Split:
        return self._split

    @property
    def positions(self) -> Positions:
        return self._positions

    def nets(self) -> list[tuple[str, Answers]]:
        return [] if self._look is None else [(str(name), found) for name, found in self._look.shown_nets()]

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._positions)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() or self._look is None else FIRST_NET + len(self._look.nets) + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section == self.columnCount() - 1:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        titles = [
            "Picture" if self._named else "",
            "Class",
            *(NET_TITLES[name] for name, _ in self.nets()),
            self._title,
        ]
        if role == Qt.ItemDataRole.DisplayRole and section < len(titles):
            return titles[section]
        if role == Qt.ItemDataRole.ToolTipRole and FIRST_NET <= section < len(titles) - 1:
            return "Probability of the true class, and what is named where that is another. A click sorts."
        if role == Qt.ItemDataRole.ToolTipRole and section == len(titles) - 1:
            above = "Points of probability above what the retrained model gives, or in all where there is none."
            return above if self._points else "Log-odds of the true class that were lost. A click sorts."
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        look = self._look
        if not index.isValid() or look is None:
            return None
        position, column = int(self._positions[index.row()]), index.column()
        pictures = look.index(self._split)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(look, position, index.row(), column)
        if role == Qt.ItemDataRole.DecorationRole and column == PICTURE:
            return self._thumbnails[self._split].pixmap(position)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(pictures.names[position])
        if role == Qt.ItemDataRole.TextAlignmentRole and column == self.columnCount() - 1:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def _text(self, look: CloseLook, position: int, row: int, column: int) -> str:
        pictures = look.index(self._split)
        if column == PICTURE:
            return pictures.names[position].rpartition("/")[2] if self._named else ""
        if column == CLASS:
            return look.classes[int(pictures.labels[position])]
        if column == self.columnCount() - 1:
            amount = float(self._amounts[row])
            return f"{100 * amount:+.0f}".replace("-", "−") if self._points else f"{amount:.2f}".replace("-", "−")
        found = self.nets()[column - FIRST_NET][1].of(self._split)
        text, named = f"{100 * found.probability_of(position):.0f} %", int(found.named[position])
        return text if named == pictures.labels[position] else f"{text}, {look.classes[named]}"

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By what is in a column; the amount begins with the largest."""
        if self._look is None or not 0 <= column < self.columnCount():
            return
        keys = self._keys(self._look, column)
        places = np.argsort(keys if order == Qt.SortOrder.AscendingOrder else -keys, kind="stable")
        self.beginResetModel()
        self._positions, self._amounts = self._positions[places], self._amounts[places]
        self.endResetModel()

    def _keys(self, look: CloseLook, column: int) -> NDArray[Any]:
        if column == PICTURE:
            return np.argsort(np.argsort(np.array([look.index(self._split).names[i] for i in self._positions])))
        if column == CLASS:
            return look.index(self._split).labels[self._positions]
        if column == self.columnCount() - 1:
            return self._amounts
        found: NDArray[Any] = self.nets()[column - FIRST_NET][1].of(self._split).log_odds[self._positions]
        return found


class CloseThumbsModel(QAbstractListModel):
    """Some pictures as thumbnails: training and test pictures may be mixed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._look: CloseLook | None = None
        self._rows: list[tuple[Split, int]] = []
        self._thumbnails: dict[Split, Thumbnails] = {}

    def set_look(self, look: CloseLook | None, ratio: float = 1.0) -> None:
        """Other pictures; none is listed."""
        self.beginResetModel()
        self._look, self._rows = look, []
        self._thumbnails = _thumbnails_of(look, SMALL, ratio)
        self.endResetModel()

    def set_rows(self, rows: list[tuple[Split, int]]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def at(self, row: int) -> tuple[Split, int]:
        return self._rows[row]

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._look is None:
            return None
        split, position = self._rows[index.row()]
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnails[split].pixmap(position)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            facts = self._look.facts(split, position)
            return tip(f"{facts['picture']}\n{facts['class']}, {facts['part']}")
        return None


def _thumbnails_of(look: CloseLook | None, side: int, ratio: float) -> dict[Split, Thumbnails]:
    if look is None:
        return {}
    return {split: Thumbnails(look.index(split), side=side, ratio=ratio, room=600) for split in SPLITS}
