"""Drag and drop onto the real window: each kind goes where it belongs, and what cannot be used changes nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui.composition import Composition
from maga_desk.ui.controllers.dropping import NO_PICTURES, NOT_HERE, TOO_MUCH
from maga_desk.ui.dialogs.list_preview import ListDialog
from tests.ui.driving import PATIENCE, Windows, open_tiny

COPY, LEFT, PLAIN = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Hand:
    """Drags over the place of a widget, as the system does: the events go to the native window."""

    def __init__(self, made: Composition, paths: list[Path | str]) -> None:
        self._made = made
        self._data = QMimeData()
        self._data.setUrls([QUrl(path) if isinstance(path, str) else QUrl.fromLocalFile(str(path)) for path in paths])
        over = made.load.form.checkpoint if made.window.page is made.load else made.window.page
        self._at = over.mapTo(made.window, over.rect().center())

    def enter(self) -> str:
        """The hint that is shown."""
        handle = self._made.window.windowHandle()
        for event in (
            QDragEnterEvent(QPointF(self._at), COPY, self._data, LEFT, PLAIN),
            QDragMoveEvent(QPointF(self._at), COPY, self._data, LEFT, PLAIN),
        ):
            QApplication.sendEvent(handle, event)
            assert event.isAccepted()
        hint = self._made.dropping.hint
        assert hint.isVisible() and hint.geometry() == self._made.window.rect()
        return hint.text

    def leave(self) -> None:
        QApplication.sendEvent(self._made.window.windowHandle(), QDragLeaveEvent())

    def drop(self) -> None:
        event = QDropEvent(QPointF(self._at), COPY, self._data, LEFT, PLAIN)
        QApplication.sendEvent(self._made.window.windowHandle(), event)
        assert event.isAccepted() and not self._made.dropping.hint.isVisible()


def drop(made: Composition, *paths: Path | str) -> str:
    """The hint that was shown before."""
    hand = Hand(made, list(paths))
    text = hand.enter()
    hand.drop()
    return text


def choose(made: Composition, words: str) -> None:
    menu = made.dropping.menu
    next(action for action in menu.actions() if words in action.text()).trigger()
    menu.hide()


@pytest.fixture
def made(windows: Windows) -> Composition:
    return windows.make()


def fields(made: Composition) -> tuple[str, ...]:
    form = made.load.form
    return form.path.text(), form.checkpoint.text(), form.families.text()


def test_what_is_to_be_opened_goes_to_the_load_page(
    qtbot: QtBot, made: Composition, tiny_spec: RunSpec, tiny_folder: Path, tiny_model: Path
) -> None:
    made.window.show_page("export")
    assert drop(made, tiny_folder) == f"Take {tiny_folder.name} as the pictures"
    assert made.window.page is made.load and made.load.form.path.text() == str(tiny_folder)
    assert "Now name the checkpoint first" in made.window.notices.text()
    drop(made, tiny_model)
    assert made.load.form.checkpoint.text() == str(tiny_model), "not as a link, though it was dropped on the line"
    assert "Now press Open" in made.window.notices.text()
    drop(made, tiny_folder / "families.toml")
    assert fields(made) == (str(tiny_folder), str(tiny_model), str(tiny_folder / "families.toml"))


def test_a_hint_goes_when_the_drag_leaves(made: Composition, tiny_model: Path) -> None:
    hand = Hand(made, [tiny_model])
    assert hand.enter() == f"Take {tiny_model.name} as the model's checkpoint"
    hand.leave()
    assert not made.dropping.hint.isVisible() and made.load.form.checkpoint.text() == ""


def test_what_cannot_be_used_gets_one_line_and_changes_nothing(
    made: Composition, tiny_folder: Path, tiny_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.pdf").write_bytes(b"%PDF")
    (tmp_path / "names.txt").write_text("train/cat/0.png")
    (tmp_path / "odd.toml").write_text("x = 1")
    (tmp_path / "empty").mkdir()
    before, page = fields(made), made.window.page
    for dropped, words in {
        ("notes.pdf",): "notes.pdf is of no kind that can be used here.",
        ("names.txt",): NO_PICTURES,
        ("odd.toml",): "odd.toml is neither a run specification nor a list of families.",
        ("empty",): "empty has no folder train with a folder for each class below it.",
        ("gone.txt",): "gone.txt is not there any more.",
    }.items():
        assert drop(made, *(tmp_path / name for name in dropped)) == words
        assert made.window.notices.text() == words
    assert drop(made, "https://example.org/net.pt") == NOT_HERE
    assert drop(made, tiny_model, tiny_model) == TOO_MUCH
    assert (fields(made), made.window.page) == (before, page)


def agree(qtbot: QtBot, made: Composition) -> None:
    """To what the preview of a list says."""
    dialog = made.window.findChildren(ListDialog)[-1]
    qtbot.waitUntil(dialog.mark_button.isEnabled, timeout=PATIENCE)
    qtbot.mouseClick(dialog.mark_button, Qt.MouseButton.LeftButton)


def test_lists_pictures_and_a_retrained_model_belong_to_what_is_open(
    qtbot: QtBot, made: Composition, tiny_spec: RunSpec, tiny_folder: Path, tiny_model: Path, tmp_path: Path
) -> None:
    open_tiny(qtbot, made, tiny_spec)
    names = tmp_path / "names.txt"
    names.write_text("train/ring/000.png\ntrain/ring/001.png\n")
    assert drop(made, names) == "Mark the pictures that names.txt names"
    agree(qtbot, made)
    assert made.window.page is made.forget and made.desk.basket.mask.sum() == 2
    table = tmp_path / "customer.csv"
    table.write_text("number,file\n1,train/disc/003.png\n")
    drop(made, table)
    agree(qtbot, made)
    assert made.desk.basket.mask.sum() == 3
    np.save(tmp_path / "places.npy", np.array([3, 0]))
    drop(made, tmp_path / "places.npy")
    agree(qtbot, made)
    assert made.desk.basket.mask.sum() == 5
    made.actions["undo"].trigger()
    drop(made, tiny_folder / "train" / "cross" / "000.png", tiny_folder / "train" / "cross" / "001.png")
    assert made.desk.basket.mask.sum() == 5 and "Added 2 of 2 names in 2 files" in made.window.notices.text()
    drop(made, tiny_model)
    assert made.desk.spec.audit.retrained is None, "a checkpoint may be two things: nothing is done before the answer"
    choose(made, "retrained")
    assert made.window.page is made.run and made.desk.spec.audit.retrained == str(tiny_model)
    assert made.run.options.values()["retrained"] == str(tiny_model)
    other = tmp_path / "other.safetensors"
    other.write_bytes(tiny_model.read_bytes())
    drop(made, other)
    choose(made, "Do nothing")
    assert made.window.page is made.run and made.load.form.checkpoint.text() != str(other)
    drop(made, other)
    choose(made, "checkpoint")
    assert made.window.page is made.load and made.load.form.checkpoint.text() == str(other)
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("ring,round\ncross,angular\n")
    drop(made, pairs)
    assert made.load.form.families.text() == str(pairs), "the open pictures tell that these are kinds"
    pairs.write_text("lion,cats\nwolf,dogs\n")
    drop(made, pairs)
    assert [action.text() for action in made.dropping.menu.actions() if action.text()] == [
        "Mark the pictures that pairs.csv names", "Take pairs.csv as the families", "Do nothing",
    ]  # fmt: skip
    made.dropping.menu.hide()


def test_a_spec_is_opened(qtbot: QtBot, made: Composition, tiny_spec: RunSpec, tmp_path: Path) -> None:
    spec = tmp_path / "spec.toml"
    spec.write_text(tiny_spec.to_toml())
    made.window.show_page("verify")
    assert drop(made, spec) == "Open spec.toml"
    qtbot.waitUntil(lambda: made.desk.forget is not None, timeout=PATIENCE)
    assert made.desk.spec.forget.classes == ("ring",)
