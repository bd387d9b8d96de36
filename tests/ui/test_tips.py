"""Texts of others in tips, on buttons and in menus are texts."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from maga_desk.ui.dialogs.index_base import IndexBaseDialog
from maga_desk.ui.tips import tip, unmarked


def test_names_are_neither_markup_nor_keys(qtbot: QtBot) -> None:
    assert "<b>" not in tip("<b>x</b>") and tip("plain") == "plain"
    assert unmarked("R&D") == "R&&D"
    dialog = IndexBaseDialog("list.txt", ("a&b.jpg", "c&d.jpg"))
    qtbot.addWidget(dialog)
    for button, name in ((dialog.zero, "a&b.jpg"), (dialog.one, "c&d.jpg")):
        assert button.shortcut().isEmpty() and button.text().replace("&&", "&").endswith(name)
