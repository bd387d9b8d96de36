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


def test_who_comes_back_marks_the_picture_seen_last(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    made.window.show_page("forget")
    page, desk = made.forget, made.desk

    def look(position: int, steps: int) -> None:
        page.grid.setFocus()
        page.grid.show_position(position)
        qtbot.keyClick(page.grid, Qt.Key.Key_Space)
        for _ in range(steps):
            qtbot.keyClick(made.pictures.dialog, Qt.Key.Key_Right)
        qtbot.keyClick(made.pictures.dialog, Qt.Key.Key_Space)

    for selected in ([10], []):
        desk.selection.replace(selected)
        look(10, 2)
        assert page.grid.current_position() == 12 and desk.selection.positions().tolist() == [12]
    qtbot.keyClick(page.grid, Qt.Key.Key_Return)
    assert np.flatnonzero(desk.basket.mask).tolist() == [12]
    made.actions["undo"].trigger()

    desk.selection.replace([10, 11])
    look(10, 3)
    assert page.grid.current_position() == 10, "Enter is about the two that are selected: the frame is among them"
    qtbot.keyClick(page.grid, Qt.Key.Key_Return)
    assert np.flatnonzero(desk.basket.mask).tolist() == [10, 11]


def test_the_line_of_places_follows_what_is_shown_while_the_picture_is_open(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    page = made.forget
    made.window.show_page("forget")
    ring = int(np.flatnonzero(page.images.train.labels == page.images.classes.index("ring"))[0])  # type: ignore[union-attr]
    page.grid.open_requested.emit(ring)
    dialog = made.pictures.dialog
    assert dialog is not None and dialog.place.text() == f"{ring + 1} of 240 shown" and dialog.back_button.isEnabled()
    page.search.setText("class:ring")
    assert dialog.place.text() == "1 of 60 shown" and not dialog.back_button.isEnabled()
    page.search.setText("class:disc")
    assert dialog.place.text() == "not among those that are shown" and not dialog.on_button.isEnabled()
    page.search.setText("")
    assert dialog.place.text() == f"{ring + 1} of 240 shown" and dialog.on_button.isEnabled()


def test_the_arrows_pass_over_classes_that_are_folded_away(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    page = made.forget
    made.window.show_page("forget")
    page.tools.choices["headings"].trigger()
    first, second, third = (group.label for group in page.model.groups[:3])
    rows = page.model.rows
    page.grid.open_requested.emit(int(rows[59]))
    dialog = made.pictures.dialog
    assert dialog is not None
    page.grid.fold(second, folded=True)
    dialog.step_requested.emit(1)
    assert dialog.position == rows[120] and page.grid.folded == {second}
    dialog.step_requested.emit(-1)
    assert dialog.position == rows[59]
    page.grid.fold_all(folded=True)
    page.grid.fold(first, folded=False)
    assert not dialog.on_button.isEnabled() and dialog.back_button.isEnabled() and third in page.grid.folded
