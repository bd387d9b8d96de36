"""The dialog that asks where a record goes and who signs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from maga_desk.domain.record_folder import MANIFEST, RecordWish
from maga_desk.ui.dialogs.record import RecordDialog


@pytest.fixture
def dialog(qtbot: QtBot, tmp_path: Path) -> RecordDialog:
    dialog = RecordDialog(str(tmp_path / "record"))
    qtbot.addWidget(dialog)
    return dialog


def test_what_is_entered_is_asked_for(qtbot: QtBot, dialog: RecordDialog, tmp_path: Path) -> None:
    dialog.key_file.setText(str(tmp_path / "key.pem"))
    dialog.paper.setCurrentIndex(1)
    dialog.why.setText(" too dear ")
    with qtbot.waitSignal(dialog.chosen) as caught:
        dialog.make_button.click()
    assert caught.args == [RecordWish(str(tmp_path / "record"), str(tmp_path / "key.pem"), "letter", "too dear")]


def test_an_earlier_record_is_replaced_only_where_that_is_said(dialog: RecordDialog, tmp_path: Path) -> None:
    assert not dialog.wish().replace and dialog.note.text() == ""
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / MANIFEST).write_text("{}")
    dialog.folder.setText(str(tmp_path / "old"))
    assert dialog.wish().replace and "it is replaced" in dialog.note.text()


@pytest.mark.parametrize(("folder", "key"), [("", ""), ("record", ""), ("/tmp/record", "key.pem")])
def test_only_whole_paths_will_do(dialog: RecordDialog, folder: str, key: str) -> None:
    dialog.folder.setText(folder)
    dialog.key_file.setText(key)
    assert not dialog.make_button.isEnabled() and "whole paths" in dialog.note.text()


def test_tab_goes_from_top_to_bottom(qtbot: QtBot, dialog: RecordDialog) -> None:
    dialog.show()
    qtbot.waitExposed(dialog)
    order = [dialog.focusWidget()]
    for _ in range(6):
        dialog.focusNextChild()
        order.append(dialog.focusWidget())
    assert order == [
        dialog.folder, dialog.folder_button, dialog.key_file, dialog.key_button, dialog.paper, dialog.why,
        dialog.make_button,
    ]  # fmt: skip
