"""Queries that are saved under names, and those that were asked last."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from maga_desk.cli import main
from maga_desk.domain.settings import SettingsFile
from maga_desk.ui.controllers.forget import ForgetController
from maga_desk.ui.controllers.queries import QueryController
from maga_desk.ui.desk import Desk
from maga_desk.ui.dialogs.name import NameDialog
from maga_desk.ui.pages.forget import ForgetPage
from tests.ui.pages.test_forget import images_of, jobs_of


@pytest.fixture
def page(qtbot: QtBot) -> ForgetPage:
    page, desk = ForgetPage(), Desk()
    qtbot.addWidget(page)
    page.show_missing([])
    ForgetController(page, desk, jobs_of(page))
    QueryController(page, SettingsFile())
    desk.set_workspace(object(), None, images_of())
    page.show()
    qtbot.waitExposed(page)
    return page


def titles(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def choose(menu: QMenu, title: str) -> None:
    next(action for action in menu.actions() if action.text() == title).trigger()


def answer(page: ForgetPage, name: str) -> None:
    dialog = page.findChild(NameDialog)
    assert dialog is not None
    dialog.line.setText(name)
    dialog.buttons.accepted.emit()
    dialog.setParent(None)


def test_a_query_is_saved_used_renamed_and_deleted_and_outlives_the_window(qtbot: QtBot, page: ForgetPage) -> None:
    assert titles(page.queries.fill()) == ["Save this query\u2026"] and not page.queries.fill().actions()[1].isEnabled()
    page.search.setText("class:cat number:0..5")
    choose(page.queries.fill(), "Save this query\u2026")
    answer(page, "R & D cats")
    page.search.setText("class:dog")
    choose(page.queries.fill(), "R && D cats: class:cat number:0..5")
    assert page.search.text() == "class:cat number:0..5" and page.model.rowCount() == 6
    saved = SettingsFile().values.finding
    assert saved.query("r & d CATS") == "class:cat number:0..5"
    page.queries.fill()
    rename = next(menu for menu in page.queries.findChildren(QMenu) if menu.title() == "Rename")
    choose(rename, "R && D cats")
    answer(page, "Cats")
    assert [each.name for each in SettingsFile().values.finding.saved] == ["Cats"]
    page.queries.fill()
    choose(next(menu for menu in page.queries.findChildren(QMenu) if menu.title() == "Delete"), "Cats")
    assert SettingsFile().values.finding.saved == ()


def test_what_was_asked_last_is_offered_but_stands_in_no_file(qtbot: QtBot, page: ForgetPage) -> None:
    for text in ("class:cat", "class:", "subject:4711", "class:dog", "class:cat"):
        page.search.setText(text)
        qtbot.keyClick(page.search, Qt.Key.Key_Return)
    assert [title for title in titles(page.queries.fill()) if "class" in title] == ["class:cat", "class:dog"]
    choose(page.queries.fill(), "class:dog")
    assert page.model.rowCount() == 12
    path = SettingsFile().path
    assert not path.exists() or "class:dog" not in path.read_text()


def test_a_saved_query_is_known_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = SettingsFile()
    settings.change(lambda now: now.saving_query("Cats", "class:cat"))
    (tmp_path / "spec.toml").write_text("")
    assert main(["select", str(tmp_path / "spec.toml"), "--saved", "dogs"]) == 2
    assert "no query is saved as 'dogs'; there are Cats" in capsys.readouterr().err
    assert main(["select", str(tmp_path / "spec.toml"), "--saved", "cats", "--query", "x"]) == 2
    assert "--query or --saved" in capsys.readouterr().err
