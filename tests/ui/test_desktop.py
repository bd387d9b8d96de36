from __future__ import annotations

import logging

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from maga_desk.ui.desktop import DesktopNotes


def test_a_desktop_without_a_tray_is_told_nothing_and_the_log_says_so(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    caplog.set_level(logging.INFO, "maga_desk")
    assert not DesktopNotes(window).tell("MaGA Desk", "The run is finished.")
    assert "not told: The run is finished." in caplog.text
