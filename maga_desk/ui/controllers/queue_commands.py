"""What the window's actions do with the queue, and why they cannot now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Slot

from maga_desk.domain.queue import OVER, QueueEntry
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.pages.run import RunPage
from maga_desk.ui.queue import QueueShown
from maga_desk.ui.widgets.basic.page import Command

Act = Callable[[SessionStore, int], object]

_NONE = "Select a run in the queue first."
_NO_STORE = "There is no session database to keep a queue in."


class Acting(Protocol):
    """Who does it."""

    def run(self) -> None: ...
    def pause(self) -> None: ...
    def free(self) -> None: ...
    def on_entry(self, act: Act) -> None: ...
    def on_all(self, act: Callable[[SessionStore], object]) -> None: ...
    def move(self, entry_id: int, to: int) -> None: ...
    def show_run(self) -> None: ...


class QueueCommands(QObject):
    """The Run page's commands for the queue, by the names of the actions."""

    def __init__(self, page: RunPage, queue: QueueShown, acting: Acting) -> None:
        super().__init__(page)
        self._list, self._queue, self._acting, self._page = page.below.queue, queue, acting, page
        page.commands |= {
            "queue-run": Command(acting.run, self._cannot_run),
            "queue-pause": Command(
                acting.pause, self._cannot_pause, lambda: "Let queue &go on" if queue.view.paused else "&Pause queue"
            ),
            "queue-free": Command(acting.free, self._cannot_free),
            "queue-up": Command(lambda: self._move(-1), lambda: self._cannot_move(-1)),
            "queue-down": Command(lambda: self._move(1), lambda: self._cannot_move(1)),
            "queue-hold": Command(self._hold, self._cannot_hold, self._hold_title),
            "queue-skip": Command(
                lambda: acting.on_entry(lambda store, number: store.queue.skip(number)), self._cannot_skip
            ),
            "queue-cancel": Command(
                lambda: acting.on_entry(lambda store, number: store.queue.cancel(number)), self._cannot_cancel
            ),
            "queue-remove": Command(self._remove, self._cannot_remove),
            "queue-clear": Command(self._clear, lambda: "" if queue.view.over else "Nothing in the queue is done."),
            "queue-show": Command(acting.show_run, self._cannot_show),
        }
        self._list.selected.connect(page.commands_changed)
        self._list.moved.connect(self._drop)
        self._list.remove_asked.connect(self._remove_by_key)
        self._list.view.activated.connect(acting.show_run)

    @property
    def _entry(self) -> QueueEntry | None:
        return self._list.current()

    def _cannot_run(self) -> str:
        view = self._queue.view
        if not self._queue.kept:
            return _NO_STORE
        if view.runner is not None and not view.mine:
            return f"Process {view.runner} runs the queue."
        if self._queue.going and not view.paused:
            return "The queue is run already."
        return "" if view.next is not None else "Nothing waits in the queue."

    def _cannot_pause(self) -> str:
        view = self._queue.view
        return "" if view.paused or view.to_come or view.running else "Nothing waits in the queue."

    def _cannot_free(self) -> str:
        return "The queue is paused so already." if self._queue.view.paused == "free" else self._cannot_pause()

    def _to_come(self) -> tuple[int, int]:
        """The place of the selected entry among those to come, and how many those are; -1: it is none of them."""
        order = [each.id for each in self._queue.view.to_come]
        entry = self._entry
        return (order.index(entry.id) if entry is not None and entry.id in order else -1), len(order)

    def _cannot_move(self, by: int) -> str:
        place, count = self._to_come()
        if place < 0:
            return "Select a run that waits."
        return "" if 0 <= place + by < count else f"It is the {'first' if by < 0 else 'last'} already."

    def _move(self, by: int) -> None:
        place, _ = self._to_come()
        if self._entry is not None:
            self._acting.move(self._entry.id, place + by)

    @Slot(int, int)
    def _drop(self, entry_id: int, to: int) -> None:
        self._acting.move(entry_id, to)

    def _is_held(self) -> bool:
        entry = self._entry
        return entry is not None and (entry.state in ("held", "failed", "cancelled") or entry.wish == "pause")

    def _hold(self) -> None:
        held = self._is_held()
        self._acting.on_entry(lambda store, number: store.queue.resume(number) if held else store.queue.pause(number))

    def _hold_title(self) -> str:
        entry = self._entry
        if entry is not None and entry.state in ("failed", "cancelled"):
            return "Put &back"
        return "Let go o&n" if self._is_held() else "&Hold"

    def _cannot_hold(self) -> str:
        entry = self._entry
        if entry is None:
            return _NONE
        return "It is finished." if entry.state == "finished" else ""

    def _cannot_skip(self) -> str:
        entry = self._entry
        if entry is None or entry.state in OVER:
            return "Select a run that waits or is run."
        others = [each for each in self._queue.view.to_come if each.id != entry.id and each.state != "held"]
        return "" if others else "Nothing else waits."

    def _cannot_cancel(self) -> str:
        entry = self._entry
        if entry is None:
            return _NONE
        return "It is over." if entry.state in OVER else ""

    def _cannot_remove(self) -> str:
        entry = self._entry
        if entry is None:
            return _NONE
        return "It is being run: cancel it first." if entry.state == "running" else ""

    def _remove(self) -> None:
        self._acting.on_entry(lambda store, number: store.queue.remove(number))

    @Slot()
    def _remove_by_key(self) -> None:
        if not self._cannot_remove():
            self._remove()

    def _clear(self) -> None:
        self._acting.on_all(lambda store: store.queue.clear())

    def _cannot_show(self) -> str:
        entry = self._entry
        return "" if entry is not None and entry.run_id is not None else "Select a run that has begun."
