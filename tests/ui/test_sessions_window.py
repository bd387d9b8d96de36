"""Recent sessions: told apart, named by a person, and opened where they were left."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain.marking import PASTED, How
from maga_desk.domain.sessions import SessionInfo
from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui.composition import Composition
from maga_desk.ui.dialogs.name import NameDialog
from maga_desk.ui.widgets.load.session_list import told_apart
from tests.ui.driving import PATIENCE, Windows, mark_class, open_tiny


def info(
    number: int, title: str, name: str = "", when: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
) -> SessionInfo:
    return SessionInfo(
        id=number, title=title, name=name, created=when, updated=when, data="", checkpoint=None, forget="", method="",
        train_pictures=None, test_pictures=None, runs=0, last_status=None,
    )  # fmt: skip


def test_sessions_of_one_name_are_told_apart() -> None:
    cat = info(1, "forget cat in pets")
    later = replace(cat, id=2, updated=datetime(2026, 3, 1, 12, 5, tzinfo=UTC))
    at_once = replace(later, id=3)
    lines = told_apart(
        [cat, later, at_once, info(4, "forget dog in pets", "4711"), info(5, "forget cow in pets", "4711")]
    )
    assert len(set(lines)) == 5
    assert lines[1].endswith(", session 2") and lines[2].endswith(", session 3") and "session" not in lines[0]
    assert "forget dog in pets" in lines[3] and "forget cow in pets" in lines[4]


def reopen(qtbot: QtBot, made: Composition) -> None:
    """Take the first of the menu of recent sessions."""
    made.window.recent_menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: made.desk.workspace is not None, timeout=PATIENCE)


@pytest.mark.parametrize("page", ["guide", "run"])
def test_a_session_opens_on_the_page_where_it_was_left(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, page: str
) -> None:
    first = windows.make()
    open_tiny(qtbot, first, tiny_spec)
    mark_class(qtbot, first, "ring")
    first.window.show_page(page)
    windows.close(first)
    second = windows.make()
    second.window.show_page("export")
    reopen(qtbot, second)
    assert second.window.page is second.pages[page] and second.desk.forget is not None


def test_who_goes_elsewhere_while_a_session_opens_stays_there(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec
) -> None:
    first = windows.make()
    open_tiny(qtbot, first, tiny_spec)
    mark_class(qtbot, first, "ring")
    windows.close(first)
    second = windows.make()
    second.window.recent_menu.actions()[0].trigger()
    assert second.window.page is second.load, "which tells how opening goes"
    second.window.show_page("export")
    qtbot.waitUntil(lambda: second.desk.workspace is not None, timeout=PATIENCE)
    assert second.window.page is second.export


def test_a_session_is_renamed_and_keeps_its_name(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    assert "No session" in made.actions["rename-session"].toolTip()
    open_tiny(qtbot, made, tiny_spec)
    made.actions["rename-session"].trigger()
    dialog = made.window.findChild(NameDialog)
    assert dialog is not None and dialog.line.placeholderText() == made.desk.session_title
    qtbot.keyClicks(dialog.line, "4711 & 4712")
    qtbot.keyClick(dialog.line, Qt.Key.Key_Return)
    assert made.window.windowTitle() == "4711 & 4712 – MaGA Desk"
    mark_class(qtbot, made, "ring")
    made.sessions.save()
    assert made.desk.session_title == "4711 & 4712", "marks change what it is about, not its name"
    made.sessions.begin_new()
    text, about = made.window.recent_menu.actions()[0].text().split("\t")
    assert text == "4711 && 4712" and "forget ring in" in about
    made.load.sessions.list.setCurrentRow(0)
    qtbot.mouseClick(made.load.sessions.rename_button, Qt.MouseButton.LeftButton)
    dialog = made.window.findChildren(NameDialog)[-1]
    assert dialog.line.text() == "4711 & 4712"
    dialog.line.clear()
    qtbot.keyClick(dialog.line, Qt.Key.Key_Return)
    assert made.load.sessions.list.item(0).text().startswith("forget ring in")


def test_the_history_of_the_marks_comes_back_with_its_session(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec
) -> None:
    first = windows.make()
    open_tiny(qtbot, first, tiny_spec)
    mark_class(qtbot, first, "ring")
    first.forget.step_wanted.emit("remove", np.arange(200, 240), How("query", "number:200..239"))
    first.desk.set_basket(first.desk.basket.add([3, 4], ["gone.png"], by=How("list", PASTED, wanted=3)))
    told = [step.sentence() for step in first.desk.basket.history]
    marked = np.flatnonzero(first.desk.basket.mask).tolist()
    windows.close(first)
    second = windows.make()
    reopen(qtbot, second)
    basket = second.desk.basket
    assert [step.sentence() for step in basket.history] == told and len(told) >= 2
    assert np.flatnonzero(basket.mask).tolist() == marked and basket.not_found == ("gone.png",)
    rows = [second.forget.history.model.index(row).data() for row in range(second.forget.history.model.rowCount())]
    assert rows == ["Nothing marked", *told]
    second.forget.history.list.clicked.emit(second.forget.history.model.index(1))
    assert np.flatnonzero(second.desk.basket.mask).tolist() == np.flatnonzero(basket.at(1).mask).tolist()
    assert second.desk.basket.not_found == () and second.desk.basket.can_redo
    second.actions["clear-marks"].trigger()
    windows.close(second)
    third = windows.make()
    reopen(qtbot, third)
    assert [step.sentence() for step in third.desk.basket.history][-1].startswith("Cleared all")
    assert not third.desk.basket.mask.any() and third.desk.basket.can_undo, "an empty basket has a past, too"


def test_erasing_a_session_leaves_nothing_that_was_asked_in_it(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    made.window.show_page("forget")
    made.forget.search.setText("name:000")
    qtbot.keyClick(made.forget.search, Qt.Key.Key_Return)

    def offered() -> list[str]:
        return [action.text() for action in made.forget.queries.fill().actions()]

    assert "name:000" in offered()
    assert made.desk.session_id is not None
    made.load.session_deleted.emit(made.desk.session_id)
    assert "name:000" not in offered() and made.forget.search.text() == ""
