"""Colours keep their contrast and follow the choice."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from maga_desk.ui import theme


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
    with qtbot.waitSignal(theme.notifier().changed):
        theme.apply(qapp, "dark")
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
