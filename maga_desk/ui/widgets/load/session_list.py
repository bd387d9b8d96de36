"""The recent sessions as a list with what they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.sessions import SessionInfo
from maga_desk.ui.widgets.basic.labels import TextLabel


def when_in_words(moment: datetime) -> str:
    """``today 14:05``, ``yesterday 09:30``, ``3 Nov 2026 14:05``, in local time."""
    local, now = moment.astimezone(), datetime.now(UTC).astimezone()
    days = (now.date() - local.date()).days
    if days in (0, 1):
        return f"{'today' if days == 0 else 'yesterday'} {local:%H:%M}"
    return f"{local.day} {local:%b %Y %H:%M}"


def told_apart(recent: Sequence[SessionInfo]) -> list[str]:
    """When each session was changed, and of those with a name what they forget: no two lines are the same."""
    about = [f"{f'{info.title}, ' if info.name else ''}{when_in_words(info.updated)}" for info in recent]
    seen = Counter((info.called, text) for info, text in zip(recent, about, strict=True))
    return [
        f"{text}, session {info.id}" if seen[info.called, text] > 1 else text
        for info, text in zip(recent, about, strict=True)
    ]


def session_line(info: SessionInfo, about: str) -> str:
    """Two lines about a session."""
    runs = {0: "no run yet", 1: "1 run"}.get(info.runs, f"{info.runs} runs")
    state = f", last {info.last_status}" if info.last_status else ""
    return f"{info.called}\n{about}, {runs}{state}"


class SessionList(QWidget):
    """Signals: ``chosen(int id)``, ``deleted(int id)`` (after the person confirmed), ``rename_asked(int id)``."""

    chosen = Signal(int)
    deleted = Signal(int)
    rename_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget(self)
        self.list.setAccessibleName("Recent sessions")
        self.list.setSpacing(2)
        self.list.setMinimumHeight(150)
        self.empty = TextLabel("Sessions appear here once a model was opened.", self)
        self.empty.setObjectName("muted")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open_button = QPushButton("Reopen", self)
        self.rename_button = QPushButton("Rename…", self)
        self.delete_button = QPushButton("Erase…", self)
        self.delete_button.setToolTip("Removes the session and its figures for good; the runs' folders stay")
        buttons = QHBoxLayout()
        buttons.addWidget(self.open_button)
        buttons.addWidget(self.rename_button)
        buttons.addWidget(self.delete_button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.empty)
        layout.addWidget(self.list, 1)
        layout.addLayout(buttons)
        self.list.itemActivated.connect(self._open)
        self.list.itemSelectionChanged.connect(self._enable)
        self.open_button.clicked.connect(self._open)
        self.rename_button.clicked.connect(self._rename)
        self.delete_button.clicked.connect(self._delete)
        self.show_sessions([])

    def show_sessions(self, recent: Sequence[SessionInfo]) -> None:
        """The sessions, newest first."""
        self.list.clear()
        for info, about in zip(recent, told_apart(recent), strict=True):
            item = QListWidgetItem(session_line(info, about), self.list)
            item.setData(Qt.ItemDataRole.UserRole, info.id)
            item.setToolTip("\n".join(text for text in (info.data, info.checkpoint) if text))
        self.empty.setVisible(not recent)
        self.list.setVisible(bool(recent))
        self._enable()

    def _current(self) -> int | None:
        items = self.list.selectedItems()
        return int(items[0].data(Qt.ItemDataRole.UserRole)) if items else None

    @Slot()
    def _enable(self) -> None:
        for button in (self.open_button, self.rename_button, self.delete_button):
            button.setEnabled(self._current() is not None)

    @Slot()
    def _open(self) -> None:
        if (number := self._current()) is not None:
            self.chosen.emit(number)

    @Slot()
    def _rename(self) -> None:
        if (number := self._current()) is not None:
            self.rename_asked.emit(number)

    @Slot()
    def _delete(self) -> None:
        number = self._current()
        if number is None:
            return
        title = self.list.selectedItems()[0].text().splitlines()[0]
        answer = QMessageBox.question(
            self, "Erase this session?", f"Erase “{title}” with its figures and proposals? This cannot be undone."
        )
        if answer == QMessageBox.StandardButton.Yes:
            self.deleted.emit(number)
