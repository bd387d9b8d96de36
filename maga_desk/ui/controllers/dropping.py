"""Files and folders that are dropped onto the window: each goes where it belongs."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, Qt
from PySide6.QtGui import QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QMenu

from maga_desk.domain.errors import UserError
from maga_desk.domain.lists.names import Names, read_list
from maga_desk.domain.lists.reading import match
from maga_desk.domain.recognising import Kind, Recognised, recognise
from maga_desk.ui.controllers.asking import Say
from maga_desk.ui.controllers.lists import ListController
from maga_desk.ui.controllers.load import RUN_GOES_ON
from maga_desk.ui.controllers.sessions import SessionsController
from maga_desk.ui.desk import Desk
from maga_desk.ui.main_window import MainWindow
from maga_desk.ui.pages.load import LoadPage
from maga_desk.ui.tips import unmarked
from maga_desk.ui.widgets.basic.drop_hint import DropHint

NO_PICTURES = "Open a model and its pictures first; then drop the list of what must be forgotten."
TOO_MUCH = "Drop one thing of a kind, and a specification alone."
NOT_HERE = "Only files and folders of this computer can be dropped."

Place = Kind | str
RETRAINED = "retrained"
WORDS: Mapping[str, str] = {
    "pictures": "Take {} as the pictures",
    "checkpoint": "Take {} as the model's checkpoint",
    RETRAINED: "Compare results with {}, a retrained model",
    "names": "Mark the pictures that {} names",
    "picture": "Mark {}",
    "spec": "Open {}",
    "families": "Take {} as the families",
}
FIELDS: tuple[str, ...] = ("pictures", "checkpoint", "families")


@dataclass(frozen=True)
class _Item:
    """One thing that was dropped, and where it may go; several places where the person must choose."""

    what: Recognised
    places: tuple[str, ...]

    def words(self, place: str) -> str:
        return WORDS[place].format(self.what.path.name)


@dataclass(frozen=True)
class _Plan:
    items: tuple[_Item, ...] = ()
    fault: str = ""

    def text(self) -> str:
        """What dropping does, a line for each thing."""
        pictures = [item for item in self.items if item.places == ("picture",)]
        lines = ["\nor\n".join(map(item.words, item.places)) for item in self.items if item not in pictures]
        if len(pictures) > 3:
            lines.append(f"Mark {len(pictures):,} pictures")
        else:
            lines += [item.words("picture") for item in pictures]
        return self.fault or "\n".join(lines)


class DropController(QObject):
    """Hears of drags before any widget does, so that a text field does not take a path for a text."""

    def __init__(
        self,
        window: MainWindow,
        page: LoadPage,
        desk: Desk,
        lists: ListController,
        sessions: SessionsController,
        say: Say,
    ) -> None:
        super().__init__(window)
        self._window, self._page, self._desk = window, page, desk
        self._lists, self._sessions, self._say = lists, sessions, say
        self.hint = DropHint(window)
        self.menu = QMenu(window)
        self._plan: _Plan | None = None
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window:
            handle = self._window.windowHandle()
            if event.type() == QEvent.Type.Show and handle is not None:
                handle.installEventFilter(self)
            return False
        if isinstance(event, QDropEvent):
            return self._on_drag(event)
        if event.type() == QEvent.Type.DragLeave and self._plan is not None:
            self._end()
        return False

    def _on_drag(self, event: QDropEvent) -> bool:
        """A drag that enters, moves or ends over the window; files alone are ours."""
        if event.type() == QEvent.Type.DragEnter or (self._plan is None and event.mimeData().hasUrls()):
            self._plan = self._planned(event.mimeData())
            if self._plan is not None:
                self.hint.show_text(self._plan.text(), usable=not self._plan.fault)
        plan = self._plan
        if plan is None:
            return False
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if not isinstance(event, QDragMoveEvent):
            self._end()
            if plan.fault:
                self._say(plan.fault, "warning")
            else:
                self._ask(plan.items, (), self._window.mapToGlobal(event.position().toPoint()))
        return True

    def _end(self) -> None:
        self._plan = None
        self.hint.hide()

    def _planned(self, data: QMimeData) -> _Plan | None:
        """What would be done with a drag; ``None`` where it holds no files."""
        if not data.hasUrls():
            return None
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if not paths or len(paths) < len(data.urls()):
            return _Plan(fault=NOT_HERE)
        sources = self._desk.installation.sources.values()
        archives = {suffix: info.name for info in sources if info.path == "file" for suffix in info.suffixes}
        found = [recognise(path, archives) for path in paths]
        unusable = next((each.reason for each in found if not each.kinds), "")
        if unusable:
            return _Plan(fault=unusable)
        items = tuple(_Item(each, self._places(each, found)) for each in found)
        return _Plan(items, self._fault(items))

    def _places(self, what: Recognised, together: Sequence[Recognised]) -> tuple[str, ...]:
        if what.kinds == ("checkpoint",):
            with_pictures = any(each.kinds == ("pictures",) for each in together)
            return ("checkpoint",) if self._desk.workspace is None or with_pictures else ("checkpoint", RETRAINED)
        if len(what.kinds) > 1 and (known := self._told_by_pictures(what.path)):
            return (known,)
        return what.kinds

    def _told_by_pictures(self, path: Path) -> Kind | None:
        """What a table of two columns is, where the open pictures can tell."""
        images = self._desk.images
        if images is None:
            return "families"
        try:
            text = read_list(path).text
            if len(match(text, Names(images.train.names, self._desk.spec.data.path)).indices):
                return "names"
        except UserError:
            return None
        kinds = {row[0].strip() for row in csv.reader(text.splitlines()) if row}
        return "families" if kinds & set(images.kinds) else None

    def _fault(self, items: Sequence[_Item]) -> str:
        """Why a drop cannot be used as a whole."""
        places = [item.places for item in items]
        once = [place for place in places if place != ("picture",)]
        if len(once) != len(set(once)) or (("spec",) in places and len(places) > 1):
            return TOO_MUCH
        if self._desk.images is None and any(set(place) <= {"names", "picture"} for place in places):
            return NO_PICTURES
        opens = any(set(place) & {"spec", *FIELDS} for place in places)
        return RUN_GOES_ON if opens and self._desk.runs.busy else ""

    def _ask(self, items: Sequence[_Item], chosen: tuple[tuple[str, Recognised], ...], at: QPoint) -> None:
        """Ask for each thing that has several places, then do all of it."""
        for number, item in enumerate(items):
            if len(item.places) > 1:
                self.menu.clear()
                for place in item.places:
                    rest = (_Item(item.what, (place,)), *items[number + 1 :])
                    self.menu.addAction(unmarked(item.words(place))).triggered.connect(
                        partial(self._ask, rest, chosen, at)
                    )
                self.menu.addSeparator()
                self.menu.addAction("Do nothing")
                self.menu.popup(at)
                return
            chosen = (*chosen, (item.places[0], item.what))
        self._do(chosen)

    def _do(self, chosen: Sequence[tuple[str, Recognised]]) -> None:
        filled = [(place, what) for place, what in chosen if place in FIELDS]
        pictures = [what.path for place, what in chosen if place == "picture"]
        for place, what in filled:
            self._page.fill_in(place, str(what.path), what.source)
        if filled:
            self._window.show_page("load")
            names = " and ".join(what.path.name for _, what in filled)
            todo = "press Open" if self._page.open_button.isEnabled() else self._page.open_button.toolTip().lower()
            self._say(f"{names}: filled in. Now {todo}.", "info")
        for place, what in chosen:
            if place == RETRAINED:
                self._compare_with(what.path)
            elif place == "names":
                self._window.show_page("forget")
                self._lists.add_file(str(what.path))
            elif place == "spec":
                self._sessions.open_spec(str(what.path))
        if pictures:
            self._window.show_page("forget")
            self._lists.add_pictures(pictures)

    def _compare_with(self, path: Path) -> None:
        desk = self._desk
        desk.set_spec(desk.spec.with_changes("audit", retrained=str(path), declared_by=""))
        self._window.show_page("run")
        self._say(f"The next run is compared with {path.name}.", "info")
