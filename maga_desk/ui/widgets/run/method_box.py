"""The methods to choose from: the recommended one first, then by what they do, and apart those that cannot do it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QFont, QStandardItemModel
from PySide6.QtWidgets import QWidget

from maga_desk.domain.methods import NOT_FOR_TASK, RECOMMENDED, MethodInfo, Task, arranged
from maga_desk.ui.widgets.basic.fields import ChoiceBox

MOST_IN_SIGHT = 24


class MethodBox(ChoiceBox):
    """A list with headings, which cannot be chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._methods: Sequence[MethodInfo] = ()
        self.setAccessibleName("Method")
        self.setMaxVisibleItems(MOST_IN_SIGHT)

    def show_methods(self, methods: Sequence[MethodInfo], task: Task | None, chosen: str) -> None:
        """The methods for a task (``None``: nothing is chosen yet), and which of them is in force. Tells nobody."""
        self._methods = methods
        with QSignalBlocker(self):
            self.clear()
            for heading, group in arranged(methods, task):
                self._add_heading(heading)
                for info in group:
                    self._add(info, heading)
            self.choose(chosen)

    def choose(self, name: str) -> None:
        """Put a method in force; none where the name is not known."""
        self.setCurrentIndex(self.findData(name))

    @Slot()
    def choose_retraining(self) -> None:
        """As a person would; nothing where no method retrains."""
        exact = next((info for info in self._methods if info.exact), None)
        if exact is not None:
            self.choose(exact.name)

    def chosen(self) -> MethodInfo | None:
        """The method in force."""
        name = self.currentData()
        return next((info for info in self._methods if info.name == name), None)

    def _add_heading(self, text: str) -> None:
        self.addItem(text)
        item = cast(QStandardItemModel, self.model()).item(self.count() - 1)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        font = QFont(self.font())
        font.setBold(True)
        item.setFont(font)

    def _add(self, info: MethodInfo, heading: str) -> None:
        mark = {RECOMMENDED: " (recommended)", NOT_FOR_TASK: " (not for this task)"}.get(heading, "")
        why = "Did best at this task in our measurements. " if heading == RECOMMENDED else ""
        self.addItem(f"{info.title}{mark}", info.name)
        item = cast(QStandardItemModel, self.model()).item(self.count() - 1)
        item.setEnabled(heading != NOT_FOR_TASK)
        item.setToolTip(f"{why}{info.summary}")
