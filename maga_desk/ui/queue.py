"""The queue in the window: how it stands in the database, and whether this window runs it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from maga_desk.domain.queue import QueueView


class QueueShown(QObject):
    """What the window knows of the queue; only its controller changes it. Signal: ``changed()``.

    ``view`` is how the queue stands, ``going`` whether this window runs it, ``kept`` whether there is a database that
    keeps it.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view, self._going, self._kept = QueueView(), False, False

    @property
    def view(self) -> QueueView:
        return self._view

    @property
    def going(self) -> bool:
        return self._going

    @property
    def kept(self) -> bool:
        return self._kept

    def show(self, view: QueueView, *, going: bool) -> None:
        """Another state of the queue."""
        if not self._kept or (view, going) != (self._view, self._going):
            self._view, self._going, self._kept = view, going, True
            self.changed.emit()

    def words(self) -> str:
        """How it stands, in a sentence or two."""
        view = self._view
        if not view.entries:
            return "The queue is empty. Add to queue lets what is set here wait for its turn."
        text = f"{view.words()}."
        if view.paused:
            return f"{text} Paused{f': {view.reason}' if view.reason else '.'}"
        if view.runner is not None and not view.mine:
            return f"{text} Process {view.runner} runs it."
        if view.next is not None and not self._going:
            return f"{text} It goes on when you run the queue."
        return text
