"""Queries under a person's own names, and those of this window, behind a button beside the query line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from maga_desk.domain.settings import SavedQuery
from maga_desk.ui import icons

_LONGEST = 60  # letters of a query in the menu


class QueryButton(QPushButton):
    """Signals: ``chosen(str query)``, ``save_asked()``, ``rename_asked(str name)``, ``removed(str name)``."""

    chosen = Signal(str)
    save_asked = Signal()
    rename_asked = Signal(str)
    removed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Queries", parent)
        self.setToolTip("Queries under names of your own, and those asked last")
        self.setObjectName("compact")
        icons.put(self, "bookmark-simple")
        self._saved: tuple[SavedQuery, ...] = ()
        self._recent: tuple[str, ...] = ()
        self._query = ""
        self._menu = QMenu(self)
        self._rename, self._remove = QMenu("Rename", self), QMenu("Delete", self)
        self._menu.aboutToShow.connect(self.fill)
        self.setMenu(self._menu)

    def show_queries(self, saved: Sequence[SavedQuery], recent: Sequence[str], query: str) -> None:
        """What is saved, what was asked last, and what the line holds and can be saved; empty: nothing."""
        self._saved, self._recent, self._query = tuple(saved), tuple(recent), query

    @Slot()
    def fill(self) -> QMenu:
        """Only as the menu opens."""
        for menu in (self._menu, self._rename, self._remove):
            menu.clear()
        for each in self._saved:
            self._add(self._menu, f"{each.name}: {_short(each.query)}", partial(self.chosen.emit, each.query))
        self._menu.addSeparator()
        save = self._menu.addAction("Save this query\u2026")
        save.setEnabled(bool(self._query))
        save.triggered.connect(self.save_asked)
        if self._saved:
            self._menu.addMenu(self._rename)
            self._menu.addMenu(self._remove)
        for each in self._saved:
            self._add(self._rename, each.name, partial(self.rename_asked.emit, each.name))
            self._add(self._remove, each.name, partial(self.removed.emit, each.name))
        if self._recent:
            self._menu.addSection("Asked last")
        for query in self._recent:
            self._add(self._menu, _short(query), partial(self.chosen.emit, query))
        return self._menu

    def _add(self, menu: QMenu, title: str, run: Callable[[], object]) -> None:
        menu.addAction(title.replace("&", "&&")).triggered.connect(run)


def _short(query: str) -> str:
    return query if len(query) <= _LONGEST else f"{query[: _LONGEST - 1]}\u2026"
