"""The keyboard's way through the window."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from maga_desk.ui import theme
from maga_desk.ui.composition import Composition
from maga_desk.ui.page_table import PAGES
from tests.ui.staging import filled


@pytest.fixture(scope="module")
def made(qapp: QApplication) -> Iterator[Composition]:
    theme.apply(qapp, "light")
    made = filled()
    made.window.resize(1280, 800)
    made.window.show()
    made.window.activateWindow()
    yield made
    made.close()
    made.window.close()
    made.window.deleteLater()
    made.deleteLater()
    theme.apply(qapp, "light")


def walk(qtbot: QtBot, made: Composition, key: Qt.Key = Qt.Key.Key_Tab) -> list[QWidget]:
    """Each stop of a key, from the rail once around."""
    made.window.rail.buttons[
        PAGES.index(next(info for info in PAGES if made.pages[info.key] is made.window.page))
    ].setFocus()
    first = QApplication.focusWidget()
    seen: list[QWidget] = []
    while (here := QApplication.focusWidget()) is not None and here not in seen:
        seen.append(here)
        qtbot.keyClick(here, key)
    assert seen and here is first, "Tab comes round to where it began"
    return seen


def place(widget: QWidget) -> QRect:
    return QRect(widget.mapTo(widget.window(), QPoint()), widget.size())


def before(one: QRect, other: QRect) -> bool:
    """Whether one stands above the other in a column, or left of it in a row."""
    columns = one.left() < other.right() and other.left() < one.right()
    rows = one.center().y() < other.bottom() and one.center().y() > other.top()
    return (columns and one.bottom() <= other.top()) or (rows and one.right() <= other.left())


@pytest.mark.parametrize("key", [info.key for info in PAGES])
def test_tab_follows_the_reading_order_and_is_seen(qtbot: QtBot, made: Composition, key: str) -> None:
    made.window.show_page(key)
    qtbot.waitUntil(made.window.isActiveWindow)
    stops = walk(qtbot, made)
    assert all(stop.isVisible() and stop.isEnabled() for stop in stops)
    inside = [stop for stop in stops if made.window.page.isAncestorOf(stop)]
    back = [(one, two) for one, two in pairwise(inside) if before(place(two), place(one))]
    assert back == []
    assert walk(qtbot, made, Qt.Key.Key_Backtab)[1:] == stops[:0:-1], "and back the same way"


@pytest.mark.parametrize("tone", ["light", "dark"])
def test_every_stop_looks_other_while_it_has_the_focus(
    qtbot: QtBot, made: Composition, qapp: QApplication, tone: str
) -> None:
    theme.apply(qapp, tone)

    def look(stop: QWidget) -> QImage:
        QApplication.processEvents()
        return made.window.grab(place(stop).adjusted(-3, -3, 3, 3)).toImage()

    blind = []
    qtbot.waitUntil(made.window.isActiveWindow)
    for info in PAGES:
        made.window.show_page(info.key)
        for stop in walk(qtbot, made):
            for area in made.window.page.findChildren(QScrollArea):
                if area.isAncestorOf(stop):
                    area.ensureWidgetVisible(stop)
            stop.setFocus(Qt.FocusReason.TabFocusReason)
            focused = look(stop)
            stop.clearFocus()
            if look(stop) == focused:
                blind.append(f"{info.key}: {type(stop).__name__} {stop.accessibleName()}")
    assert not blind, "\n".join(blind)


def test_the_focus_waits_for_a_button_that_is_disabled_by_being_pressed(qtbot: QtBot, made: Composition) -> None:
    made.window.show_page("load")
    button = made.load.open_button
    made.load.form.path.setText("/pictures")
    made.load.form.checkpoint.setText("/net.safetensors")
    button.setFocus()
    assert button.hasFocus()
    button.setEnabled(False)
    assert QApplication.focusWidget() is None, "it does not jump to the sessions"
    button.setEnabled(True)
    assert button.hasFocus()
    button.setEnabled(False)
    qtbot.keyClick(made.window, Qt.Key.Key_Tab)
    stop = QApplication.focusWidget()
    assert stop is made.window.next_bar.button, "Tab goes on from there"
    button.setEnabled(True)
    assert stop.hasFocus(), "and what a person chose is left alone"


def test_a_hidden_button_gives_its_place_to_tab(qtbot: QtBot, made: Composition) -> None:
    made.window.show_page("run")
    made.run.start_button.setEnabled(True)
    made.run.start_button.setFocus()
    made.run.start_button.hide()
    assert QApplication.focusWidget() is None
    qtbot.keyClick(made.window, Qt.Key.Key_Tab)
    stop = QApplication.focusWidget()
    assert stop is not None and made.run.isAncestorOf(stop) and stop is not made.run.method
    made.run.start_button.show()
