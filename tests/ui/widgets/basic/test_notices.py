"""What the window tells stands in one place, moves nothing, and goes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from maga_desk.domain.settings import SettingsFile
from maga_desk.ui.composition import Composition
from maga_desk.ui.widgets.basic.notices import reading_time

LONG = "The checkpoint could not be opened: " + "it holds another number of classes than the pictures have. " * 5


@pytest.fixture
def made(qtbot: QtBot) -> Iterator[Composition]:
    composition = Composition(None, SettingsFile())
    qtbot.addWidget(composition.window)
    composition.window.show()
    composition.window.activateWindow()
    qtbot.waitExposed(composition.window)
    yield composition
    composition.close()


def places(root: QWidget) -> dict[QWidget, QPoint]:
    return {each: each.mapToGlobal(QPoint()) for each in root.findChildren(QAbstractButton) if each.isVisible()}


@pytest.mark.parametrize("size", [(960, 520), (1280, 800)])
def test_a_notice_moves_nothing_and_lies_over_no_button(made: Composition, size: tuple[int, int]) -> None:
    made.window.resize(*size)
    before = places(made.window.page)
    made.window.notify("Saved spec.toml")
    notices = made.window.notices
    assert notices.isVisible() and places(made.window.page) == before
    foot = made.window.next_bar
    assert foot.rect().contains(notices.geometry().translated(-foot.mapTo(notices.parentWidget(), QPoint())))
    assert not notices.geometry().intersects(foot.button.geometry().translated(foot.pos()))


def test_a_long_text_is_shown_whole(made: Composition) -> None:
    made.window.resize(960, 520)
    made.window.notify(LONG, "error")
    notices = made.window.notices
    assert notices.height() >= notices.heightForWidth(notices.width())


def test_information_leaves_by_itself_and_an_error_stays(qtbot: QtBot, made: Composition) -> None:
    notices = made.window.notices
    made.window.notify("Saved spec.toml")
    assert notices._timer.isActive() and notices._timer.interval() == reading_time("Saved spec.toml")
    qtbot.waitUntil(made.window.isActiveWindow)
    notices._timer.setInterval(1)
    notices._timer.start()
    qtbot.waitUntil(lambda: not notices.isVisible())
    made.window.notify("The disk is full.", "error")
    assert not notices._timer.isActive()
    qtbot.mouseClick(notices.findChildren(QToolButton)[0], Qt.MouseButton.LeftButton)
    assert not notices.isVisible()


def test_a_notice_stands_on_the_page_where_it_was_told(made: Composition) -> None:
    notices = made.window.notices
    made.window.show_page("guide")
    made.window.notify("The endpoint has no address.", "error")
    made.window.show_page("run")
    assert not notices.isVisible()
    made.window.notify("Nothing was sent.")
    made.window.show_page("guide")
    assert notices.text() == "The endpoint has no address."
    made.window.show_page("run")
    assert not notices.isVisible(), "information does not wait"


def test_what_is_resolved_goes_and_nothing_follows_into_another_session(made: Composition) -> None:
    notices = made.window.notices
    made.load.show_error("There is no such file.")
    made.window.notify("The session is not up to date.", "warning")
    made.load.show_error(None)
    assert notices.text() == "The session is not up to date."
    made.desk.set_session(7, "another")
    assert not notices.isVisible()
