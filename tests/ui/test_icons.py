"""Icons come after the first paint, exist in the font, and follow the theme."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QAction, QColor, QIcon
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton
from pytestqt.qtbot import QtBot

from maga_desk.ui import icons, theme
from maga_desk.ui.actions import ACTIONS
from maga_desk.ui.page_table import PAGES
from tests.ui.staging import filled


@pytest.fixture
def brought_in(qapp: QApplication) -> Iterator[None]:
    icons.bring_in()
    yield
    theme.apply(qapp, "light")


def colours_of(icon: QIcon, mode: QIcon.Mode = QIcon.Mode.Normal) -> set[str]:
    """The colours of an icon's opaque points."""
    image = icon.pixmap(64, mode).toImage()
    points = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {point.name() for point in points if point.alpha() == 255}


def test_every_action_and_page_has_an_icon_but_ticks(brought_in: None) -> None:
    assert [info.name for info in ACTIONS if not info.icon] == [info.name for info in ACTIONS if info.group]
    for name in {info.icon for info in (*ACTIONS, *PAGES)} - {""}:
        assert colours_of(icons.icon(name, "#ff0000")) == {"#ff0000"}, name


def test_every_icon_that_is_asked_for_is_in_the_font(qtbot: QtBot, brought_in: None) -> None:
    made = filled()
    qtbot.addWidget(made.window)
    worn = [*made.window.findChildren(QAbstractButton), *made.actions.findChildren(QAction)]
    named = [target for target in worn if icons.name_of(target)]
    assert len(named) > 30
    for target in named:
        assert colours_of(target.icon()), icons.name_of(target)
    made.close()


@pytest.mark.parametrize("kind", ["", "primary"])
def test_an_icon_has_the_colours_of_the_text_beside_it(
    qtbot: QtBot, qapp: QApplication, brought_in: None, kind: str
) -> None:
    button = QPushButton("Start")
    qtbot.addWidget(button)
    button.setObjectName(kind)
    icons.put(button, "play")
    for tone, c in (("dark", theme.DARK), ("light", theme.LIGHT)):
        theme.apply(qapp, tone)
        assert colours_of(button.icon()) == {c.accent_text if kind else c.text}
        assert colours_of(button.icon(), QIcon.Mode.Disabled) == {QColor(c.disabled).name()}


def test_another_icon_takes_the_place_of_the_first(qtbot: QtBot, brought_in: None) -> None:
    button = QPushButton("Pause")
    qtbot.addWidget(button)
    icons.put(button, "pause")
    before = button.icon().cacheKey()
    icons.put(button, "play")
    assert icons.name_of(button) == "play" and button.icon().cacheKey() != before


def test_icons_are_drawn_anew_for_fine_screens(brought_in: None) -> None:
    icon = icons.icon("play", "#000000")
    coarse, fine = (icon.pixmap(QSize(16, 16), ratio).toImage() for ratio in (1.0, 2.0))
    assert (fine.width(), fine.devicePixelRatio()) == (32, 2.0)
    assert fine != coarse.scaled(32, 32)
