"""The window's actions, one entry each: title, menu, keys, help, and what stands in the way.

Menus, shortcuts and the tips of disabled entries are made from :data:`ACTIONS`. To add an action, add a line here and
give it its slot in ``composition.py``; a test fails while it has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from maga_desk.domain.settings import THEMES
from maga_desk.ui import icons
from maga_desk.ui.desk import Desk
from maga_desk.ui.page_table import PAGES
from maga_desk.ui.widgets.basic.page import Page

MENUS = ("&File", "&Edit", "&View", "&Run", "&Help")
RECENT = "recent-sessions"
"""Stands in the table where the menu of recent sessions goes."""


KEY_OF_THEME = {"auto": "A", "light": "i", "dark": "D"}
"""Letters of the titles that no page's name in the same menu has."""
_ANY_PAGE = "Nothing can be changed on this page."
_FORGET_PAGE = "Show the Forget page first."
_SHOWN = "that are shown: those that the query, the class and the filter leave"
_NO_SEARCH = "Only the Forget page has something to search."
_LAST_PAGE = "This is the last page."
_RUN_PAGE = "Show the Run page first."


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
    :param icon: its name in the icon font; ticks have none.
    :param of_page: it is a command of the page in sight; the text says where it can be done when that page has none
        of its name.
    """

    name: str
    title: str
    menu: str
    help: str
    keys: tuple[str, ...] = ()
    lacks: Callable[[Desk], str] = _nothing
    group: str = ""
    apart: bool = False
    icon: str = ""
    of_page: str = ""


def _cannot_start(desk: Desk) -> str:
    run = next(info for info in PAGES if info.key == "run")
    return next((lack.text for lack in run.missing(desk)), "A run is going on." if desk.runs.busy else "")


def _cannot_queue(desk: Desk) -> str:
    run = next(info for info in PAGES if info.key == "run")
    without = "" if desk.queue.kept else "There is no session database to keep a queue in."
    return next((lack.text for lack in run.missing(desk)), without)


def _cannot_save_preset(desk: Desk) -> str:
    if not desk.queue.kept:
        return "There is no session database to keep it in."
    return "" if desk.installation.methods else "The engine is still starting; this takes a few seconds."


def _of_queue(name: str, title: str, text: str, icon: str, key: str = "", *, apart: bool = False) -> ActionInfo:
    """An action on the queue, or on what is selected in it, as the Run page has it."""
    keys = (key,) if key else ()
    return ActionInfo(f"queue-{name}", title, "&Run", text, keys, icon=icon, of_page=_RUN_PAGE, apart=apart)


def _of_marks(name: str, title: str, text: str, icon: str, key: str = "", *, apart: bool = False) -> ActionInfo:
    """An action on the marks of the Forget page."""
    keys = (key,) if key else ()
    return ActionInfo(name, title, "&Edit", text, keys, icon=icon, of_page=_FORGET_PAGE, apart=apart)


ACTIONS: tuple[ActionInfo, ...] = (
    ActionInfo(
        "new-session",
        "&New session",
        "&File",
        "Clear the desk. The session that is open is kept.",
        ("Ctrl+N",),
        icon="file-plus",
    ),
    ActionInfo("open-spec", "&Open spec…", "&File", "Open what a TOML file describes.", ("Ctrl+O",), icon="file-text"),
    ActionInfo(
        "save-spec",
        "&Save spec as…",
        "&File",
        "Write all settings of this session to a TOML file.",
        ("Ctrl+S",),
        icon="floppy-disk",
    ),
    ActionInfo(
        "rename-session",
        "&Rename session…",
        "&File",
        "Give the open session a name of your own.",
        lacks=lambda desk: "" if desk.session_id is not None else "No session is open.",
        icon="pencil-simple",
    ),
    ActionInfo(
        "case",
        "C&ase\u2026",
        "&File",
        "The erasure request: who asks, until when, who approves, who was told.",
        lacks=lambda desk: "" if desk.session_id is not None else "No session is open.",
        icon="briefcase",
    ),
    ActionInfo(
        "import-case",
        "&Import a case\u2026",
        "&File",
        "Bring in a case that another machine wrote into a file.",
        icon="download-simple",
    ),
    ActionInfo(
        RECENT, "Recent s&essions", "&File", "Sessions that were worked on last.", icon="clock-counter-clockwise"
    ),
    ActionInfo("quit", "&Quit", "&File", "Close the window.", ("Ctrl+Q",), apart=True, icon="sign-out"),
    ActionInfo(
        "undo",
        "&Undo",
        "&Edit",
        "Take back the last change on the page in sight.",
        ("Ctrl+Z",),
        of_page=_ANY_PAGE,
        icon="arrow-u-up-left",
    ),
    ActionInfo(
        "redo",
        "&Redo",
        "&Edit",
        "Make it again.",
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        of_page=_ANY_PAGE,
        icon="arrow-u-up-right",
    ),
    _of_marks(
        "mark",
        "&Mark selected",
        "Forget the selected pictures. Enter or a double click does it too.",
        "eraser",
        apart=True,
    ),
    _of_marks("unmark", "U&nmark selected", "Keep the selected pictures after all.", "selection-slash"),
    _of_marks("mark-class", "Mark &whole class", "Forget all of the class chosen in the list.", "selection-all"),
    _of_marks("mark-shown", "Mark all s&hown", f"Forget all pictures {_SHOWN}.", "check-square-offset", "Ctrl+M"),
    _of_marks("unmark-shown", "Unmar&k all shown", f"Keep all pictures {_SHOWN}.", "minus-circle", "Ctrl+Shift+M"),
    _of_marks(
        "keep-shown",
        "K&eep marked only those shown",
        f"Unmark all pictures but those {_SHOWN}.",
        "intersect",
        "Ctrl+Shift+K",
    ),
    _of_marks(
        "keep-selected",
        "Keep marked &only those selected",
        "Unmark all pictures but the selected ones.",
        "selection-inverse",
    ),
    _of_marks("invert-marks", "&Invert marks", "Mark what is not marked, and unmark what is.", "swap", "Ctrl+I"),
    _of_marks(
        "more-like",
        "More &like these",
        "Show all pictures in the order of their likeness to the selected ones, by the model's features.",
        "stack",
    ),
    _of_marks("clear-marks", "&Clear marks", "Keep all pictures after all.", "x-circle"),
    ActionInfo(
        "copy",
        "Cop&y",
        "&Edit",
        "Copy what is selected: text, or rows of a table.",
        ("Ctrl+C",),
        apart=True,
        icon="copy",
    ),
    ActionInfo(
        "select-all",
        "Select &all",
        "&Edit",
        "Select all in the list, table or field in use.",
        ("Ctrl+A",),
        icon="checks",
    ),
    ActionInfo(
        "find", "&Find", "&Edit", "Search the page in sight.", ("Ctrl+F",), of_page=_NO_SEARCH, icon="magnifying-glass"
    ),
    ActionInfo(
        "settings", "&Settings…", "&Edit", "What the program remembers about you.", ("Ctrl+,",), apart=True, icon="gear"
    ),
    *(
        ActionInfo(f"page-{info.key}", f"&{info.title}", "&View", info.subtitle, (f"Ctrl+{number}",), icon=info.icon)
        for number, info in enumerate(PAGES, 1)
    ),
    ActionInfo(
        "palette", "&Commands…", "&View", "Find anything that can be done by words.", ("Ctrl+Shift+P",), icon="command"
    ),
    ActionInfo(
        "next",
        "Ne&xt",
        "&View",
        "Go to the next page of the work.",
        ("Alt+Right",),
        of_page=_LAST_PAGE,
        apart=True,
        icon="arrow-right",
    ),
    *(
        ActionInfo(
            f"theme-{name}",
            title.replace(KEY_OF_THEME[name], f"&{KEY_OF_THEME[name]}", 1),
            "&View",
            f"Colours: {title.lower()}.",
            group="theme",
            apart=name == "auto",
        )
        for name, title in THEMES.items()
    ),
    ActionInfo(
        "start",
        "&Start",
        "&Run",
        "Start the run that the Run page describes.",
        ("Ctrl+Return", "Ctrl+Enter"),
        lacks=_cannot_start,
        icon="play",
    ),
    ActionInfo(
        "queue-add",
        "Add to &queue",
        "&Run",
        "Let the run that the Run page describes wait behind all others.",
        ("Ctrl+Shift+Return", "Ctrl+Shift+Enter"),
        lacks=_cannot_queue,
        icon="list-plus",
    ),
    ActionInfo(
        "again",
        "S&ame again with…",
        "&Run",
        "Take the run that is shown once more, with other seeds or another method.",
        lacks=lambda desk: "" if desk.runs.shown.spec is not None else "Show a run first: start one, or reopen one.",
        icon="repeat",
    ),
    ActionInfo(
        "save-preset",
        "Save as prese&t…",
        "&Run",
        "Keep the method as it is set on the Run page, under a name of your own.",
        lacks=_cannot_save_preset,
        icon="bookmark-simple",
    ),
    ActionInfo(
        "compare-runs",
        "Compare ru&ns…",
        "&Run",
        "Put any number of runs, of all sessions, beside the original and the retrained model.",
        lacks=lambda desk: "" if desk.runs.any_judged else "No run has been judged yet.",
        icon="columns",
    ),
    _of_queue("run", "&Run queue", "Run what waits, one after the other.", "queue", apart=True),
    _of_queue("pause", "&Pause queue", "What is run waits where it is; nothing else begins.", "pause"),
    _of_queue("free", "Pause, &free memory", "What is run stops and goes on later from there.", "eject"),
    _of_queue("up", "Move &up", "Run it earlier. It can be dragged as well.", "arrow-up", "Alt+Up", apart=True),
    _of_queue("down", "Move &down", "Run it later. It can be dragged as well.", "arrow-down", "Alt+Down"),
    _of_queue("hold", "&Hold", "Let it wait until you let it go on.", "hand-palm"),
    _of_queue("skip", "S&kip", "Let all others go first; it goes on when its turn comes again.", "skip-forward"),
    _of_queue("cancel", "&Cancel entry", "Give it up. What it has done stays in its folder.", "x-circle"),
    _of_queue("remove", "Re&move", "Take it off the list. Its run and its folder stay. Delete does it too.", "trash"),
    _of_queue("clear", "R&emove done", "Take all that is over off the list.", "archive-tray"),
    _of_queue("show", "Sho&w its run", "Show the run of the entry on all pages. Enter does it too.", "eye"),
    ActionInfo(
        "help", "&Help on this page", "&Help", "Read what can be done on the page in sight.", ("F1",), icon="question"
    ),
    ActionInfo(
        "documentation", "&Documentation", "&Help", "Read the documentation from its start page.", icon="book-open"
    ),
    ActionInfo("about", "&About", "&Help", "Version, licence, and where files are kept.", icon="info"),
)


class Actions(QObject):
    """A ``QAction`` for each entry of the table."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._page: Page | None = None
        self._known = {info.name: info for info in ACTIONS if info.name != RECENT}
        self._actions = {info.name: self._made(info) for info in self._known.values()}
        self._slots: dict[str, Callable[[], object]] = {}
        groups: dict[str, QActionGroup] = {}
        for info in self._known.values():
            if info.group:
                self._actions[info.name].setCheckable(True)
                groups.setdefault(info.group, QActionGroup(self)).addAction(self._actions[info.name])
        self.bind({info.name: partial(self._command, info.name) for info in self._known.values() if info.of_page})
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

    def show_page(self, page: Page) -> None:
        """Another page is in sight: its commands are meant."""
        if self._page is not None:
            self._page.commands_changed.disconnect(self._refresh_commands)
        self._page = page
        page.commands_changed.connect(self._refresh_commands)
        self._refresh_commands()

    def refresh(self) -> None:
        """Enable what can be done now; the tip of the others says what is missing."""
        for info in self._known.values():
            self._refresh(info)

    @Slot()
    def _refresh_commands(self) -> None:
        for info in self._known.values():
            if info.of_page:
                self._refresh(info)

    def _command(self, name: str) -> None:
        if self._page is not None and name in self._page.commands:
            self._page.commands[name].run()

    def _refresh(self, info: ActionInfo) -> None:
        reason, action = info.lacks(self._desk), self._actions[info.name]
        if info.of_page:
            command = self._page.commands.get(info.name) if self._page is not None else None
            reason = command.lacks() if command else info.of_page
            action.setText(command.title() if command and command.title else info.title)
        action.setEnabled(not reason)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        tip = f"{info.help.rstrip('.')} ({keys})" if keys else info.help
        action.setToolTip(f"{tip}\n{reason}" if reason else tip)
        action.setStatusTip(reason or info.help)

    def _made(self, info: ActionInfo) -> QAction:
        action = QAction(info.title, self)
        action.setObjectName(info.name)
        icons.put(action, info.icon)
        action.setShortcuts([QKeySequence(key) for key in info.keys])
        return action
