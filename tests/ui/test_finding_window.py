"""Finding pictures in the window, with a real model: by likeness, by its answers, back one step, and as a spec."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.cli import main
from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui.pages.forget import ONLY_MARKED
from tests.ui.driving import PATIENCE, Windows, open_tiny


def test_pictures_are_found_by_likeness_and_answers_and_the_spec_gives_the_same(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    made.window.show_page("forget")
    page, desk = made.forget, made.desk
    labels = desk.images.train.labels if desk.images is not None else np.empty(0)
    ring = int(np.flatnonzero(labels == desk.images.classes.index("ring"))[7])  # type: ignore[union-attr]
    assert not made.actions["more-like"].isEnabled()
    desk.selection.replace([ring])
    qtbot.mouseClick(page.like_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.order.currentText() == "most alike first", timeout=PATIENCE)
    assert page.likeness.isVisible() and page.likeness.text.text() == "Like 1 picture, at least 85 %"
    near = page.model.rows.copy()
    assert page.likeness.counted.text() == f"{len(near):,} shown" and 1 < len(near) < 240
    page.likeness.slider.setValue(0)
    assert page.model.rows[0] == ring and len(page.model.rows) == 240
    assert page.likeness.counted.text() == "240 shown"
    assert (labels[page.model.rows[:20]] == labels[ring]).mean() > 0.8
    page.likeness.slider.setValue(97)
    nearest, rings = np.sort(page.model.rows), np.flatnonzero(labels == labels[ring])
    assert 1 <= len(nearest) < len(near) and np.isin(nearest, near).all()
    qtbot.mouseClick(page.likeness.mark_button, Qt.MouseButton.LeftButton)
    assert np.array_equal(np.flatnonzero(desk.basket.mask), nearest)
    assert "like 1 picture, at least 97 %" in desk.basket.history[-1].sentence()
    page.search.setText("-class:ring")
    assert page.likeness.counted.text() == page.shown.text() == f"{len(np.setdiff1d(nearest, rings)):,} shown"
    made.actions["undo"].trigger()
    qtbot.mouseClick(page.likeness.close_button, Qt.MouseButton.LeftButton)
    assert page.likeness.isHidden()
    page.search.setText("like>90 -class:ring")
    others = page.model.rows.copy()
    assert len(others) < 60 and not (labels[others] == labels[ring]).any()
    page.search.setText("like>90 pred=class")
    found = np.sort(page.model.rows)
    qtbot.mouseClick(page.shown_button, Qt.MouseButton.LeftButton)
    assert np.array_equal(np.flatnonzero(desk.basket.mask), found)
    page.search.setText("class:disc number:60..69 OR class:square")
    qtbot.mouseClick(page.shown_button, Qt.MouseButton.LeftButton)
    made.actions["undo"].trigger()
    assert np.array_equal(np.flatnonzero(desk.basket.mask), found)
    (tmp_path / "spec.toml").write_text(desk.spec.to_toml())
    assert main(["select", str(tmp_path / "spec.toml"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["positions"] == found.tolist()


def test_what_the_slider_marks_is_what_is_shown_and_the_history_says_that(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    made.window.show_page("forget")
    page, desk = made.forget, made.desk
    bar, labels = page.likeness, desk.images.train.labels  # type: ignore[union-attr]
    classes = desk.images.classes  # type: ignore[union-attr]
    ring = int(np.flatnonzero(labels == classes.index("ring"))[7])
    desk.selection.replace([ring])
    qtbot.mouseClick(page.like_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(bar.isVisible, timeout=PATIENCE)

    def mark() -> tuple[list[int], str]:
        """What a press on *Mark these* adds, and what the history says of it; then it is taken back."""
        steps = len(desk.basket.history)
        qtbot.mouseClick(bar.mark_button, Qt.MouseButton.LeftButton)
        if len(desk.basket.history) == steps:
            return [], ""
        added, told = np.flatnonzero(desk.basket.mask).tolist(), desk.basket.history[-1].sentence()
        made.actions["undo"].trigger()
        return added, told

    page.search.setText("class:ring")
    few = len(page.model.rows)
    page.search.setText("class:ring loss>")
    bar.slider.setValue(0)
    assert page.mistake.isVisible() and few < len(page.model.rows) == 60, "the slider narrows what was answered"
    assert bar.counted.text() == "60 shown" and not bar.mark_button.isEnabled() and mark() == ([], "")
    page.search.setText("class:ring")
    assert not page.mistake.isVisible() and bar.mark_button.isEnabled()
    added, told = mark()
    assert added == np.flatnonzero(labels == labels[ring]).tolist()
    assert told == "Added 60 pictures like 1 picture, at least 0 %, found by class:ring"

    page.search.setText("")
    page.classes.setCurrentItem(page.classes.findItems("disc", Qt.MatchFlag.MatchExactly)[0])
    assert bar.counted.text() == page.shown.text() == "60 shown"
    added, told = mark()
    assert added == np.flatnonzero(labels == classes.index("disc")).tolist()
    assert told == "Added 60 pictures like 1 picture, at least 0 %, of class disc"

    page.classes.setCurrentItem(page.classes.topLevelItem(0))
    page.which.setCurrentText(ONLY_MARKED)
    assert bar.counted.text() == "0 shown" and not bar.mark_button.isEnabled()


def test_what_is_told_of_the_order_of_likeness_leaves_with_it(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    made.window.show_page("forget")
    page, notices, told = made.forget, made.window.notices, "In the order of likeness to the selected picture."

    def compare() -> None:
        made.desk.selection.replace([7])
        qtbot.mouseClick(page.like_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: notices.isVisible() and notices.text() == told, timeout=PATIENCE)

    compare()
    qtbot.mouseClick(page.likeness.close_button, Qt.MouseButton.LeftButton)
    assert not notices.isVisible()
    compare()
    page.order.setCurrentText("by name")
    assert not notices.isVisible()
    compare()
    page.show_note("Another word.")
    qtbot.mouseClick(page.likeness.close_button, Qt.MouseButton.LeftButton)
    assert notices.isVisible() and notices.text() == "Another word."
