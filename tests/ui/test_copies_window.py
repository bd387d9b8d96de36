"""Copies in the window, with a real model: looked for beside everything else, decided over, and run as decided."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.cli import main
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import drained
from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.specs.forget import CopyDecision
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.workspace import open_workspace
from maga_desk.ui.dialogs.copies import CopiesDialog
from tests.ui.driving import PATIENCE, Windows, open_tiny

GOES, TURNED, LIGHTER = "train/ring/000.png", "train/disc/900.png", "train/disc/901.png"


@pytest.fixture
def spec(tiny_spec: RunSpec, tmp_path: Path) -> RunSpec:
    """One picture is unlike all others, and lies mirrored and lighter under another class."""
    root = tmp_path / "copies"
    shutil.copytree(tiny_spec.data.path or "", root)
    with Image.open(root / GOES) as picture:
        size = picture.size
    ground = Image.fromarray(np.random.default_rng(3).integers(0, 200, (5, 5, 3), dtype=np.uint8))
    ring = ground.resize(size, Image.Resampling.BICUBIC)
    ring.save(root / GOES)
    ring.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(root / TURNED)
    ring.point(lambda value: value + 9).save(root / LIGHTER)
    return tiny_spec.with_changes("data", path=str(root))


def test_what_is_known_of_near_copies_is_recalled_beside_the_window_and_pixels_are_hashed_once(
    qtbot: QtBot, windows: Windows, spec: RunSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[tuple[PictureIndex, bool]] = []
    real = PictureIndex.hash_into

    def noted(index: PictureIndex, digest: Any) -> None:
        hashed.append((index, threading.current_thread() is threading.main_thread()))
        real(index, digest)

    file = tmp_path / "spec.toml"
    file.write_text(spec.with_changes("data", held_out=0.2).to_toml())
    monkeypatch.setattr(PictureIndex, "hash_into", noted)
    made = windows.make()
    made.sessions.open_spec(str(file))
    qtbot.waitUntil(lambda: made.desk.workspace is not None and made.load.open_button.isEnabled(), timeout=PATIENCE)
    made.window.show_page("forget")
    assert made.desk.images is not None and made.desk.images.held_out is not None
    qtbot.mouseClick(made.forget.twins.look_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.desk.workspace.copies.looked, timeout=PATIENCE)
    made.sessions.begin_new()
    assert made.desk.workspace is None
    made.sessions.open_spec(str(file))
    qtbot.waitUntil(lambda: made.desk.workspace is not None and made.load.open_button.isEnabled(), timeout=PATIENCE)
    assert made.desk.workspace.copies.looked
    made.forget.search.setText("near:yes")
    assert not made.forget.mistake.text()
    assert hashed and not any(here for _, here in hashed)
    ours = [index for index, _ in hashed if index is made.desk.images.held_out]
    assert len(ours) == 1, "once for an opening"


def test_near_copies_are_looked_for_decided_over_and_travel_with_the_spec(
    qtbot: QtBot, windows: Windows, spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, spec)
    made.window.show_page("forget")
    page, desk = made.forget, made.desk
    assert desk.images is not None
    place = {name: number for number, name in enumerate(desk.images.train.names)}
    page.search.setText("near:yes")
    assert "near copies were not looked for yet" in page.mistake.text()
    desk.set_basket(desk.basket.add([place[GOES]]))
    assert "Near copies were not looked for." in page.twins.text.text()
    qtbot.mouseClick(page.twins.look_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "2 near copies of what is marked stay" in page.twins.text.text(), timeout=PATIENCE)
    assert page.twins.look_button.isHidden() and desk.spec.forget.near_copies == "look"
    page.search.setText("near:yes")
    assert {place[GOES], place[TURNED], place[LIGHTER]} <= set(page.model.rows.tolist())

    qtbot.mouseClick(page.twins.decide_button, Qt.MouseButton.LeftButton)
    dialog = page.findChild(CopiesDialog)
    assert dialog is not None
    rows = {dialog.list.topLevelItem(row).text(0): row for row in range(2)}  # type: ignore[union-attr]
    dialog.list.setCurrentItem(dialog.list.topLevelItem(rows[TURNED]))
    dialog.reason.setText("Another customer's")
    qtbot.mouseClick(dialog.leave_button, Qt.MouseButton.LeftButton)
    dialog.list.setCurrentItem(dialog.list.topLevelItem(rows[LIGHTER]))
    qtbot.mouseClick(dialog.mark_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dialog.apply_button, Qt.MouseButton.LeftButton)
    assert set(np.flatnonzero(desk.basket.mask)) == {place[GOES], place[LIGHTER]}
    assert "1 stays by your decision" in page.twins.text.text() and page.twins.button.isHidden()
    assert desk.basket.history[-1].by.means == "copies"
    written = desk.spec.forget
    assert [(each.picture, each.copy_of, each.reason) for each in written.left] == [
        (TURNED, GOES, "Another customer's")
    ]
    assert desk.basket.history[-1].sentence() == "Added 1 copy of what was marked; left 1 copy"
    made.actions["undo"].trigger()
    assert desk.spec.forget.left == () and "2 near copies of what is marked stay" in page.twins.text.text()
    made.actions["redo"].trigger()
    assert desk.spec.forget.left == written.left and "1 stays by your decision" in page.twins.text.text()
    steps = len(desk.basket.history)
    made.actions["clear-marks"].trigger()
    desk.set_basket(desk.basket.add([place["train/disc/000.png"]]))
    assert "customer" not in desk.spec.to_toml(), "a request over other pictures says nothing of this one"
    desk.set_basket(desk.basket.add([place[GOES]]))
    assert desk.spec.forget.left == () and "stays by your decision" not in page.twins.text.text()
    desk.set_basket(desk.basket.at(steps))
    (tmp_path / "spec.toml").write_text(desk.spec.to_toml())
    assert main(["select", str(tmp_path / "spec.toml"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["positions"] == sorted((place[GOES], place[LIGHTER]))

    qtbot.mouseClick(page.twins.decide_button, Qt.MouseButton.LeftButton)
    again = next(each for each in page.findChildren(CopiesDialog) if each is not dialog)
    again.reject()
    assert desk.workspace is not None
    reopened = desk.workspace.basket_of(desk.spec)
    assert reopened.left == written.left and reopened.history[-1].sentence() == "Left 1 copy: Another customer's"
    open_tiny(qtbot, made, spec)
    desk.set_basket(desk.basket.add([place[GOES]]))
    assert "near copies of what is marked stay" in page.twins.text.text(), "an earlier search is on the disk"


def test_decisions_over_what_is_no_longer_marked_are_not_in_the_spec(
    qtbot: QtBot, windows: Windows, spec: RunSpec
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, spec)
    desk = made.desk
    assert desk.images is not None
    names = desk.images.train.names
    taken = [CopyDecision(picture=TURNED, copy_of=GOES, reason="Agreed by Jane Doe")]
    desk.set_basket(desk.basket.add([names.index(GOES), 0, 1, 2, 3, 4]).decide(taken))
    forget, told = desk.forget, list[str]()
    desk.proposal_changed.connect(lambda: told.append("proposal"))
    assert desk.spec.forget.left == tuple(taken)
    desk.set_basket(desk.basket.decide([taken[0].model_copy(update={"reason": "Agreed"})]))
    assert desk.forget is forget and not told, "nothing else is marked: what was proposed still fits"
    desk.set_basket(desk.basket.remove([names.index(GOES)]))
    assert desk.spec.forget.left == () and "Agreed" not in desk.spec.to_toml()
    desk.set_basket(desk.basket.undo())
    assert [each.reason for each in desk.spec.forget.left] == ["Agreed"]


def test_what_an_earlier_search_left_is_shown_marked_with_a_sign_counted_and_asked_for(
    qtbot: QtBot, windows: Windows, spec: RunSpec
) -> None:
    drained(open_workspace(spec.with_changes("forget", near_copies="look"), RunControl()))
    made = windows.make()
    open_tiny(qtbot, made, spec)
    desk, model = made.desk, made.forget.model
    assert spec.forget.near_copies == "no" and desk.spec.forget.near_copies == "look"
    assert desk.images is not None
    place = {name: number for number, name in enumerate(desk.images.train.names)}
    assert model._twins is not None and model._twins[[place[GOES], place[TURNED], place[LIGHTER]]].all()
