"""The window's actions, one entry each: title, menu, keys, help, and what stands in the way.

Menus, shortcuts and the tips of disabled entries are made from :data:`ACTIONS`. To add an action, add a line here and
give it its slot in ``composition.py``; a test fails while it has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from maga_desk.domain.settings import THEMES
from maga_desk.ui.desk import Desk
from maga_desk.ui.page_table import PAGES

MENUS = ("&File", "&Edit", "&View", "&Run", "&Help")
RECENT = "recent-sessions"
"""Stands in the table where the menu of recent sessions goes."""


def _nothing(_desk: Desk) -> str:
    return ""


@dataclass(frozen=True)
class ActionInfo:
    """One action.

    :param title: with the mnemonic's ``&``.
    :param help: what it does, in a sentence.
    :param keys: shortcuts; the first is shown.
    :param lacks: why it cannot be done now; empty when it can.
    :param group: actions of a group are ticks, of which one is set.
    :param apart: a line in the menu above it.
    """

    name: str
    title: str
    menu: str
    help: str
    keys: tuple[str, ...] = ()
    lacks: Callable[[Desk], str] = _nothing
    group: str = ""
    apart: bool = False


def _cannot_start(desk: Desk) -> str:
    run = next(info for info in PAGES if info.key == "run")
    return next(iter(run.missing(desk)), "A run is going on." if desk.runs.busy else "")


ACTIONS: tuple[ActionInfo, ...] = (
    ActionInfo(
        "new-session", "&New session", "&File", "Clear the desk. The session that is open is kept.", ("Ctrl+N",)
    ),
    ActionInfo("open-spec", "&Open spec…", "&File", "Open what a TOML file describes.", ("Ctrl+O",)),
    ActionInfo(
        "save-spec", "&Save spec as…", "&File", "Write all settings of this session to a TOML file.", ("Ctrl+S",)
    ),
    ActionInfo(RECENT, "&Recent sessions", "&File", "Sessions that were worked on last."),
    ActionInfo("quit", "&Quit", "&File", "Close the window.", ("Ctrl+Q",), apart=True),
    ActionInfo("undo", "&Undo", "&Edit", "Take back the last change on the page in sight.", ("Ctrl+Z",)),
    ActionInfo("redo", "&Redo", "&Edit", "Make it again.", ("Ctrl+Shift+Z", "Ctrl+Y")),
    ActionInfo("settings", "&Settings…", "&Edit", "What the program remembers about you.", ("Ctrl+,",), apart=True),
    *(
        ActionInfo(f"page-{info.key}", f"&{info.title}", "&View", info.subtitle, (f"Ctrl+{number}",))
        for number, info in enumerate(PAGES, 1)
    ),
    *(
        ActionInfo(f"theme-{name}", title, "&View", f"Colours: {title.lower()}.", group="theme", apart=name == "auto")
        for name, title in THEMES.items()
    ),
    ActionInfo(
        "start", "&Start", "&Run", "Start the run that the Run page describes.", ("Ctrl+Return",), lacks=_cannot_start
    ),
    ActionInfo("help", "&Documentation", "&Help", "Read the documentation.", ("F1",)),
    ActionInfo("about", "&About", "&Help", "Version, licence, and where files are kept."),
)


class Actions(QObject):
    """A ``QAction`` for each entry of the table."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._known = {info.name: info for info in ACTIONS if info.name != RECENT}
        self._actions = {info.name: self._made(info) for info in self._known.values()}
        self._slots: dict[str, Callable[[], object]] = {}
        self._reasons: dict[str, str] = {}
        groups: dict[str, QActionGroup] = {}
        for info in self._known.values():
            if info.group:
                self._actions[info.name].setCheckable(True)
                groups.setdefault(info.group, QActionGroup(self)).addAction(self._actions[info.name])
        self.refresh()

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    @property
    def unbound(self) -> list[str]:
        """Actions that do nothing yet."""
        return [name for name in self._actions if name not in self._slots]

    def bind(self, slots: Mapping[str, Callable[[], object]]) -> None:
        """What each action does."""
        for name, slot in slots.items():
            self._slots[name] = slot
            self._actions[name].triggered.connect(slot)

    def set_reason(self, name: str, reason: str) -> None:
        """Why an action cannot be done for a reason that the desk does not know; empty when it can."""
        self._reasons[name] = reason
        self._enable(self._known[name])

    def refresh(self) -> None:
        """Enable what can be done now; the tip of the others says what is missing."""
        for info in self._known.values():
            self._enable(info)

    def _enable(self, info: ActionInfo) -> None:
        reason, action = info.lacks(self._desk) or self._reasons.get(info.name, ""), self._actions[info.name]
        action.setEnabled(not reason)
        action.setToolTip(f"{info.help}\n{reason}" if reason else info.help)
        action.setStatusTip(reason or info.help)

    def _made(self, info: ActionInfo) -> QAction:
        action = QAction(info.title, self)
        action.setObjectName(info.name)
        action.setShortcuts([QKeySequence(key) for key in info.keys])
        return action
