"""Values beside the query: counted as the query changes, asked for and left out by clicks and keys."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

from maga_desk.domain.finding import facets
from maga_desk.domain.marking import BY_HAND
from maga_desk.ui.controllers.forget import ForgetController
from maga_desk.ui.desk import Desk
from maga_desk.ui.pages.forget import ForgetPage
from tests.ui.pages.test_forget import images_of, jobs_of


@pytest.fixture
def page(qtbot: QtBot) -> ForgetPage:
    page, desk, images = ForgetPage(), Desk(), images_of()
    qtbot.addWidget(page)
    page.resize(1130, 760)
    page.show_missing([])
    columns = {"subject": tuple(str(4700 + i % 20) for i in range(48)), "age": np.arange(48) / 8}
    images = replace(images, train=replace(images.train, columns=columns))
    ForgetController(page, desk, jobs_of(page))
    desk.set_workspace(object(), None, images)
    page.show()
    qtbot.waitExposed(page)
    qtbot.mouseClick(page.content.narrowing.buttons[1], Qt.MouseButton.LeftButton)
    return page


def column(page: ForgetPage, name: str) -> QTreeWidgetItem:
    found = page.facets.findItems(name, Qt.MatchFlag.MatchExactly)
    assert len(found) == 1
    found[0].setExpanded(True)
    return found[0]


def rows(page: ForgetPage, name: str) -> list[tuple[str, str]]:
    item = column(page, name)
    return [(item.child(i).text(0), item.child(i).text(1)) for i in range(item.childCount())]


def click(
    qtbot: QtBot, page: ForgetPage, name: str, row: int, key: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    item = column(page, name).child(row)
    page.facets.scrollToItem(item)
    place = page.facets.visualItemRect(item).center()
    qtbot.mouseClick(page.facets.viewport(), Qt.MouseButton.LeftButton, key, place)


def test_what_can_be_asked_for_is_listed_with_counts_that_follow(page: ForgetPage) -> None:
    names = [page.facets.topLevelItem(i).text(0) for i in range(page.facets.topLevelItemCount())]
    assert names[:4] == ["class", "split", "subject", "age"] and {"pred", "loss", "dup", "in"} <= set(names)
    assert not {"name", "number", "kind"} & set(names)
    assert rows(page, "class") == [("cat", "12"), ("dog", "12"), ("jug", "12"), ("mug", "12")]
    page.search.setText("number:0..17")
    assert rows(page, "class") == [("cat", "12"), ("dog", "6")]
    page.search.setText("number:99")
    assert rows(page, "class") == [("nothing is found", "")]


def test_a_click_asks_for_a_value_and_another_one_no_longer(qtbot: QtBot, page: ForgetPage) -> None:
    click(qtbot, page, "class", 1)
    assert page.search.text() == "class:dog" and page.model.rowCount() == 12
    assert ("\u2713 dog", "12") in rows(page, "class") and ("cat", "12") in rows(page, "class"), "an alternative"
    click(qtbot, page, "class", 0)
    assert page.search.text() == "class:dog,cat" and page.model.rowCount() == 24
    click(qtbot, page, "class", 1)
    assert page.search.text() == "class:cat"
    click(qtbot, page, "class", 2, Qt.KeyboardModifier.ControlModifier)
    assert page.search.text() == "class:cat -class:jug"
    page.facets.setCurrentItem(column(page, "class").child(0))
    qtbot.keyClick(page.facets, Qt.Key.Key_Minus)
    assert page.search.text() == "-class:jug,cat" and page.model.rowCount() == 24
    qtbot.keyClick(page.facets, Qt.Key.Key_Minus)
    assert page.search.text() == "-class:jug" and ("\u2212 jug", "12") in rows(page, "class")


def test_many_values_come_by_and_by_and_numbers_as_ranges(qtbot: QtBot, page: ForgetPage) -> None:
    assert rows(page, "subject")[-1] == ("12 more\u2026", "")
    click(qtbot, page, "subject", 8)
    assert len(rows(page, "subject")) == 20
    ranges = rows(page, "age")
    assert sum(int(count) for _, count in ranges) == 48 and 2 < len(ranges) <= 6
    click(qtbot, page, "age", 0)
    assert page.model.rowCount() == int(ranges[0][1]) and page.search.text().startswith("age:0..")


def test_what_is_marked_counts_as_it_changes(page: ForgetPage) -> None:
    assert rows(page, "in") == [("retain", "48")]
    page.step_wanted.emit("add", np.arange(5), BY_HAND)
    assert rows(page, "in") == [("retain", "43"), ("forget", "5")]


def test_nothing_is_counted_while_nobody_sees_it(
    qtbot: QtBot, page: ForgetPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = []
    real = facets.facet_of
    monkeypatch.setattr(
        "maga_desk.ui.controllers.facets.facet_of", lambda *args: counted.append(args[0]) or real(*args)
    )
    column(page, "class")
    qtbot.mouseClick(page.content.narrowing.buttons[0], Qt.MouseButton.LeftButton)
    counted.clear()
    page.search.setText("number:0..17")
    assert not counted
    qtbot.mouseClick(page.content.narrowing.buttons[1], Qt.MouseButton.LeftButton)
    assert counted == ["class"]
    item = column(page, "class").child(0)
    page.facets.menu_of(item).actions()[1].trigger()
    assert page.search.text() == "number:0..17 -class:cat"
