"""What can be done, as rows to be searched by words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

ENTRY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Entry:
    """One thing that can be done.

    :param group: where it belongs, in a word; ``about``: what it does, in a sentence.
    :param keys: its shortcut as a person reads it.
    :param lacks: why it cannot be done now; empty when it can.
    """

    title: str
    group: str
    about: str
    run: Callable[[], object]
    keys: str = ""
    lacks: str = ""

    @property
    def line(self) -> str:
        """What stands below its title."""
        return self.lacks or self.about


def found(entries: Sequence[Entry], text: str) -> list[Entry]:
    """The entries that have all words, in title, group or what they do; best first.

    Better is who has the words in the title, then in the group, then at the beginning of a word of the title.
    """
    words = text.casefold().split()

    def rank(entry: Entry) -> tuple[int, int, int] | None:
        title = entry.title.casefold()
        everything = f"{title} {entry.group} {entry.about}".casefold()
        if not all(word in everything for word in words):
            return None
        beginnings = title.split()
        outside = sum(word not in title for word in words)
        elsewhere = sum(word not in f"{title} {entry.group}".casefold() for word in words)
        inside = sum(not any(each.startswith(word) for each in beginnings) for word in words)
        return outside, elsewhere, inside

    ranked = [(place, entry) for entry in entries if (place := rank(entry)) is not None]
    return [entry for _, entry in sorted(ranked, key=lambda pair: pair[0])]


class CommandsModel(QAbstractListModel):
    """The entries that are found; :data:`ENTRY` gives a row's."""

    def __init__(self, entries: Sequence[Entry], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all, self._shown = tuple(entries), list(entries)

    def search(self, text: str) -> None:
        """Show what has all of these words."""
        self.beginResetModel()
        self._shown = found(self._all, text)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(text for text in (entry.title, entry.keys, entry.line) if text)
        return entry if role == ENTRY else None
