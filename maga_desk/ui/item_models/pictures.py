"""The training pictures as rows: filtered, ordered, in groups by class where that is wanted, with marks."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from maga_desk.domain.pictures import ImageSet
from maga_desk.ui.tips import tip

MARKED = Qt.ItemDataRole.UserRole + 1
POSITION = Qt.ItemDataRole.UserRole + 2

CLASS, NAMED, SURE, LOSS = "class", "pred", "conf", "loss"
SHOWN = {CLASS: "True class", NAMED: "Class that the model names", SURE: "Confidence", LOSS: "Loss"}
"""What can be written below each picture, by the query's word for it."""

Index = QModelIndex | QPersistentModelIndex
Positions = NDArray[np.int64]
_ROOT = QModelIndex()
_REMEMBERED = 20_000  # pictures of which the model's answers are kept


class PictureAnswers(NamedTuple):
    """What the model says of some pictures: the class that it names, how sure it is in percent, the true class's loss.

    Each is ``(n,)``.
    """

    named: Positions
    sure: NDArray[np.float64]
    loss: NDArray[np.float64]


Ask = Callable[[Positions], PictureAnswers]


class Caption(NamedTuple):
    """A line below a picture.

    :param tail: what stands behind the text, and is read even where that is cut short.
    :param wrong: it says that the model names another class.
    """

    text: str
    tail: str = ""
    wrong: bool = False


class RowGroup(NamedTuple):
    """Rows of one class that stand together."""

    label: int
    title: str
    rows: int


class PicturesModel(QAbstractListModel):
    """Rows are positions among the training pictures that pass the filter.

    Roles: tool tip and accessible text (name and label), ``MARKED`` (bool) and ``POSITION`` (int). Signals beside Qt's:
    ``captions_changed()``.
    """

    captions_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.images: ImageSet | None = None
        self._given: Positions = np.empty(0, dtype=np.int64)
        self._rows = self._given
        self._mask: NDArray[np.bool_] = np.empty(0, dtype=bool)
        self._grouped, self._groups = False, list[RowGroup]()
        self._shown: frozenset[str] = frozenset()
        self._ask: Ask | None = None
        self._answers: dict[int, tuple[int, float, float]] = {}
        self._twins: NDArray[np.bool_] | None = None
        self.earlier: NDArray[np.bool_] | None = None

    def set_images(self, images: ImageSet | None) -> None:
        """Other pictures, all shown, none marked."""
        self.beginResetModel()
        self.images = images
        count = len(images.train) if images else 0
        self._mask = np.zeros(count, dtype=bool)
        self._ask, self._answers, self._twins, self.earlier = None, {}, None, None
        self._arrange(np.arange(count))
        self.endResetModel()

    def set_rows(self, rows: Positions) -> None:
        """Show these positions, in this order."""
        self.beginResetModel()
        self._arrange(rows)
        self.endResetModel()

    def group(self, by_class: bool) -> None:
        """Whether pictures of a class stand together, below its name; within it the order stays."""
        if by_class != self._grouped:
            self.beginResetModel()
            self._grouped = by_class
            self._arrange(self._given)
            self.endResetModel()

    def set_mask(self, mask: NDArray[np.bool_]) -> None:
        """Which pictures are marked, ``(N,) bool``."""
        self._mask = mask
        if len(self._rows):
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1), [MARKED])

    def set_earlier(self, positions: Positions) -> None:
        """Which pictures the model has forgotten before."""
        self.earlier = np.zeros(len(self._mask), dtype=bool)
        self.earlier[positions] = True
        self.captions_changed.emit()

    def set_twins(self, twins: NDArray[np.bool_] | None) -> None:
        """Which pictures are there more than once, ``(N,) bool``."""
        self._twins = twins
        self.captions_changed.emit()

    def set_answers(self, ask: Ask | None) -> None:
        """What tells the model's answers to some pictures; it is asked for those that are seen, and for no others."""
        self._ask, self._answers = ask, {}
        self.captions_changed.emit()

    def show(self, what: Collection[str]) -> None:
        """What is written below each picture, of :data:`SHOWN`."""
        if frozenset(what) != self._shown:
            self._shown = frozenset(what) & SHOWN.keys()
            self.captions_changed.emit()

    @property
    def rows(self) -> Positions:
        """Positions of the pictures that are shown, as they stand."""
        return self._rows

    @property
    def groups(self) -> list[RowGroup]:
        """The groups of rows, in order; none where they are not grouped."""
        return self._groups

    @property
    def mask(self) -> NDArray[np.bool_]:
        return self._mask

    @property
    def twins(self) -> NDArray[np.bool_] | None:
        return self._twins

    @property
    def lines(self) -> int:
        """Lines that stand below a picture."""
        return (CLASS in self._shown) + bool(self._shown & {NAMED, SURE}) + (LOSS in self._shown)

    def prepare(self, positions: Positions) -> None:
        """Have what is written below these pictures ready: their answers are asked for at once."""
        if self._ask is None or not self._shown & {NAMED, SURE, LOSS}:
            return
        lacking = np.array([each for each in positions.tolist() if each not in self._answers], dtype=np.int64)
        if len(lacking):
            if len(self._answers) > _REMEMBERED:
                self._answers.clear()
            columns = (column.tolist() for column in self._ask(lacking))
            self._answers.update(zip(lacking.tolist(), zip(*columns, strict=True), strict=True))

    def captions(self, position: int) -> list[Caption]:
        """The lines below a picture, ``lines`` of them."""
        images, shown = self.images, self._shown
        if images is None:
            return []
        label, found = int(images.train.labels[position]), list[Caption]()
        named, sure, loss = self._answers.get(position, (-1, float("nan"), float("nan")))
        if CLASS in shown:
            found.append(Caption(images.classes[label]))
        if shown & {NAMED, SURE}:
            said = f"{'→' if named == label else '≠'} {images.classes[named]}" if NAMED in shown and named >= 0 else ""
            percent = f"{sure:.0f} %" if SURE in shown and named >= 0 else ""
            found.append(Caption(said, percent, wrong=named not in (label, -1)))
        if LOSS in shown:
            found.append(Caption(f"loss {loss:.2f}" if named >= 0 else ""))
        return found

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self.images is None:
            return None
        position = int(self._rows[index.row()])
        if role == MARKED:
            return bool(self._mask[position])
        if role == POSITION:
            return position
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.describe(position)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self.describe(position))
        return None

    def describe(self, position: int) -> str:
        """All that is known of a picture here, a line each."""
        assert self.images is not None
        train = self.images.train
        kind, label = self.images.kinds[train.kinds[position]], self.images.classes[train.labels[position]]
        what = kind if kind == label else f"{kind}, of the class {label}"
        said = ", marked to be forgotten" if self._mask[position] else ""
        said += ", forgotten before" if self.earlier is not None and self.earlier[position] else ""
        said += ", there more than once" if self._twins is not None and self._twins[position] else ""
        more = "".join(f"\n{name}: {values[position]}" for name, values in train.columns.items())
        return f"{train.names[position]}\n{what}{said}{more}"

    def _arrange(self, given: Positions) -> None:
        self._given, self._rows, self._groups = given, given, []
        if not self._grouped or self.images is None or not len(given):
            return
        labels = self.images.train.labels[given]
        if (labels[1:] < labels[:-1]).any():
            places = np.argsort(labels, kind="stable")
            self._rows, labels = given[places], labels[places]
        firsts = np.concatenate([[0], np.flatnonzero(labels[1:] != labels[:-1]) + 1, [len(labels)]])
        classes, counts = self.images.classes, np.diff(firsts).tolist()
        present = labels[firsts[:-1]].tolist()
        self._groups = [RowGroup(label, classes[label], count) for label, count in zip(present, counts, strict=True)]
