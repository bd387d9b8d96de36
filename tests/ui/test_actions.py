"""Every action stands in the table, in a menu, with a tip, and does something."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QDialog, QMenu
from pytestqt.qtbot import QtBot

from maga_desk.data.keeping import KeptName, owner_of
from maga_desk.domain.paths import resources_dir
from maga_desk.domain.settings import SettingsFile
from maga_desk.services.keeping import kept_shelf
from maga_desk.ui.actions import ACTIONS, RECENT
from maga_desk.ui.composition import Composition
from maga_desk.ui.dialogs.help import HelpDialog, place_of, topics_of
from maga_desk.ui.dialogs.settings import AddressList, SettingsDialog
from maga_desk.ui.page_table import PAGES
from maga_desk.ui.widgets.basic.param_fields import Input
from tests.ui.controllers.conftest import picture_set

NAMES = [info.name for info in ACTIONS if info.name != RECENT]


@pytest.fixture
def made(qtbot: QtBot) -> Iterator[Composition]:
    composition = Composition(None, SettingsFile())
    qtbot.addWidget(composition.window)
    composition.window.show()
    qtbot.waitExposed(composition.window)
    yield composition
    composition.close()


@pytest.fixture(scope="module")
def untouched(qapp: QApplication) -> Iterator[Composition]:
    """A window that is only looked at, made once."""
    composition = Composition(None, SettingsFile())
    composition.window.show()
    yield composition
    composition.close()
    composition.window.close()
    composition.window.deleteLater()
    composition.deleteLater()


def menus_of(made: Composition) -> dict[str, list[QAction]]:
    menus = {action.text(): action.menu() for action in made.window.menuBar().actions()}
    return {title: menu.actions() for title, menu in menus.items() if isinstance(menu, QMenu)}


def test_every_action_is_bound_and_stands_in_its_menu(untouched: Composition) -> None:
    assert untouched.actions.unbound == []
    menus = menus_of(untouched)
    for info in ACTIONS:
        if info.name != RECENT:
            assert untouched.actions[info.name] in menus[info.menu], info.name
    assert all(menus.values()), "no empty menu"


@pytest.mark.parametrize("name", NAMES)
def test_an_action_has_a_title_and_a_tip(untouched: Composition, name: str) -> None:
    action = untouched.actions[name]
    assert action.text() and action.toolTip() and action.statusTip()
    info = next(info for info in ACTIONS if info.name == name)
    reason = info.lacks(untouched.desk)
    assert action.isEnabled() or "\n" in action.toolTip()
    assert not reason or reason in action.toolTip()


def test_no_two_actions_share_a_key() -> None:
    keys = [QKeySequence(key).toString() for key in chain.from_iterable(info.keys for info in ACTIONS)]
    assert all(keys) and len(keys) == len(set(keys))


def test_mnemonics_of_a_menu_differ() -> None:
    for menu in {info.menu for info in ACTIONS}:
        letters = [
            info.title[info.title.index("&") + 1].lower() for info in ACTIONS if info.menu == menu and "&" in info.title
        ]
        assert len(letters) == len(set(letters)), menu
    assert [info.title for info in ACTIONS if "&" not in info.title] == []


def test_undo_acts_on_the_page_in_sight(qtbot: QtBot, made: Composition) -> None:
    images = picture_set()
    made.desk.set_workspace(images, None, images)
    made.window.show_page("forget")
    assert not made.actions["undo"].isEnabled()
    made.desk.set_basket(made.desk.basket.add(np.arange(3)))
    assert made.actions["undo"].isEnabled() and not made.actions["redo"].isEnabled()
    made.forget.grid.setFocus()
    qtbot.keyClick(made.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not made.desk.basket.mask.any()
    assert made.actions["redo"].isEnabled()
    qtbot.keyClick(made.window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert made.desk.basket.mask.sum() == 3
    made.window.show_page("load")
    assert not made.actions["undo"].isEnabled(), "the Load page has nothing to take back"
    assert "no change" in made.actions["undo"].toolTip()


def test_marking_is_one_action_in_menu_context_menu_and_button(qtbot: QtBot, made: Composition) -> None:
    mark, unmark = made.actions["mark"], made.actions["unmark"]
    assert made.forget.grid.actions()[:2] == [mark, unmark]
    assert not mark.isEnabled() and "Forget page" in mark.toolTip()
    images = picture_set()
    made.desk.set_workspace(images, None, images)
    made.window.show_page("forget")
    assert "Select pictures" in mark.toolTip()
    made.desk.selection.replace([3, 4])
    assert mark.text() == "&Mark 2 selected" and made.forget.mark_button.text() == "Mark 2 selected"
    mark.trigger()
    assert np.flatnonzero(made.desk.basket.mask).tolist() == [3, 4]
    assert not mark.isEnabled() and not made.forget.mark_button.isEnabled()
    qtbot.mouseClick(made.forget.unmark_button, Qt.MouseButton.LeftButton)
    assert not made.desk.basket.mask.any()
    assert not made.actions["clear-marks"].isEnabled() and "No picture" in made.actions["clear-marks"].toolTip()


def test_pages_are_reached_by_their_keys(qtbot: QtBot, made: Composition) -> None:
    qtbot.keyClick(made.window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    assert made.window.page is made.verify


def test_why_a_run_cannot_start(made: Composition) -> None:
    assert "Load page" in made.actions["start"].toolTip() and not made.actions["start"].isEnabled()


def test_a_theme_is_remembered_and_ticked(made: Composition) -> None:
    made.actions["theme-dark"].trigger()
    assert SettingsFile().values.appearance.theme == "dark"
    assert made.actions["theme-dark"].isChecked() and not made.actions["theme-auto"].isChecked()
    made.settings.change(lambda now: now.having("appearance", theme="auto"))
    assert made.actions["theme-auto"].isChecked()


def opened(made: Composition, name: str) -> QDialog:
    """The dialog that an action opens."""
    made.actions[name].trigger()
    (dialog,) = made.window.findChildren(QDialog)
    assert dialog.isVisible()
    return dialog


def test_settings_are_changed_at_once(made: Composition) -> None:
    made.settings.change(lambda now: now.having("endpoints", agreed=("https://a:1", "https://b:2")))
    dialog = opened(made, "settings")
    assert isinstance(dialog, SettingsDialog)
    assert set(dialog.inputs) == {
        "appearance.theme",
        "endpoints.agreed",
        "code.agreed",
        "desktop.notify",
        "desktop.awake",
        "queue.at_start",
        "storage.decoded_gb",
    }
    theme, addresses = dialog.inputs["appearance.theme"], dialog.inputs["endpoints.agreed"]
    assert isinstance(theme, Input) and isinstance(addresses, AddressList)
    theme.set_value("light")
    assert SettingsFile().values.appearance.theme == "light"
    addresses.list.setCurrentRow(0)
    addresses.remove_button.click()
    assert SettingsFile().values.endpoints.agreed == ("https://b:2",)
    size = dialog.inputs["storage.decoded_gb"]
    assert isinstance(size, Input)
    size.set_value(0.5)
    assert kept_shelf().limit == 500_000_000


def test_decoded_pictures_are_cleared_in_the_settings(made: Composition) -> None:
    draft = kept_shelf().begin(KeptName(owner_of("/a"), "pictures", "ab" * 32), (3, 1000, 1000), "uint8", 1)
    draft.add(np.zeros((1, 3, 1000, 1000), dtype=np.uint8))
    draft.seal({})
    dialog = opened(made, "settings")
    assert isinstance(dialog, SettingsDialog)
    assert dialog.clear_button.text() == "Clear (3 MB)"
    dialog.clear_button.click()
    assert kept_shelf().size == 0 and not dialog.clear_button.isEnabled()


def test_help_opens_on_the_start_page_beside_the_window(qtbot: QtBot, made: Composition) -> None:
    dialog = opened(made, "documentation")
    assert isinstance(dialog, HelpDialog)
    assert dialog.topics.currentRow() == 0 and "MaGA Desk" in dialog.text.toPlainText()
    dialog.topics.setCurrentRow(2)
    assert Path(dialog.text.source().toLocalFile()) == topics_of(resources_dir() / "docs")[2][1]
    assert not dialog.isModal()
    assert opened(made, "documentation") is dialog, "again brings the same one to the front"
    dialog.close()
    qtbot.waitUntil(lambda: not made.window.findChildren(QDialog))
    assert opened(made, "documentation") is not dialog


@pytest.mark.parametrize("key", [info.key for info in PAGES])
def test_f1_opens_help_at_the_page_at_hand(qtbot: QtBot, made: Composition, key: str) -> None:
    made.window.show_page(key)
    qtbot.keyClick(made.window, Qt.Key.Key_F1)
    (dialog,) = made.window.findChildren(HelpDialog)
    (info,) = (info for info in PAGES if info.key == key)
    name, _, place = info.help.partition("#")
    assert Path(dialog.text.source().toLocalFile()).name == name
    assert dialog.topics.currentItem().text() == "The window, page by page"
    assert any(place_of(line.lstrip("# ")) == place for line in headings(resources_dir() / "docs" / name))


def headings(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]


def test_ctrl_f_searches_the_page_at_hand(qtbot: QtBot, made: Composition) -> None:
    assert "Forget page" in made.actions["find"].toolTip() and not made.actions["find"].isEnabled()
    images = picture_set()
    made.desk.set_workspace(images, None, images)
    made.window.show_page("forget")
    made.forget.search.setText("cat")
    made.forget.grid.setFocus()
    qtbot.keyClick(made.window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert made.forget.search.hasFocus() and made.forget.search.selectedText() == "cat"


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_ctrl_enter_starts(qtbot: QtBot, made: Composition, key: Qt.Key) -> None:
    made.actions["start"].setEnabled(True)
    with qtbot.waitSignal(made.actions["start"].triggered):
        qtbot.keyClick(made.window, key, Qt.KeyboardModifier.ControlModifier)
    assert made.window.page is made.run


def test_next_leads_through_the_pages_and_says_what_is_missing(qtbot: QtBot, made: Composition) -> None:
    bar = made.window.next_bar
    assert bar.button.text() == "Next: Forget" and not bar.button.isEnabled()
    assert bar.reason.text() == "Open a model and its pictures on the Load page."
    images = picture_set()
    made.desk.set_workspace(images, None, images)
    assert bar.button.isEnabled() and bar.reason.text() == ""
    qtbot.mouseClick(bar.button, Qt.MouseButton.LeftButton)
    assert made.window.page is made.forget and bar.button.text() == "Next: Guide"
    assert "Mark what must be forgotten" in bar.reason.text()
    made.window.show_page("guide")
    assert "Mark what must be forgotten" in made.guide.missing.label.text() and bar.reason.text() == "", "said once"
    made.window.show_page("forget")
    made.desk.set_basket(made.desk.basket.add(np.arange(3)))
    qtbot.keyClick(made.window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert made.window.page is made.guide and bar.button.text() == "Next: Run"
    made.window.show_page("export")
    assert not bar.button.isVisible() and bar.reason.text() == ""
    assert "last page" in made.actions["next"].toolTip()
    made.window.show_page("verify")
    assert bar.button.isVisible() and bar.button.text() == "Next: Export" and bar.reason.text() == ""
    assert "Start a run" in made.verify.missing.label.text()


def test_copy_and_select_all_mean_the_widget_in_use(qtbot: QtBot, made: Composition) -> None:
    made.load.form.path.setText("/pictures")
    made.load.form.path.setFocus()
    made.actions["select-all"].trigger()
    made.actions["copy"].trigger()
    assert QApplication.clipboard().text() == "/pictures"
    images = picture_set()
    made.desk.set_workspace(images, None, images)
    made.window.show_page("forget")
    made.forget.grid.setFocus()
    qtbot.keyClick(made.forget.grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(made.desk.selection.positions()) == len(images.train)
    made.forget.classes.setFocus()
    made.forget.classes.setCurrentItem(made.forget.classes.topLevelItem(1))
    qtbot.keyClick(made.forget.classes, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    row = made.forget.classes.topLevelItem(1)
    assert QApplication.clipboard().text() == "\t".join(row.text(column) for column in range(3))


def test_about_names_version_licence_and_places(qtbot: QtBot, made: Composition, home: Path) -> None:
    text = opened(made, "about").text.text()
    for part in ("MaGA Desk 0.1.0", "MIT", "LGPL", str(home), "maga-desk.log"):
        assert part in text
