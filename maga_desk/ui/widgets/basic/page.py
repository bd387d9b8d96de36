"""The scaffold that every page stands on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from maga_desk.ui.widgets.basic.action_button import ActionButton
from maga_desk.ui.widgets.basic.empty_state import EmptyState
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.widgets.basic.scroll import frameless_scroll


@dataclass(frozen=True)
class Command:
    """What a page does when the action of its name is chosen.

    :param lacks: why it cannot be done now; empty when it can.
    :param title: a title that tells more of the moment than the action's own.
    """

    run: Callable[[], object]
    lacks: Callable[[], str]
    title: Callable[[], str] | None = None


class ActionsByName(Protocol):
    """The window's actions."""

    def __getitem__(self, name: str) -> QAction: ...


class Lack(NamedTuple):
    """What must be done first: a line for a person, and the key of the page where it can be done, if on one."""

    text: str
    page: str = ""


class Page(QWidget):
    """A title, a sentence, and a body that scrolls when the window is small. While something is missing, the body gives
    way to a line that says what, with a button to the page where it can be done.

    Whoever assembles the window gives title and sentence by :meth:`introduce`, and the shared actions by
    :meth:`show_actions`. ``commands`` says what those of the table's actions do here that act on the page in sight.

    Signals: ``undo_requested()`` and ``redo_requested()`` of pages whose changes can be taken back, and
    ``commands_changed()`` when something can be done or no longer; ``told(text, level)`` for the window's notices (an
    empty text takes back what was told before), and ``page_wanted(key)``.
    """

    undo_requested = Signal()
    redo_requested = Signal()
    commands_changed = Signal()
    told = Signal(str, str)
    page_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._can_undo, self._can_redo = False, False
        self.commands = {
            "undo": Command(
                self.undo_requested.emit,
                lambda: "" if self._can_undo else "There is no change to take back on this page.",
            ),
            "redo": Command(
                self.redo_requested.emit,
                lambda: "" if self._can_redo else "There is no change to make again on this page.",
            ),
        }
        self.action_buttons: dict[str, ActionButton] = {}
        inside, self._content_of_page = QWidget(self), QWidget(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frameless_scroll(inside, self))
        column = QVBoxLayout(inside)
        column.setContentsMargins(24, 14, 24, 8)
        column.setSpacing(10)
        self._title, self._subtitle = TextLabel(inside), TextLabel(inside)
        self._title.setObjectName("title")
        self._subtitle.setObjectName("muted")
        self._subtitle.setWordWrap(True)
        self.missing = EmptyState("", inside)
        self._first: Lack | None = None
        self.body = QVBoxLayout(self._content_of_page)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(10)
        names = QVBoxLayout()
        names.setSpacing(10)
        names.addWidget(self._title)
        names.addWidget(self._subtitle)
        names.addStretch(1)
        self.head = QHBoxLayout()
        self.head.setSpacing(24)
        self.head.addLayout(names, 1)
        column.addLayout(self.head)
        column.addWidget(self._content_of_page, 1)
        column.addWidget(self.missing, 1)
        self.missing.hide()
        self.missing.pressed.connect(self._go)

    def introduce(self, title: str, subtitle: str) -> None:
        """The page's name, and what it is for in one sentence."""
        self._title.setText(title)
        self._subtitle.setText(subtitle)
        self.setAccessibleName(f"{title} page")

    def show_missing(self, lacks: Sequence[Lack]) -> None:
        """What must be done first; ``[]`` when the page is ready."""
        self._first = lacks[0] if lacks else None
        self._content_of_page.setVisible(not lacks)
        self.missing.setVisible(bool(lacks))
        self.missing.say("\n".join(lack.text for lack in lacks))
        self.missing.offer(f"Go to {self._first.page.title()}" if self._first and self._first.page else "")

    def said(self) -> str:
        """What the page says it misses, in lines; empty while it is ready."""
        return self.missing.label.text()

    @Slot()
    def _go(self) -> None:
        if self._first is not None:
            self.page_wanted.emit(self._first.page)

    def set_history(self, *, can_undo: bool, can_redo: bool) -> None:
        """Whether the last change can be taken back, and made again."""
        self._can_undo, self._can_redo = can_undo, can_redo
        self.commands_changed.emit()

    def show_actions(self, actions: ActionsByName) -> None:
        """Put the window's actions on the buttons that share them."""
        for name, button in self.action_buttons.items():
            button.show_action(actions[name])
