"""The Export page: formats, the target file, and what came of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from maga_desk.domain.events import WorkspaceCard
from maga_desk.domain.wrapping import FOLDER
from maga_desk.models.formats.registry import FORMATS
from maga_desk.ui.controllers.export import formats_for
from maga_desk.ui.pages.export import ExportPage, bytes_in_words

CARD = WorkspaceCard("a", "b", 1, ("x", "y"), ("x", "y"), None, 2, 2, (8, 8), 50.0, 50.0, "CPU", "float32", "")


@pytest.fixture
def page(qtbot: QtBot, tmp_path: Path) -> ExportPage:
    page = ExportPage()
    page.show_formats([form.info for form in FORMATS.values()])
    qtbot.addWidget(page)
    page.resize(1080, 740)
    page.show()
    qtbot.waitExposed(page)
    page.show_checkpoint(str(tmp_path / "run" / "unlearned.safetensors"), [("Architecture", "resnet8")])
    page.path.setText(str(tmp_path / "result.safetensors"))
    return page


def test_until_the_formats_are_known_nothing_can_be_saved(page: ExportPage) -> None:
    known = [form.info for form in FORMATS.values()]
    page.show_formats([])
    assert page.chosen() is None and page.no_formats.isVisible()
    assert not page.save_button.isEnabled()
    page.show_formats(known)
    assert page.chosen() == known[0] and not page.no_formats.isVisible()
    assert page.save_button.isEnabled()


def test_saving_asks_with_format_and_path(qtbot: QtBot, page: ExportPage, tmp_path: Path) -> None:
    with qtbot.waitSignal(page.export_requested) as caught:
        qtbot.mouseClick(page.save_button, Qt.MouseButton.LeftButton)
    assert caught.args == ["safetensors", str(tmp_path / "result.safetensors"), "float32"]


def test_the_ending_follows_the_format(qtbot: QtBot, page: ExportPage, tmp_path: Path) -> None:
    page.choices.buttons()[2].click()
    assert page.path.text().endswith("result.onnx")
    page.path.setText(str(tmp_path / "mine.bin"))
    page.choices.buttons()[1].click()
    assert page.path.text().endswith("mine.bin"), "an ending of one's own is kept"
    with qtbot.waitSignal(page.export_requested) as caught:
        qtbot.keyClick(page.path, Qt.Key.Key_Return)
    assert caught.args == ["state-dict", str(tmp_path / "mine.bin"), "float32"]


def test_a_net_from_elsewhere_goes_back_as_it_came_first_of_all(page: ExportPage, tmp_path: Path) -> None:
    known = [form.info for form in FORMATS.values()]
    assert "own" not in [info.name for info in formats_for(known, None)]
    foreign = formats_for(known, replace(CARD, own_form="a folder of transformers", own_ending=FOLDER))
    assert (foreign[0].name, foreign[0].title) == ("own", "As it came (a folder of transformers)")
    page.show_formats(foreign)
    assert page.chosen() == foreign[0] and page.path.text() == str(tmp_path / "result"), "a folder has no ending"
    (tmp_path / "there").mkdir()
    page.path.setText(str(tmp_path / "there"))
    assert page.save_button.isEnabled() and "You are asked" in page.path_note.text()
    page.choices.buttons()[1].click()
    assert page.path.text().endswith("there.safetensors")
    page.show_formats(formats_for(known, replace(CARD, own_form="ckpt.pth.tar", own_ending=".pth.tar")))
    assert page.path.text().endswith("there.pth.tar")


def test_what_numbers_the_original_has_is_said_and_can_be_kept(qtbot: QtBot, page: ExportPage, tmp_path: Path) -> None:
    known = [form.info for form in FORMATS.values()]
    card = replace(CARD, own_form="net.pth", own_ending=".pth", own_numbers="float32")
    page.show_formats(formats_for(known, card))
    assert "has float32, and so does the file" in page.numbers_title.text() and not page.own_numbers.isVisible()
    page.show_formats(formats_for(known, replace(card, own_numbers="bfloat16")))
    assert "the original has bfloat16" in page.numbers_title.text()
    page.own_numbers.click()
    with qtbot.waitSignal(page.export_requested) as caught:
        page.save_button.click()
    assert caught.args == ["own", str(tmp_path / "result.pth"), "own"]
    page.choices.buttons()[1].click()
    assert not page.own_numbers.isVisible(), "only its own form may have it"
    with qtbot.waitSignal(page.export_requested) as caught:
        page.save_button.click()
    assert caught.args[2] == "float32"


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("", "Name a file"),
        ("some.onnx", "whole path"),
        ("{tmp}", "is a folder"),
        ("{tmp}/run/unlearned.safetensors", "own"),
    ],
)
def test_unusable_targets_say_why(page: ExportPage, tmp_path: Path, name: str, note: str) -> None:
    page.path.setText(name.format(tmp=tmp_path))
    assert note in page.path_note.text()
    assert not page.save_button.isEnabled()


def test_replacing_a_file_is_announced(page: ExportPage, tmp_path: Path) -> None:
    (tmp_path / "there.onnx").write_bytes(b"x")
    page.path.setText(str(tmp_path / "there.onnx"))
    assert "you are asked" in page.path_note.text()
    assert page.save_button.isEnabled()


def test_browse_adds_the_ending(qtbot: QtBot, page: ExportPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: ("/exports/model", ""))
    qtbot.mouseClick(page.browse_button, Qt.MouseButton.LeftButton)
    assert page.path.text() == "/exports/model.safetensors"


def test_facts_are_replaced(page: ExportPage) -> None:
    page.show_checkpoint("/other.safetensors", [("Classes", "10"), ("Method", "MaGA")])
    texts = [label.text() for label in page.findChildren(QLabel) if label.accessibleName() in ("Classes", "Method")]
    assert texts == ["10", "MaGA"]
    assert page.facts.rowCount() == 2


def test_nothing_to_save_without_a_checkpoint(page: ExportPage) -> None:
    page.show_checkpoint(None, [])
    assert not page.save_button.isEnabled()
    assert page.no_checkpoint.isVisible()


def test_busy_then_result_then_error(page: ExportPage) -> None:
    page.set_busy(True)
    assert not page.save_button.isEnabled()
    page.set_busy(False)
    saved = {
        "path": "/x.onnx",
        "format": "onnx",
        "bytes": 312_345,
        "largest_difference": 3.1e-6,
        "checked_pictures": 512,
        "notes": ["Half of it changed."],
        "checked_on": "the run's test pictures",
    }
    page.show_result(saved, None)
    assert page.result.text().startswith("✓  Saved and checked: /x.onnx\n312 kB.")
    assert "512 pictures" in page.result.text()
    assert "3.1e-06" in page.result.text()
    page.show_result(None, "/x.onnx: cannot write: disk full; choose another folder")
    assert page.result.text() == "✗  Not saved. /x.onnx: cannot write: disk full; choose another folder"
    page.show_result(None, None)
    assert not page.result.isVisible()


@pytest.mark.parametrize(
    ("count", "words"),
    [(512, "512 bytes"), (4_200, "4.2 kB"), (312_345, "312 kB"), (4_200_000, "4.2 MB"), (3e9, "3.0 GB")],
)
def test_bytes_in_words(count: int, words: str) -> None:
    assert bytes_in_words(int(count)) == words
