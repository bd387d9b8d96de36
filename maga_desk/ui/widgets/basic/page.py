"""The scaffold that every page stands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from maga_desk.ui.widgets.basic.action_button import ActionButton
from maga_desk.ui.widgets.basic.notice import Notice
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


class Page(QWidget):
    """A title, a sentence, a notice of what is missing, and a body that scrolls when the window is small.

    Whoever assembles the window gives title and sentence by :meth:`introduce`, and the shared actions by
    :meth:`show_actions`. ``commands`` says what those of the table's actions do here that act on the page in sight.

    Signals: ``undo_requested()`` and ``redo_requested()`` of pages whose changes can be taken back, and
    ``commands_changed()`` when something can be done or no longer.
    """

    undo_requested = Signal()
    redo_requested = Signal()
    commands_changed = Signal()

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
        inside = QWidget(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frameless_scroll(inside, self))
        self.body = QVBoxLayout(inside)
        self.body.setContentsMargins(24, 18, 24, 18)
        self.body.setSpacing(10)
        self._title, self._subtitle = QLabel(inside), QLabel(inside)
        self._title.setObjectName("title")
        self._subtitle.setObjectName("muted")
        self._subtitle.setWordWrap(True)
        self.notice = Notice(inside)
        for widget in (self._title, self._subtitle, self.notice):
            self.body.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)

    def introduce(self, title: str, subtitle: str) -> None:
        """The page's name, and what it is for in one sentence."""
        self._title.setText(title)
        self._subtitle.setText(subtitle)
        self.setAccessibleName(f"{title} page")

    def show_missing(self, lines: list[str]) -> None:
        """What must be done elsewhere first; ``[]`` when the page is ready."""
        self.notice.say("\n".join(lines), "info")

    def set_history(self, *, can_undo: bool, can_redo: bool) -> None:
        """Whether the last change can be taken back, and made again."""
        self._can_undo, self._can_redo = can_undo, can_redo
        self.commands_changed.emit()

    def show_actions(self, actions: ActionsByName) -> None:
        """Put the window's actions on the buttons that share them."""
        for name, button in self.action_buttons.items():
            button.show_action(actions[name])
