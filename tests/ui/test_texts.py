"""Names of classes, files and models are shown as they are, whatever they look like."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from maga_desk.ui.dialogs.replace import ReplaceDialog
from maga_desk.ui.tips import tip
from maga_desk.ui.widgets.basic.labels import TextLabel
from tests.ui.staging import dialogs, filled

OUTSIDE = "<font size=7>cat</font><img src='file:///etc/hostname'>"


def guessing(root: QWidget) -> list[str]:
    """Labels that let Qt guess whether their text is markup; captions of fields, which are ours, and menus apart."""
    return [
        label.text()[:40]
        for label in root.findChildren(QLabel)
        if label.textFormat() == Qt.TextFormat.AutoText and label.buddy() is None and label.window() is root.window()
    ]


def test_no_label_of_the_window_guesses(qtbot: QtBot) -> None:
    made = filled()
    qtbot.addWidget(made.window)
    assert len(made.window.findChildren(QLabel)) > 50, "the walk sees the labels"
    assert guessing(made.window) == []


def test_no_label_of_a_dialog_guesses(qtbot: QtBot) -> None:
    for name, dialog in dialogs().items():
        qtbot.addWidget(dialog)
        assert guessing(dialog) == [], name


def test_a_name_that_looks_like_markup_stays_a_name(qtbot: QtBot) -> None:
    label = TextLabel(OUTSIDE)
    qtbot.addWidget(label)
    plain = QLabel("x" * len(OUTSIDE))
    qtbot.addWidget(plain)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.sizeHint().height() == plain.sizeHint().height(), "one line of the usual size"
    assert tip("cat") == "cat" and "&lt;font" in tip(OUTSIDE)


def test_a_message_box_shows_names_as_they_are(qtbot: QtBot, tmp_path: Path) -> None:
    box = ReplaceDialog([tmp_path / "<b>net.pt"])
    qtbot.addWidget(box)
    assert isinstance(box, QMessageBox) and guessing(box) == []
