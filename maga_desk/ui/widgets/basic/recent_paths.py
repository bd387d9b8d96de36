"""A line for a path that offers what was opened before."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt, Slot
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QCompleter, QLineEdit, QMenu

from maga_desk.domain.places import Purpose
from maga_desk.ui import icons
from maga_desk.ui.tips import unmarked
from maga_desk.ui.widgets.basic.file_dialogs import places_of


class RecentPaths(QObject):
    """Gives a line an arrow with a menu of recent paths, and completes from them as a person types."""

    def __init__(self, line: QLineEdit, purpose: Purpose) -> None:
        super().__init__(line)
        self._line, self._purpose = line, purpose
        self._known = QStringListModel(self)
        completer = QCompleter(self._known, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        line.setCompleter(completer)
        self.menu = QMenu(line)
        self.action: QAction = line.addAction(QIcon(), QLineEdit.ActionPosition.TrailingPosition)
        icons.put(self.action, "caret-down")
        self.action.setText("Recent")
        self.action.setToolTip("What was opened before")
        self.action.triggered.connect(self._offer)
        line.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self._known.setStringList(list(places_of(self._line).recent(self._purpose)))
        return super().eventFilter(watched, event)

    @Slot()
    def _offer(self) -> None:
        self.menu.clear()
        recent = places_of(self._line).recent(self._purpose)
        for path in recent:
            action = self.menu.addAction(unmarked(path))
            action.setData(path)
            action.triggered.connect(self._take)
        if recent:
            self.menu.addSeparator()
            self.menu.addAction("Clear this list").triggered.connect(self._clear)
        else:
            self.menu.addAction("Nothing was opened yet").setEnabled(False)
        self.menu.popup(self._line.mapToGlobal(self._line.rect().bottomLeft()))

    @Slot()
    def _take(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self._line.setText(str(action.data()))

    @Slot()
    def _clear(self) -> None:
        places_of(self._line).forget(self._purpose)
        self._known.setStringList([])
