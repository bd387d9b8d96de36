"""Space on the Forget page: one picture large, with what is known of it, and on to the next by key."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from maga_desk.domain.closer.answers import Answers, CloseLook, SplitAnswers
from maga_desk.domain.specs.run import RunSpec
from tests.ui.driving import PATIENCE, Windows, open_tiny


def test_space_opens_a_picture_and_keys_walk_mark_and_close(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    made.window.show_page("forget")
    page, desk = made.forget, made.desk
    page.search.setText("class:ring")
    first, second = (int(each) for each in page.model.rows[:2])
    page.grid.setFocus()
    page.grid.show_position(first)
    desk.selection.replace([5, 6])
    qtbot.keyClick(page.grid, Qt.Key.Key_Space)
    dialog = made.pictures.dialog
    assert dialog is not None and dialog.isVisible() and dialog.position == first
    assert not dialog.back_button.isEnabled() and dialog.place.text() == "1 of 60 shown"
    qtbot.waitUntil(lambda: bool(dialog.facts.facts), timeout=PATIENCE)
    train = desk.images.train  # type: ignore[union-attr]
    facts = dict(dialog.facts.facts)
    assert facts["Name"] == train.names[first] and facts["File"] == train.file(first)
    assert len(dialog.bars.said[0][1]) == 4 and not dialog.picture.place.isEmpty()
    qtbot.keyClick(dialog, Qt.Key.Key_Right)
    assert dialog.position == second and desk.selection.positions().tolist() == [5, 6]
    assert not dialog.facts.facts  # not those of the picture before
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert np.flatnonzero(desk.basket.mask).tolist() == [second]
    assert dialog.mark_note.text() == "Marked to be forgotten"
    made.actions["undo"].trigger()
    assert dialog.mark_note.text() == "Not marked" and dialog.mark_button.text() == "Mark"
    qtbot.waitUntil(lambda: dict(dialog.facts.facts).get("Name") == train.names[second], timeout=PATIENCE)
    dialog.facts.takeaway.copy_data()
    assert train.file(second) in QApplication.clipboard().text()
    qtbot.mouseClick(dialog.near_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.near_model.rowCount() == 10, timeout=PATIENCE)
    nearest = [dialog.near_model.position(row) for row in range(10)]
    assert second not in nearest and dialog.near.isVisible() and not dialog.near_button.isVisible()
    assert (train.labels[nearest] == train.labels[second]).mean() > 0.7
    dialog.near.setCurrentIndex(dialog.near_model.index(0))
    dialog.near.activated.emit(dialog.near_model.index(0))
    assert dialog.position == nearest[0]
    qtbot.waitUntil(lambda: dialog.near_model.rowCount() == 10, timeout=PATIENCE)  # at once: features are known now
    qtbot.keyClick(dialog, Qt.Key.Key_Space)
    assert made.pictures.dialog is None


def test_another_set_of_pictures_closes_it(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    menu = made.forget.grid.menu_for(4)
    next(each for each in menu.actions() if each.text().startswith("Show it")).trigger()
    menu.deleteLater()
    assert made.pictures.dialog is not None and made.pictures.dialog.position == 4
    made.desk.clear()
    assert made.pictures.dialog is None


def test_a_picked_pictures_original_is_opened_beside_the_windows_thread(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    images, opened_in = made.desk.images, list[int]()
    assert images is not None
    original = Image.new("RGB", (900, 600), (200, 10, 10))

    def opener(_name: str) -> Image.Image:
        opened_in.append(threading.get_ident())
        return original

    images = replace(images, train=replace(images.train, opener=opener))
    nothing, none = np.zeros(len(images.test), bool), np.zeros(len(images.train), bool)
    answers = Answers(
        SplitAnswers.of(made.desk.workspace.outputs.train.numpy(), images.train.labels),
        SplitAnswers.of(made.desk.workspace.outputs.test.numpy(), images.test.labels),
    )
    look = CloseLook(images, {"original": answers}, none, none, nothing, nothing, nothing, "class", "none")
    panel = made.verify.closer.panel
    panel.set_look(look)
    panel.show_picture("train", 3)
    assert panel.picture.pixmap().height() == panel.picture.pixmap().width()  # what the model sees
    qtbot.waitUntil(lambda: panel.picture.pixmap().height() < panel.picture.pixmap().width(), timeout=PATIENCE)
    assert opened_in and threading.get_ident() not in opened_in
