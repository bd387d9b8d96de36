"""What is known of the pictures, column by column, with how many of those that are found have each value."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QTreeWidget, QTreeWidgetItem, QWidget

from maga_desk.domain.finding.facets import Facet, FacetValue

_WHAT = Qt.ItemDataRole.UserRole  # of a column its name, of a value how a query has it, of "more" nothing
_SIGNS = {"": "", "in": "\u2713 ", "out": "\u2212 "}
_SAID = {"": "", "in": ", asked for", "out": ", left out"}
_HOW = "A click asks for it, another one no longer. With Ctrl, or by the minus key, it is left out."


class FacetTree(QTreeWidget):
    """Signals: ``value_chosen(column, value, out)``: ask for a value, or leave it out, or no longer;
    ``column_opened(column)``; ``more_wanted(column)``.
    """

    value_chosen = Signal(str, str, bool)
    column_opened = Signal(str)
    more_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderLabels(("Value", "Found"))
        self.setAccessibleName("Values of the pictures")
        self.setToolTip(_HOW)
        self.setUniformRowHeights(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._columns: dict[str, QTreeWidgetItem] = {}
        self.itemExpanded.connect(self._opened)
        self.customContextMenuRequested.connect(self._offer)

    def show_columns(self, names: Sequence[str]) -> None:
        """What can be asked for. Those that were open stay open, where they are among them."""
        opened = set(self.opened())
        self.blockSignals(True)
        self.clear()
        self._columns = {}
        for name in names:
            item = QTreeWidgetItem(self, [name])
            item.setData(0, _WHAT, name)
            item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
            item.setExpanded(name in opened)
            self._columns[name] = item
        self.blockSignals(False)

    def opened(self) -> list[str]:
        """The columns whose values are in sight."""
        return [name for name, item in self._columns.items() if item.isExpanded()]

    def show_facet(self, facet: Facet) -> None:
        """The values of a column."""
        parent = self._columns.get(facet.column)
        if parent is None:
            return
        current = self.currentItem()
        at = current.data(0, _WHAT) if current is not None and current.parent() is parent else None
        self.blockSignals(True)
        parent.takeChildren()
        for value in facet.values:
            item = self._item_of(parent, value)
            if value.value == at:
                self.setCurrentItem(item)
        if facet.more:
            QTreeWidgetItem(parent, [f"{facet.more:,} more\u2026"])
        if not parent.childCount():
            QTreeWidgetItem(parent, ["nothing is found"]).setFlags(Qt.ItemFlag.NoItemFlags)
        self.blockSignals(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        out = event.key() == Qt.Key.Key_Minus or bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Minus)
        item = self.currentItem()
        if event.key() in keys and item is not None and item.parent() is not None:
            self._choose(item, out=out)
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        item = self.itemAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and item is not None and item is self.currentItem():
            self._choose(item, out=bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def _item_of(self, parent: QTreeWidgetItem, value: FacetValue) -> QTreeWidgetItem:
        item = QTreeWidgetItem(parent, [f"{_SIGNS[value.standing]}{value.label}", f"{value.found:,}"])
        item.setData(0, _WHAT, value.value)
        item.setToolTip(0, f"{parent.text(0)}:{value.value}\n{_HOW}")
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        spoken = f"{parent.text(0)} {value.label}, {value.found:,} found{_SAID[value.standing]}"
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, spoken)
        if value.standing:
            font = QFont()
            font.setBold(True)
            item.setFont(0, font)
        return item

    def _choose(self, item: QTreeWidgetItem, *, out: bool) -> None:
        parent = item.parent()
        if parent is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        column, value = parent.data(0, _WHAT), item.data(0, _WHAT)
        if value is None:
            self.more_wanted.emit(column)
        else:
            self.value_chosen.emit(column, value, out)

    @Slot(QTreeWidgetItem)
    def _opened(self, item: QTreeWidgetItem) -> None:
        self.column_opened.emit(item.data(0, _WHAT))

    @Slot(QPoint)
    def _offer(self, place: QPoint) -> None:
        item = self.itemAt(place)
        if item is not None and item.parent() is not None and item.data(0, _WHAT) is not None:
            menu = self.menu_of(item)
            menu.popup(self.viewport().mapToGlobal(place))

    def menu_of(self, item: QTreeWidgetItem) -> QMenu:
        """What can be done with a value."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        parent, value = item.parent(), item.data(0, _WHAT)
        assert parent is not None
        column = parent.data(0, _WHAT)
        for title, out in (("Ask for it, or no longer", False), ("Leave it out, or no longer", True)):
            menu.addAction(title).triggered.connect(partial(self.value_chosen.emit, column, value, out))
        return menu
