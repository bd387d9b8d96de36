"""Runs to choose from, of all sessions: a list with ticks, and a field that narrows it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from maga_desk.ui.widgets.basic.labels import muted

_ID = int(Qt.ItemDataRole.UserRole)
_WORDS = _ID + 1


@dataclass(frozen=True)
class ChoosableRun:
    """A judged run as it stands in the list."""

    run_id: int
    title: str
    session: str


class RunChoice(QWidget):
    """Signal: ``chosen(list[int])``, the ticked runs in the order of the list, when a person changed one."""

    chosen = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Filter by words")
        self.search.setAccessibleName("Filter the runs")
        self.search.setClearButtonEnabled(True)
        self.list = QListWidget(self)
        self.list.setAccessibleName("Runs to compare")
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.count = muted("", self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.count)
        self.search.textChanged.connect(self._narrow)
        self.list.itemChanged.connect(self._tell)

    def set_runs(self, runs: Sequence[ChoosableRun], ticked: Collection[int]) -> None:
        """What there is to choose from, the newest first."""
        self.list.blockSignals(True)
        self.list.clear()
        for run in runs:
            item = QListWidgetItem(f"{run.title}\n{run.session}")
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if run.run_id in ticked else Qt.CheckState.Unchecked)
            item.setData(_ID, run.run_id)
            item.setData(_WORDS, f"{run.title} {run.session}".casefold())
            item.setToolTip(item.text())
            self.list.addItem(item)
        self.list.blockSignals(False)
        self._narrow(self.search.text())

    @property
    def ticked(self) -> list[int]:
        """The numbers of the ticked runs, those that the filter hides too."""
        return [item.data(_ID) for item in self._items() if item.checkState() == Qt.CheckState.Checked]

    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(row) for row in range(self.list.count())]

    @Slot(str)
    def _narrow(self, text: str) -> None:
        words = text.casefold().split()
        for item in self._items():
            item.setHidden(not all(word in item.data(_WORDS) for word in words))
        self._say_count()

    @Slot()
    def _tell(self) -> None:
        self._say_count()
        self.chosen.emit(self.ticked)

    def _say_count(self) -> None:
        hidden = sum(item.isHidden() for item in self._items())
        said = f"{len(self.ticked)} of {self.list.count()} runs chosen"
        self.count.setText(f"{said}; {hidden} hidden by the filter" if hidden else said)
