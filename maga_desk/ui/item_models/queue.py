"""The queue as rows of a table: what each run is, how it stands, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractTableModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from maga_desk.domain.queue import TO_COME, QueueEntry, QueueView

_Index = QModelIndex | QPersistentModelIndex
_MIME = "application/x-maga-desk-queue-entry"
COLUMNS = ("State", "Run", "Pictures", "Note")


class QueueModel(QAbstractTableModel):
    """Rows of the queue. One that is to come can be dragged to another place among these.

    Signal: ``moved(int entry, int to)``, when a person dropped one; the place is counted among those to come.
    """

    moved = Signal(int, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: Sequence[QueueEntry] = ()

    def show(self, view: QueueView) -> None:
        """Another state; rows that stay are told as changed, so that what is selected stays selected."""
        before, after = self._entries, view.entries
        if [entry.id for entry in before] == [entry.id for entry in after]:
            self._entries = after
            if after:
                self.dataChanged.emit(self.index(0, 0), self.index(len(after) - 1, len(COLUMNS) - 1))
            return
        self.beginResetModel()
        self._entries = after
        self.endResetModel()

    def entry(self, row: int) -> QueueEntry | None:
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def row_of(self, entry_id: int) -> int:
        """Minus one where it is not there."""
        return next((row for row, entry in enumerate(self._entries) if entry.id == entry_id), -1)

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _cells(entry)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(filter(None, (entry.title, entry.data, entry.folder, entry.reason)))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, _cells(entry)))
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        draggable = self._entries[index.row()].state in TO_COME
        return flags | Qt.ItemFlag.ItemIsDragEnabled if draggable else flags

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        if indexes:
            data.setData(_MIME, str(self._entries[indexes[0].row()].id).encode())
        return data

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: _Index) -> bool:
        """Tell where it was dropped; ``False``, as the view must not take the row out by itself."""
        if data.hasFormat(_MIME):
            number = int(bytes(data.data(_MIME).data()))
            at = row if row >= 0 else parent.row() if parent.isValid() else len(self._entries)
            order = [entry.id for entry in self._entries[:at] if entry.state in TO_COME]
            self.moved.emit(number, len([each for each in order if each != number]))
        return False


def _cells(entry: QueueEntry) -> tuple[str, str, str, str]:
    return entry.state_words.capitalize(), entry.title, Path(entry.data).name or entry.data, entry.reason
