"""The question before a run is stopped: keeping it is what Return and Escape mean."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.ui.dialogs.stop import StopDialog
from maga_desk.ui.job_view import JOB_KINDS


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Escape])
def test_a_run_is_kept_unless_its_end_is_chosen(qtbot: QtBot, key: Qt.Key) -> None:
    dialog = StopDialog([JOB_KINDS["run"]])
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.keyClick(dialog, key)
    assert not dialog.isVisible() and not dialog.agreed()


def test_stopping_is_agreed_to_with_its_button(qtbot: QtBot) -> None:
    dialog = StopDialog([JOB_KINDS["run"]])
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.mouseClick(dialog.stop_button, Qt.MouseButton.LeftButton)
    assert dialog.agreed()


def test_what_is_stopped_is_named_with_what_is_kept(qtbot: QtBot) -> None:
    dialog = StopDialog([JOB_KINDS["judge"], JOB_KINDS["run"]])
    qtbot.addWidget(dialog)
    assert dialog.text() == "Stop judging the result and the run and close?"
    assert "The figures stay as they were." in dialog.informativeText()
    assert "It can be continued" in dialog.informativeText()
