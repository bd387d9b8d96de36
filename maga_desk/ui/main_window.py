"""The main window: assembly of rail, pages, menus and status bar. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import cast

from PySide6.QtCore import QByteArray, QEvent, QPoint, QRect, Signal, Slot
from PySide6.QtGui import QAction, QCloseEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QProgressBar,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from maga_desk.domain.places import Places
from maga_desk.domain.sessions import SessionInfo
from maga_desk.ui import icons
from maga_desk.ui.actions import ACTIONS, MENUS, RECENT, Actions
from maga_desk.ui.focus import FocusKeeper
from maga_desk.ui.page_table import PageInfo
from maga_desk.ui.tips import unmarked
from maga_desk.ui.widgets.basic.labels import TextLabel
from maga_desk.ui.widgets.basic.next_bar import NextBar
from maga_desk.ui.widgets.basic.notice import Level
from maga_desk.ui.widgets.basic.notices import Notices
from maga_desk.ui.widgets.basic.page import Page
from maga_desk.ui.widgets.basic.rail import Rail
from maga_desk.ui.widgets.basic.takeaway import SaveEvent
from maga_desk.ui.widgets.load.session_list import told_apart

FRAME = (4, 32, -4, -4)
"""Left, top, right, bottom: room for the title bar and borders, which are not known before the window is shown."""


def fitted(wanted: QRect, room: QRect) -> QRect:
    """A rectangle inside another, of its own size and place as far as that goes."""
    size = wanted.size().boundedTo(room.size())
    left = min(max(wanted.left(), room.left()), room.left() + room.width() - size.width())
    top = min(max(wanted.top(), room.top()), room.top() + room.height() - size.height())
    return QRect(QPoint(left, top), size)


class MainWindow(QMainWindow):
    """Signals: ``page_chosen(str key)``, ``session_chosen(int id)``, ``closed()``, and
    ``save_requested(path, bytes)`` of what a plot or a table shows.

    ``may_close`` is asked before the window closes.

    :param infos: the pages in their order; ``pages``: each by its key.
    :param places: what file dialogs remember; whatever stands in the window finds it as its attribute ``places``.
    """

    page_chosen = Signal(str)
    session_chosen = Signal(int)
    closed = Signal()
    save_requested = Signal(object, object)

    def __init__(
        self,
        infos: Sequence[PageInfo],
        pages: Mapping[str, Page],
        actions: Actions,
        parent: QWidget | None = None,
        *,
        places: Places | None = None,
    ) -> None:
        super().__init__(parent)
        self.places = places or Places()
        self.may_close: Callable[[], bool] = lambda: True
        self._keys = [info.key for info in infos]
        self.pages = dict(pages)
        self.setWindowTitle("MaGA Desk")
        self.resize(1280, 800)
        self.setMinimumSize(760, 480)
        self.setAcceptDrops(True)
        self.rail = Rail([(info.title, info.icon) for info in infos], self)
        self.rail.setFixedWidth(140)
        self.stack = QStackedWidget(self)
        self.session = TextLabel(self)
        self.session.setObjectName("muted")
        self._device, self._job, self._bar = TextLabel(self), TextLabel(self), QProgressBar(self)
        self.recent_menu = QMenu("Recent sessions", self)
        self.next_bar = NextBar(self)
        self.next_bar.show_action(actions["next"])
        for info in infos:
            pages[info.key].introduce(info.title, info.subtitle)
            pages[info.key].show_actions(actions)
            self.stack.addWidget(pages[info.key])
            pages[info.key].told.connect(partial(self._page_told, info.key))
            pages[info.key].page_wanted.connect(self.show_page)
        self._actions = actions
        self.notices = self._lay_out()
        self._fill_menus(actions)
        self._focus = FocusKeeper(self)
        self.rail.chosen.connect(self._choose)
        self.show_page(self._keys[0])
        self._title = "MaGA Desk"
        self._percent: int | None = None  # of the job that goes on, where it can be told
        self.set_job(None, 0, 0)
        self.set_session_title("")

    def show_page(self, key: str) -> None:
        """Bring a page to the front."""
        if key in self._keys:
            self._choose(self._keys.index(key))

    @property
    def page(self) -> Page:
        """The page in sight."""
        return cast(Page, self.stack.currentWidget())

    def set_page_state(self, key: str, state: str) -> None:
        """The mark of a page: ``missing``, ``ready``, ``done``, ``busy`` or ``paused``."""
        self.rail.buttons[self._keys.index(key)].set_state(state)
        if self.page is self.pages[key]:
            self.next_bar.set_said(self.page.said())

    def set_session_title(self, title: str) -> None:
        self.session.setText(title)
        self.session.setVisible(bool(title))
        self._title = f"{title} – MaGA Desk" if title else "MaGA Desk"
        self._show_title()

    def set_device(self, text: str) -> None:
        self._device.setText(text)

    def set_job(self, text: str | None, done: int, total: int) -> None:
        """What is being worked on; ``None`` when nothing is. ``total`` 0: a bar that only moves."""
        for widget in (self._job, self._bar):
            widget.setVisible(text is not None)
        self._job.setText(text or "")
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._percent = 100 * done // total if text is not None and total else None
        self._show_title()

    def _show_title(self) -> None:
        """With how far the job is, for those who look at the task bar."""
        self.setWindowTitle(self._title if self._percent is None else f"{self._percent} % – {self._title}")

    def show_recent(self, recent: Sequence[SessionInfo]) -> None:
        """Fill the menu of recent sessions."""
        self.recent_menu.clear()
        self.recent_menu.setEnabled(bool(recent))
        for info, about in zip(recent, told_apart(recent), strict=True):
            action = self.recent_menu.addAction(f"{unmarked(info.called)}\t{about}")
            action.setData(info.id)

    def notify(self, text: str, level: str = "info") -> None:
        """Tell something at the foot of the page in sight."""
        self.notices.tell(text, cast(Level, level))

    def geometry_text(self) -> str:
        """Size and place as text."""
        return bytes(self.saveGeometry().toHex().data()).decode()

    def restore_geometry_text(self, text: str) -> None:
        """The inverse; texts that make no sense are ignored."""
        if text:
            self.restoreGeometry(QByteArray.fromHex(text.encode()))
        self.fit_to_screen()

    def splits(self) -> dict[str, tuple[int, ...]]:
        """How each page with splitters is divided, in points: by its key, with the splitter's name where it has one."""
        return {name: tuple(part.sizes()) for name, part in self._splitters().items()}

    def restore_splits(self, splits: Mapping[str, Sequence[int]]) -> None:
        """The inverse; what fits no page is ignored."""
        known = self._splitters()
        for name, sizes in splits.items():
            part = known.get(name)
            if part is not None and part.count() == len(sizes) and sum(sizes) > 0:
                part.setSizes(list(sizes))

    def _splitters(self) -> dict[str, QSplitter]:
        found = dict[str, QSplitter]()
        for key, page in self.pages.items():
            for part in page.findChildren(QSplitter):
                found[f"{key} {part.objectName()}".rstrip()] = part
        return found

    def fit_to_screen(self) -> None:
        """Bring the window onto the screen at hand, no larger than it; the screen may have changed since last time."""
        if not self.isMaximized():
            room = self.screen().availableGeometry().adjusted(*FRAME)
            self.setGeometry(fitted(self.geometry(), room))

    def customEvent(self, event: QEvent) -> None:
        """Take a file that a plot or a table wants to write; who knows the session's inputs does that."""
        if isinstance(event, SaveEvent):
            self.save_requested.emit(event.path, event.content)

    def focusNextPrevChild(self, forward: bool) -> bool:
        return self._focus.move(forward)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.may_close():
            event.accept()
            self.closed.emit()
        else:
            event.ignore()

    def _lay_out(self) -> Notices:
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.stack, 1)
        right.addWidget(self.next_bar)
        centre = QWidget(self)
        row = QHBoxLayout(centre)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(right, 1)
        self.setCentralWidget(centre)
        self._bar.setMaximumWidth(180)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress of the current job")
        status = self.statusBar()
        status.addWidget(self._job)
        status.addWidget(self._bar)
        status.addPermanentWidget(self.session)
        status.addPermanentWidget(self._device)
        return Notices(self.next_bar, self.next_bar.button, centre)

    def _fill_menus(self, actions: Actions) -> None:
        """The menus, from the table of actions."""
        menus = {title: self.menuBar().addMenu(title) for title in MENUS}
        for menu in menus.values():
            menu.setToolTipsVisible(True)
        for info in ACTIONS:
            if info.apart:
                menus[info.menu].addSeparator()
            if info.name == RECENT:
                self.recent_menu.setTitle(info.title)
                icons.put(self.recent_menu.menuAction(), info.icon)
                self.recent_menu.triggered.connect(self._recent_chosen)
                menus[info.menu].addMenu(self.recent_menu)
            else:
                menus[info.menu].addAction(actions[info.name])

    @Slot(int)
    def _choose(self, position: int) -> None:
        self.rail.select(position)
        if self.rail.isAncestorOf(self.focusWidget() or self):
            self.rail.buttons[position].setFocus()  # the ring follows the page
        self.stack.setCurrentIndex(position)
        self._actions.show_page(self.page)
        self.notices.show_page(self._keys[position])
        self.next_bar.set_said(self.page.said())
        self.next_bar.set_last(position == len(self._keys) - 1)
        self.page_chosen.emit(self._keys[position])

    def _page_told(self, key: str, text: str, level: str) -> None:
        self.notices.tell(text, cast(Level, level), key)

    @Slot(QAction)
    def _recent_chosen(self, action: QAction) -> None:
        self.session_chosen.emit(action.data())
