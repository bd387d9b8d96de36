"""The queue: what is run, what waits and what is over, and what can be done with each."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout, QWidget

from maga_desk.domain.queue import QueueEntry, QueueView
from maga_desk.ui.item_models.queue import QueueModel
from maga_desk.ui.widgets.basic.action_button import ActionButton
from maga_desk.ui.widgets.basic.flow import FlowLayout
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.widgets.basic.takeaway import Takeaway, take_button

BUTTONS = (
    "queue-run",
    "queue-pause",
    "queue-free",
    "queue-up",
    "queue-down",
    "queue-hold",
    "queue-skip",
    "queue-cancel",
    "queue-remove",
)
"""Names of the actions whose buttons stand over the list, in their order."""


class QueueList(QWidget):
    """Signals: ``selected()``, another entry or none; ``moved(int entry, int to)``, one was dragged to another place;
    ``remove_asked()``, by the Delete key.
    """

    selected = Signal()
    moved = Signal(int, int)
    remove_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = QueueModel(self)
        self.view = _Table(self)
        self.view.setModel(self._model)
        self.view.remove_asked.connect(self.remove_asked)
        self.takeaway = Takeaway(self.view, "queue")
        self.state_text = TextLabel(self)
        self.state_text.setWordWrap(True)
        self.buttons = {name: ActionButton(parent=self) for name in BUTTONS}
        row = FlowLayout(spacing=4)
        for button in self.buttons.values():
            row.addWidget(button)
        row.addWidget(take_button(self, lambda: self.takeaway, "the queue"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.state_text)
        layout.addLayout(row)
        layout.addWidget(self.view, 1)
        self._model.moved.connect(self.moved)
        self.view.selectionModel().selectionChanged.connect(self._tell_selected)

    def show_queue(self, view: QueueView, words: str) -> None:
        """The queue as it stands, and how in words; what is selected stays so."""
        self.state_text.setText(words)
        chosen = self.current()
        with QSignalBlocker(self.view.selectionModel()):
            self._model.show(view)
            row = self._model.row_of(chosen.id) if chosen is not None else -1
            if row >= 0:
                self.view.selectRow(row)
        self.view.viewport().update()
        self.selected.emit()

    def current(self) -> QueueEntry | None:
        """The entry that is selected."""
        rows = self.view.selectionModel().selectedRows()
        return self._model.entry(rows[0].row()) if rows else None

    def select(self, entry_id: int) -> None:
        row = self._model.row_of(entry_id)
        if row >= 0:
            self.view.selectRow(row)

    @Slot(QItemSelection, QItemSelection)
    def _tell_selected(self, _on: QItemSelection, _off: QItemSelection) -> None:
        self.selected.emit()


class _Table(QTableView):
    """Signal: ``remove_asked()``."""

    remove_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Queue")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDragDropOverwriteMode(False)
        self.setDropIndicatorShown(True)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setMinimumHeight(90)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.remove_asked.emit()
        else:
            super().keyPressEvent(event)
