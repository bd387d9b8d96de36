"""The classes and kinds of the training pictures, with how many are marked and how many a query finds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from maga_desk.domain.pictures import ImageSet

Mask = NDArray[np.bool_]
_PLACE = Qt.ItemDataRole.UserRole
_HEADERS = ("Class", "Marked", "Pictures")


class ClassTree(QTreeWidget):
    """What is chosen in it narrows what is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: ImageSet | None = None
        self._listed: list[QTreeWidgetItem] = []
        self._places: list[tuple[str, int]] = []  # of each that is listed: all, or a class or kind with its number
        self._counts: dict[int, NDArray[np.int64]] = {}  # by column, as they are written
        self.setUniformRowHeights(True)
        self.setHeaderLabels(_HEADERS)
        self.setAccessibleName("Classes")
        self.setRootIsDecorated(False)
        self.setMinimumWidth(210)
        self.setMaximumWidth(260)

    def show_images(self, images: ImageSet | None) -> None:
        """Other pictures, none marked, all of them found."""
        self._images = images
        self.blockSignals(True)
        self.clear()
        self._listed, self._places, self._counts = [], [], {}
        if images is not None:
            everything = self._added(self, "All classes", "all", -1)
            self._add_classes(images)
            self.expandAll()
            self.setCurrentItem(everything)
            self._fit(len(images.train))
            self.show_found(None)
        self.setRootIsDecorated(bool(images and images.families))
        self.blockSignals(False)

    def _fit(self, pictures: int) -> None:
        """Columns as wide as their largest count, measured once: Qt would measure every row at every change."""
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            words = (f"{pictures:,}", _HEADERS[column])
            widest = max(self.fontMetrics().horizontalAdvance(word) for word in words)
            header.resizeSection(column, widest + 20)

    def show_marks(self, mask: Mask) -> None:
        """How many of each are marked, of a ``(N,) bool`` mask."""
        self._count(1, mask, empty="")

    def show_found(self, found: Mask | None) -> None:
        """How many of each a query finds, of a ``(N,) bool`` mask; ``None``: how many there are."""
        self.headerItem().setText(2, _HEADERS[2] if found is None else "Found")
        if self._images is not None:
            everything = np.ones(len(self._images.train), dtype=bool)
            self._count(2, everything if found is None else found, empty="0")

    @property
    def chosen(self) -> tuple[str, int]:
        """``("all", -1)``, or ``class`` or ``kind`` with its number."""
        item = self.currentItem()
        place: tuple[str, int] = item.data(0, _PLACE) if item is not None else ("all", -1)
        return place

    @property
    def chosen_name(self) -> tuple[str, str]:
        """The same with its name, which is empty of all."""
        what, number = self.chosen
        if self._images is None or what == "all":
            return "all", ""
        return what, (self._images.classes if what == "class" else self._images.kinds)[number]

    @property
    def members(self) -> Mask:
        """``(N,) bool``: pictures of the chosen class or kind."""
        assert self._images is not None
        what, number = self.chosen
        if what == "all":
            return np.ones(len(self._images.train), dtype=bool)
        train = self._images.train
        return np.asarray((train.labels if what == "class" else train.kinds) == number)

    def _add_classes(self, images: ImageSet) -> None:
        families = images.families
        within: dict[str, list[int]] = {}
        for kind, kind_name in enumerate(images.kinds if families else ()):
            within.setdefault(families[kind_name] if families else "", []).append(kind)
        for label, name in enumerate(images.classes):
            item = self._added(self, name, "class", label)
            for kind in within.get(name, ()):
                self._added(item, images.kinds[kind], "kind", kind)

    def _added(self, parent: QTreeWidget | QTreeWidgetItem, name: str, what: str, number: int) -> QTreeWidgetItem:
        item = QTreeWidgetItem(parent, [name])
        item.setData(0, _PLACE, (what, number))
        self._listed.append(item)
        self._places.append((what, number))
        return item

    def _count(self, column: int, mask: Mask, *, empty: str) -> None:
        """Only texts that change are written, and the view is told once: of ten thousand classes each would be told."""
        images = self._images
        if images is None:
            return
        by = {
            "all": np.array([int(mask.sum())]),
            "class": np.bincount(images.train.labels[mask], minlength=len(images.classes)),
            "kind": np.bincount(images.train.kinds[mask], minlength=len(images.kinds)),
        }
        counts = np.array([by[what][max(0, number)] for what, number in self._places], dtype=np.int64)
        before = self._counts.get(column)
        changed = range(len(counts)) if before is None else np.flatnonzero(counts != before).tolist()
        self._counts[column] = counts
        model = self.model()
        model.blockSignals(True)
        for row in changed:
            self._listed[row].setText(column, f"{counts[row]:,}" if counts[row] else empty)
        model.blockSignals(False)
        self.viewport().update()
