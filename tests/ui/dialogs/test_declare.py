"""Declaring a checkpoint retrained: nobody is not enough."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.ui.dialogs.declare import DeclareDialog


def test_a_name_is_needed(qtbot: QtBot) -> None:
    dialog = DeclareDialog("net.pt", ("It has no record of how it was trained.",))
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.reasons.text() == "net.pt: It has no record of how it was trained."
    assert not dialog.declare_button.isEnabled()
    qtbot.keyClicks(dialog.name, "  ")
    assert not dialog.declare_button.isEnabled()
    qtbot.keyClicks(dialog.name, "N. N. ")
    with qtbot.waitSignal(dialog.declared) as caught:
        qtbot.mouseClick(dialog.declare_button, Qt.MouseButton.LeftButton)
    assert caught.args == ["N. N."]
