"""Colours keep their contrast and follow the choice."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from maga_desk.ui import theme
from maga_desk.ui.composition import Composition
from maga_desk.ui.page_table import PAGES
from tests.ui.staging import filled


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["window", "surface", "surface_alt"])
def test_text_keeps_aa_contrast(colours: theme.Colours, ground: str) -> None:
    names = ["text", "text_muted", "accent", "retain", "forget", "positive", "warning", "danger"]
    weak = {n: c for n in names if (c := theme.contrast(getattr(colours, n), getattr(colours, ground))) < 4.5}
    if ground == "surface_alt":  # only body text stands there
        weak = {name: value for name, value in weak.items() if name in ("text", "text_muted")}
    assert weak == {}


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_buttons_and_selections_can_be_read(colours: theme.Colours) -> None:
    assert theme.contrast(colours.accent_text, colours.accent) >= 4.5
    assert theme.contrast(colours.text, colours.selection) >= 4.5


def test_contrast_is_wcags() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_choice_is_followed_and_told(qtbot: QtBot, qapp: Any) -> None:
    told: list[theme.Colours] = []

    class Follower(QObject):
        @Slot()
        def take(self) -> None:
            told.append(theme.colours())

    follower = Follower()
    theme.apply(qapp, "light")
    theme.follow(follower.take)
    theme.apply(qapp, "dark")
    theme.apply(qapp, "dark")
    assert told == [theme.LIGHT, theme.DARK], "once at first, then for each change"
    assert theme.colours() == theme.DARK
    assert qapp.palette().window().color().name() == theme.DARK.window
    theme.apply(qapp, "light")
    assert theme.colours() == theme.LIGHT
    theme.apply(qapp, "auto")
    dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    assert theme.colours() == (theme.DARK if dark else theme.LIGHT)


def test_a_tone_follows_the_theme(qtbot: QtBot, qapp: QApplication) -> None:
    label = QLabel("text")
    qtbot.addWidget(label)
    theme.set_tone(label, "danger")
    try:
        for choice, colours in (("light", theme.LIGHT), ("dark", theme.DARK)):
            theme.apply(qapp, choice)
            label.ensurePolished()
            assert label.palette().text().color().name() == colours.danger
        theme.set_tone(label, "muted")
        assert label.palette().text().color().name() == theme.DARK.text_muted
    finally:
        theme.apply(qapp, "light")


def test_a_window_that_changes_its_theme_looks_as_if_it_had_been_made_in_it(qtbot: QtBot, qapp: QApplication) -> None:
    def pictures(made: Composition) -> dict[str, QImage]:
        taken = {}
        for info in PAGES:
            made.window.show_page(info.key)
            qapp.processEvents()
            taken[info.key] = made.window.grab().toImage()
        return taken

    theme.apply(qapp, "light")
    try:
        changed = filled()
        qtbot.addWidget(changed.window)
        changed.window.show()
        light = pictures(changed)
        theme.apply(qapp, "dark")
        after = pictures(changed)
        fresh = filled()
        qtbot.addWidget(fresh.window)
        fresh.window.show()
        wanted = pictures(fresh)
        assert [key for key in wanted if after[key] != wanted[key]] == []
        assert all(light[key] != after[key] for key in light)
    finally:
        theme.apply(qapp, "light")
