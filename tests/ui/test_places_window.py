"""File dialogs begin where the last one of their purpose ended, and fields offer what was opened before."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

import maga_desk.ui
from maga_desk.domain.places import MOST, Places
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.run import RunSpec
from tests.ui.controllers.conftest import picture_set
from tests.ui.driving import Windows, open_tiny


def test_places_are_kept_by_purpose(tmp_path: Path) -> None:
    places = Places(SettingsFile())
    files = [tmp_path / f"{number}.safetensors" for number in range(MOST + 2)]
    for file in files:
        file.touch()
        places.opened("checkpoint", str(file))
    places.opened("checkpoint", str(files[5]))
    places.went_to("spec", str(tmp_path / "spec.toml"))
    again = Places(SettingsFile())
    assert again.recent("checkpoint")[:2] == (str(files[5]), str(files[-1])) and len(again.recent("checkpoint")) == MOST
    assert (again.folder("spec"), again.folder("export"), again.recent("pictures")) == (str(tmp_path), "", ())
    files[5].unlink()
    assert str(files[5]) not in again.recent("checkpoint"), "what is gone is not offered"
    again.forget("checkpoint")
    assert Places(SettingsFile()).recent("checkpoint") == ()


def test_nothing_is_remembered_without_settings(tmp_path: Path) -> None:
    places = Places()
    places.went_to("spec", str(tmp_path / "spec.toml"))
    places.opened("pictures", str(tmp_path))
    assert (places.folder("spec"), places.recent("pictures")) == ("", ())


def test_pages_are_divided_as_they_were_left(windows: Windows) -> None:
    first = windows.make()
    first.window.resize(1280, 800)
    first.window.show_page("guide")
    first.guide.splitter.setSizes([400, 600])
    kept = first.window.splits()
    assert set(kept) == {"guide", "run", "forget pictures", "forget basket"}
    SettingsFile().change(lambda now: now.having("window", splits=kept))
    second = windows.make()
    second.window.resize(1280, 800)
    second.window.restore_splits({**SettingsFile().values.window.splits, "guide of old": (1, 2, 3), "run": (7,)})
    assert second.window.splits()["guide"] == kept["guide"]


def test_every_file_dialog_remembers_its_place() -> None:
    room = Path(maga_desk.ui.__file__).parent
    asking = [file.name for file in room.rglob("*.py") if re.search(r"QFileDialog\.get", file.read_text("utf-8"))]
    assert asking == ["file_dialogs.py"]


def test_dialogs_begin_where_the_last_one_of_their_purpose_ended(
    qtbot: QtBot, windows: Windows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def answer(path: str) -> None:
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: (begun.append(args[2]) or path, ""))
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args, **_: (begun.append(args[2]) or path, ""))

    made = windows.make()
    answer(str(tmp_path / "missing.toml"))
    made.actions["open-spec"].trigger()
    answer("")
    made.actions["open-spec"].trigger()
    made.actions["save-spec"].trigger()
    images = picture_set()
    made.desk.set_workspace(images, None, images)
    made.forget.basket.file_button.click()
    assert begun == ["", str(tmp_path), str(tmp_path / "spec.toml"), ""], "a list of names has a place of its own"


def test_fields_offer_what_was_opened_before(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    first = windows.make()
    first.load.form.recent["pictures"].action.trigger()
    (nothing,) = first.load.form.recent["pictures"].menu.actions()
    assert not nothing.isEnabled()
    first.load.form.recent["pictures"].menu.hide()
    open_tiny(qtbot, first, tiny_spec)
    windows.close(first)
    second = windows.make()
    form = second.load.form
    for name, line, path in (
        ("pictures", form.path, tiny_spec.data.path),
        ("checkpoint", form.checkpoint, tiny_spec.model.checkpoint),
    ):
        recent = form.recent[name]
        recent.action.trigger()
        recent.menu.actions()[0].trigger()
        recent.menu.hide()
        assert line.text() == path
    assert second.load.open_button.isEnabled()
    QApplication.sendEvent(form.checkpoint, QFocusEvent(QEvent.Type.FocusIn))
    completer = form.checkpoint.completer()
    assert completer is not None and completer.model().rowCount() == 1
    recent.menu.actions()[-1].trigger()
    assert second.window.places.recent("checkpoint") == () and second.window.places.recent("pictures")
