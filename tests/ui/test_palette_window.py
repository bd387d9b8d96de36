"""The command palette: everything by words, with the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from maga_desk.domain.installation import Installation
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.run import RunSpec
from maga_desk.engine.registry import METHODS
from maga_desk.services.installation import proposers, sources
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.actions import ACTIONS
from maga_desk.ui.composition import Composition
from maga_desk.ui.dialogs.palette import PaletteDialog
from maga_desk.ui.item_models.commands import ENTRY, Entry, found
from tests.ui.controllers.conftest import picture_set, store

__all__ = ["store"]
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def made(qtbot: QtBot, store: SessionStore) -> Iterator[Composition]:
    store.create_session("forget cat in pets", RunSpec())
    composition = Composition(store, SettingsFile())
    qtbot.addWidget(composition.window)
    composition.window.show()
    qtbot.waitExposed(composition.window)
    methods = [entry.info for entry in METHODS.values()]
    composition.desk.set_engine(Installation(methods=methods, sources=sources(), proposers=proposers()))
    yield composition
    composition.close()


def palette(qtbot: QtBot, made: Composition, text: str) -> PaletteDialog:
    qtbot.keyClick(made.window, Qt.Key.Key_P, CONTROL | SHIFT)
    dialog = made.window.findChildren(PaletteDialog)[-1]
    qtbot.waitUntil(dialog.isVisible)
    qtbot.keyClicks(dialog.line, text)
    return dialog


def entries(dialog: PaletteDialog) -> list[Entry]:
    return [dialog.model.index(row, 0).data(ENTRY) for row in range(dialog.model.rowCount())]


def test_words_in_the_title_come_first() -> None:
    names = [("Save spec as", "File"), ("Mark selected", "Save what is marked"), ("Resave", "")]
    all_of = [Entry(title, "", about, lambda: None) for title, about in names]
    assert [entry.title for entry in found(all_of, "save")] == ["Save spec as", "Resave", "Mark selected"]
    assert [entry.title for entry in found(all_of, "AS save")] == ["Save spec as"]
    assert found(all_of, "print") == [] and len(found(all_of, " ")) == 3


def test_every_action_is_offered_with_its_keys(qtbot: QtBot, made: Composition) -> None:
    dialog = palette(qtbot, made, "")
    offered = {entry.title: entry for entry in entries(dialog)}
    missing = [
        info.title.replace("&", "")
        for info in ACTIONS
        if info.name not in ("palette", "recent-sessions", "next") and info.group != "theme"
    ]
    assert not set(missing) - set(offered)
    assert offered["Start"].keys == "Ctrl+Return" and "Load page" in offered["Start"].lacks
    assert {"Next: Forget", "Theme: Dark", "Open forget cat in pets", "Use MaGA"} <= set(offered)
    dialog.reject()


def test_an_action_is_found_and_done_with_the_keyboard_alone(qtbot: QtBot, made: Composition) -> None:
    dialog = palette(qtbot, made, "dark col")
    assert [entry.title for entry in entries(dialog)] == ["Theme: Dark"]
    qtbot.keyClick(dialog.line, Qt.Key.Key_Return)
    assert made.settings.values.appearance.theme == "dark"
    dialog = palette(qtbot, made, "page")
    first, second, *_ = entries(dialog)
    qtbot.keyClick(dialog.line, Qt.Key.Key_Down)
    assert dialog.current() == second and dialog.focusWidget() is dialog.line
    qtbot.keyClick(dialog.line, Qt.Key.Key_Up)
    assert dialog.current() == first
    dialog.line.setText("verify")
    qtbot.keyClick(dialog.line, Qt.Key.Key_Return)
    assert made.window.page is made.verify


def test_what_cannot_be_done_says_why_and_is_not_done(qtbot: QtBot, made: Composition) -> None:
    dialog = palette(qtbot, made, "start run")
    current = dialog.current()
    assert current is not None and current.title == "Start" and "Load page" in current.line
    qtbot.keyClick(dialog.line, Qt.Key.Key_Return)
    assert dialog.isVisible() and made.window.page is made.load
    dialog.line.setText("no such thing")
    assert dialog.empty.isVisible() and dialog.current() is None
    qtbot.keyClick(dialog.line, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_methods_and_copying_mean_what_is_on_the_desk(qtbot: QtBot, made: Composition) -> None:
    images = picture_set()
    made.desk.set_workspace(images, None, images)
    made.desk.set_basket(made.desk.basket.add(range(10)))  # all birds
    dialog = palette(qtbot, made, "recommended method")
    current = dialog.current()
    assert current is not None and current.title == "Use MaGA, relearned (recommended)"
    qtbot.keyClick(dialog.line, Qt.Key.Key_Return)
    assert made.desk.spec.method.name == "maga-relearn" and made.window.page is made.run
    made.window.show_page("load")
    made.load.form.path.setText("/pictures")
    made.load.form.path.setFocus()
    made.load.form.path.selectAll()
    dialog = palette(qtbot, made, "copy")
    qtbot.keyClick(dialog.line, Qt.Key.Key_Return)
    assert QApplication.clipboard().text() == "/pictures"
