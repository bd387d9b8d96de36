"""The classes and kinds of the training pictures, with how many are marked and how many a query finds."""

from __future__ import annotations

from collections.abc import Iterator

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
        if images is not None:
            everything = QTreeWidgetItem(self, ["All classes"])
            everything.setData(0, _PLACE, ("all", -1))
            self._add_classes(images)
            self.expandAll()
            self.setCurrentItem(everything)
            for column in (2, 1):
                self.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
            self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
            self.header().setStretchLastSection(False)
            self.show_found(None)
        self.setRootIsDecorated(bool(images and images.families))
        self.blockSignals(False)

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
        for label, name in enumerate(images.classes):
            item = QTreeWidgetItem(self, [name])
            item.setData(0, _PLACE, ("class", label))
            for kind, kind_name in enumerate(images.kinds if images.families else ()):
                if images.families and images.families[kind_name] == name:
                    child = QTreeWidgetItem(item, [kind_name])
                    child.setData(0, _PLACE, ("kind", kind))

    def _count(self, column: int, mask: Mask, *, empty: str) -> None:
        images = self._images
        if images is None:
            return
        by_class = np.bincount(images.train.labels[mask], minlength=len(images.classes))
        by_kind = np.bincount(images.train.kinds[mask], minlength=len(images.kinds))
        for item in self._items():
            what, number = item.data(0, _PLACE)
            count = int(mask.sum()) if what == "all" else int((by_class if what == "class" else by_kind)[number])
            item.setText(column, f"{count:,}" if count else empty)

    def _items(self) -> Iterator[QTreeWidgetItem]:
        stack = [self.topLevelItem(i) for i in range(self.topLevelItemCount())]
        while stack:
            item = stack.pop()
            if item is not None:
                yield item
                stack += [item.child(i) for i in range(item.childCount())]
