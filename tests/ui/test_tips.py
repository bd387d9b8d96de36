"""Texts of others in tips, on buttons and in menus are texts."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from maga_desk.domain.lists.preview import ListPreview
from maga_desk.domain.lists.reading import ListReading
from maga_desk.ui.dialogs.list_preview import ListDialog
from maga_desk.ui.tips import tip, unmarked
from tests.ui.controllers.conftest import picture_set


def test_names_are_neither_markup_nor_keys(qtbot: QtBot) -> None:
    assert "<b>" not in tip("<b>x</b>") and tip("plain") == "plain"
    assert unmarked("R&D") == "R&&D"
    dialog = ListDialog(picture_set())
    qtbot.addWidget(dialog)
    dialog.show_preview(ListPreview(ListReading("numbers", bases=("a&b.jpg", "c&d.jpg"), unsaid="base")))
    for button, name in ((dialog.zero, "a&b.jpg"), (dialog.one, "c&d.jpg")):
        assert button.shortcut().isEmpty() and button.text().replace("&&", "&").endswith(name)
