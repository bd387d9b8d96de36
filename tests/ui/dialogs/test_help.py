"""The documentation inside the program: links lead to pages and to headings."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from pytestqt.qtbot import QtBot

from maga_desk.ui.dialogs.help import HelpDialog, place_of

_LONG = "\n\n".join(f"Line {number}." for number in range(200))


@pytest.fixture
def dialog(qtbot: QtBot, tmp_path: Path) -> HelpDialog:
    (tmp_path / "index.md").write_text(
        "# Start\n\n[Far down](#the-end) [Other](other.md)\n\n[Its `end`](other.md#an-endtxt)\n\n"
    )
    with (tmp_path / "index.md").open("a") as start:
        start.write(f"{_LONG}\n\n## The end\n\n{_LONG}\n")
    (tmp_path / "other.md").write_text(f"# Other\n\n{_LONG}\n\n### An `end.txt`\n\n{_LONG}\n")
    made = HelpDialog(tmp_path)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def click(qtbot: QtBot, dialog: HelpDialog, words: str) -> None:
    cursor = dialog.text.document().find(words)
    cursor.setPosition(cursor.selectionStart() + 2)
    place = dialog.text.cursorRect(cursor).center()
    qtbot.mouseClick(dialog.text.viewport(), Qt.MouseButton.LeftButton, pos=place)


def first_line(dialog: HelpDialog) -> str:
    cursor = dialog.text.cursorForPosition(dialog.text.viewport().rect().topLeft())
    cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
    return cursor.selectedText().strip()


def test_a_link_leads_to_a_heading_of_the_same_page(qtbot: QtBot, dialog: HelpDialog) -> None:
    click(qtbot, dialog, "Far down")
    assert first_line(dialog) == "The end"
    assert dialog.topics.currentRow() == 0


def test_a_link_leads_to_another_page_and_to_a_heading_of_it(qtbot: QtBot, dialog: HelpDialog) -> None:
    click(qtbot, dialog, "end")
    assert first_line(dialog) == "An end.txt"
    assert dialog.topics.currentItem().text() == "Other"


def test_a_heading_is_called_as_on_github() -> None:
    assert place_of("Provenance of a model, asked: `a_b.json`") == "provenance-of-a-model-asked-a_bjson"
