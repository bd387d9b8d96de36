"""What the command palette offers: the table of actions, recent sessions, and the methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QWidget

from maga_desk.domain.methods import MethodInfo
from maga_desk.domain.sessions import SessionInfo
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.ui.actions import ACTIONS, RECENT, Actions
from maga_desk.ui.controllers.load import RUN_GOES_ON
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.palette import PaletteDialog
from maga_desk.ui.item_models.commands import Entry
from maga_desk.ui.main_window import MainWindow
from maga_desk.ui.widgets.load.session_list import told_apart

PALETTE = "palette"
"""The action that opens it, which it does not offer."""


class PaletteController(QObject):
    """Opens the palette.

    :param recent: gives the recent sessions, newest first; ``reopen`` opens one by its id.
    """

    def __init__(
        self,
        window: MainWindow,
        actions: Actions,
        desk: Desk,
        recent: Callable[[], Sequence[SessionInfo]],
        reopen: Callable[[int], object],
    ) -> None:
        super().__init__(window)
        self._window, self._actions, self._desk = window, actions, desk
        self._recent, self._reopen = recent, reopen
        self._used: QWidget | None = None

    @Slot()
    def open(self) -> None:
        """Show everything that can be done."""
        self._used = QApplication.focusWidget()
        dialog = PaletteDialog([*self._of_actions(), *self._of_sessions(), *self._of_methods()], self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self._do)
        dialog.open()

    @Slot(object)
    def _do(self, entry: Entry) -> None:
        if self._used is not None:
            self._used.setFocus()  # what copies or selects means the widget that was in use
        entry.run()

    def _of_actions(self) -> Iterator[Entry]:
        for info in ACTIONS:
            if info.name in (RECENT, PALETTE):
                continue
            action = self._actions[info.name]
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            lacks = "" if action.isEnabled() else action.statusTip()
            menu, title = info.menu.replace("&", ""), action.text().replace("&", "")
            title = f"Theme: {title}" if info.group == "theme" else title
            yield Entry(title, menu, info.help, action.trigger, keys, lacks)

    def _of_sessions(self) -> Iterator[Entry]:
        recent = self._recent()
        lacks = RUN_GOES_ON if self._desk.runs.busy else ""
        for info, about in zip(recent, told_apart(recent), strict=True):
            yield Entry(f"Open {info.called}", "Session", about, partial(self._reopen, info.id), lacks=lacks)

    def _of_methods(self) -> Iterator[Entry]:
        parts = self._desk.consecutive
        task = parts[0].task if parts else None
        for info in self._desk.installation.methods:
            lacks = "" if task is None or task in info.tasks else "This method is not for what is marked."
            lacks = "A run is going on." if self._desk.runs.busy else lacks
            recommended = " (recommended)" if task in info.recommended else ""
            yield Entry(f"Use {info.title}{recommended}", "Method", info.summary, partial(self._use, info), lacks=lacks)

    def _use(self, info: MethodInfo) -> None:
        self._desk.set_spec(self._desk.spec.model_copy(update={"method": MethodSpec(name=info.name)}))
        self._window.show_page("run")
