"""Copies are decided over one by one or all at once, and nothing counts before it is applied."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.domain.copies import Copies, NearCopies
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.specs.forget import CopyDecision
from maga_desk.ui.dialogs.copies import MARKED, NO_COPY, STAYS, CopiesDialog

CLASSES = ("cat", "dog")


def images_of() -> ImageSet:
    """Train 0 and 4 are the same; the rest differ."""
    pixels = np.random.default_rng(0).integers(0, 256, (10, 3, 16, 16), dtype=np.uint8)
    pixels[4] = pixels[0]
    labels = np.arange(8) % 2
    train = PictureIndex(InMemory(pixels[:8]), labels, labels, tuple(f"train/{i}.png" for i in range(8)))
    two = np.zeros(2, dtype=np.int64)
    test = PictureIndex(InMemory(pixels[8:]), two, two, ("test/0.png", "test/1.png"), "test")
    return ImageSet(train, test, CLASSES, CLASSES)


@pytest.fixture
def dialog(qtbot: QtBot) -> CopiesDialog:
    """0 goes: 4 is the same, 1 is cut, 2 is mirrored, and test 0 is like it."""
    first, second = np.array([0, 0, 0]), np.array([1, 2, 8])
    near = NearCopies(first, second, np.array([97.0, 93.0, 91.0]), np.array([2, 1, 0]))
    word = CopyDecision(picture="train/2.png", copy_of="train/0.png", reason="kept")
    left = Copies(images_of(), near).left_by([0], [word])
    dialog = CopiesDialog(images_of(), left.pairs, looked=True)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def texts(dialog: CopiesDialog) -> list[tuple[str, str, str]]:
    items = [dialog.list.topLevelItem(row) for row in range(dialog.list.topLevelItemCount())]
    return [(item.text(0), item.text(2), item.text(3)) for item in items if item is not None]


def test_every_pair_is_there_with_how_alike_it_is_and_what_was_decided(dialog: CopiesDialog) -> None:
    assert texts(dialog) == [
        ("train/4.png", "same", ""),
        ("train/1.png", "97.0 %", ""),
        ("train/2.png", "93.0 %", "stays"),
        ("test/0.png", "91.0 %", "test picture"),
    ]
    assert not dialog.gone.pixmap().isNull() and not dialog.other.pixmap().isNull()
    assert dialog.alike.text() == "The very same pixels" and not dialog.no_copy_button.isEnabled()
    assert not dialog.apply_button.isEnabled()


def test_all_that_are_undecided_go_at_once(qtbot: QtBot, dialog: CopiesDialog) -> None:
    qtbot.mouseClick(dialog.all_button, Qt.MouseButton.LeftButton)
    assert dialog.mark_button.text() == "Mark 2 too"
    qtbot.mouseClick(dialog.mark_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(dialog.decided) as told:
        qtbot.mouseClick(dialog.apply_button, Qt.MouseButton.LeftButton)
    assert told.args == [[], [4, 1], []]


def test_buttons_count_what_can_be_done_and_nothing_stays_without_a_reason(qtbot: QtBot, dialog: CopiesDialog) -> None:
    dialog.list.selectAll()
    words = [each.text() for each in (dialog.mark_button, dialog.leave_button, dialog.no_copy_button)]
    assert words == ["Mark 3 too", "Leave 3", "3 no copies"], "a test picture is not trained on; the same is a copy"
    assert dialog.mark_button.isEnabled() and not dialog.leave_button.isEnabled()
    dialog.reason.setText("   ")
    assert not dialog.leave_button.isEnabled() and "why" in dialog.leave_button.toolTip()
    dialog.decide(STAYS)
    assert [text for *_, text in texts(dialog)] == ["", "", "stays", "test picture"]
    dialog.reason.setText("agreed")
    qtbot.mouseClick(dialog.leave_button, Qt.MouseButton.LeftButton)
    assert [text for *_, text in texts(dialog)] == ["stays: agreed"] * 3 + ["test picture"]
    dialog.list.setCurrentItem(dialog.list.topLevelItem(3))
    assert dialog.leave_button.text() == "Leave it" and not dialog.leave_button.isEnabled()


def test_one_by_one_with_a_reason_or_as_no_copy_and_back(qtbot: QtBot, dialog: CopiesDialog) -> None:
    for row, word, reason in ((0, STAYS, "another  customer"), (1, NO_COPY, ""), (2, "", ""), (3, NO_COPY, "")):
        dialog.list.setCurrentItem(dialog.list.topLevelItem(row))
        dialog.reason.setText(reason)
        dialog.decide(word)
    assert [text for *_, text in texts(dialog)] == ["stays: another customer", "no copy", "", "no copy"]
    with qtbot.waitSignal(dialog.decided) as told:
        qtbot.mouseClick(dialog.apply_button, Qt.MouseButton.LeftButton)
    decisions, positions, dropped = told.args
    assert [(each.picture, each.reason, each.no_copy) for each in decisions] == [
        ("train/4.png", "another customer", False),
        ("train/1.png", "", True),
        ("test/0.png", "", True),
    ]
    assert positions == [] and dropped == [frozenset(("train/2.png", "train/0.png"))]


def test_no_test_picture_is_marked(dialog: CopiesDialog) -> None:
    dialog.list.setCurrentItem(dialog.list.topLevelItem(3))
    assert not dialog.mark_button.isEnabled() and not dialog.leave_button.isEnabled()
    dialog.decide(MARKED)
    assert texts(dialog)[3][2] == "test picture"
