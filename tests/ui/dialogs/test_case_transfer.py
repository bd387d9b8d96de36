"""The dialogs that ask where a case goes, and which one comes in."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from maga_desk.ui.dialogs.case_transfer import CaseExportDialog, CaseImportDialog


def test_pictures_stay_unless_a_person_says_otherwise(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = CaseExportDialog(str(tmp_path / "a.case"))
    qtbot.addWidget(dialog)
    with qtbot.waitSignal(dialog.chosen) as caught:
        dialog.ok_button.click()
    assert caught.args == [str(tmp_path / "a.case"), False, False]


def test_what_is_there_is_said_before_it_is_replaced(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "a.case").write_text("x")
    dialog = CaseExportDialog(str(tmp_path / "a.case"))
    qtbot.addWidget(dialog)
    assert "it is replaced" in dialog.note.text()
    dialog.pictures.setChecked(True)
    with qtbot.waitSignal(dialog.chosen) as caught:
        dialog.ok_button.click()
    assert caught.args == [str(tmp_path / "a.case"), True, True]


@pytest.mark.parametrize(("text", "note"), [("", "whole path"), ("a.case", "whole path"), ("/tmp/a.zip", "ends in")])
def test_only_whole_paths_of_cases_will_do(qtbot: QtBot, text: str, note: str) -> None:
    dialog = CaseExportDialog(text)
    qtbot.addWidget(dialog)
    assert note in dialog.note.text() and not dialog.ok_button.isEnabled()


def test_where_pictures_lie_is_asked(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = CaseImportDialog()
    qtbot.addWidget(dialog)
    assert not dialog.ok_button.isEnabled(), "no file was looked at"
    dialog.path.setText(str(tmp_path / "a.case"))
    with qtbot.waitSignal(dialog.looked_for):
        dialog.path.editingFinished.emit()
    dialog.show_places(["/old"])
    assert "/old" in dialog.places.text() and dialog.ok_button.isEnabled()
    dialog.data.setText(str(tmp_path / "nothing"))
    assert not dialog.ok_button.isEnabled()
    dialog.data.setText(str(tmp_path))
    with qtbot.waitSignal(dialog.chosen) as caught:
        dialog.ok_button.click()
    assert caught.args == [str(tmp_path / "a.case"), str(tmp_path)]


def test_a_file_that_is_no_case_cannot_be_imported(qtbot: QtBot) -> None:
    dialog = CaseImportDialog()
    qtbot.addWidget(dialog)
    dialog.show_fault("/x.case: was cut or edited")
    assert not dialog.ok_button.isEnabled() and "cut" in dialog.fault.text()
    dialog.show_places([])
    assert dialog.ok_button.isEnabled() and not dialog.fault.text() and not dialog.data.isEnabled()
    dialog.show_places(["/a", "/b"])
    assert not dialog.data.isEnabled() and "2 places" in dialog.places.text()
