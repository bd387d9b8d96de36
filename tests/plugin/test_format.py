"""An export format from a package outside, through its entry point."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from maga_desk.cli import main
from maga_desk.domain import paths
from maga_desk.models.checkpoint import read_state
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.composition import Composition
from maga_desk.ui.runs import RunView

PATIENCE = 60_000


def test_it_is_listed_after_ours_with_its_origin(outside: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["formats", "--json"]) == 0
    *ours, last = json.loads(capsys.readouterr().out)["formats"]
    assert [each["name"] for each in ours] == [
        "safetensors",
        "state-dict",
        "onnx",
        "torch-export",
        "int8",
        "patch",
        "own",
    ]
    assert (last["name"], last["origin"], last["suffix"]) == ("arrays", outside, ".npz")


def test_a_checkpoint_is_written_in_it_and_proved(
    outside: str, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "net.npz"
    assert main(["export", str(tiny_model), "--out", str(target), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["largest_difference"] == 0
    state, _ = read_state(tiny_model)
    with np.load(target) as arrays:
        assert all(np.array_equal(arrays[name], tensor.numpy()) for name, tensor in state.items())


def test_without_the_package_it_is_unknown(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(tiny_model), "--format", "arrays", "--out", str(tmp_path / "a.npz")]) == 2
    assert "no format is called 'arrays'" in capsys.readouterr().err


@pytest.fixture
def window(qtbot: QtBot, outside: str, tmp_path: Path) -> Iterator[Composition]:
    made = Composition(SessionStore.open(paths.sessions_file()), runs_folder=tmp_path, confirm=lambda *_: True)
    made.window.show()
    qtbot.waitExposed(made.window)
    made.start()
    yield made
    made.close()
    made.window.close()
    made.window.deleteLater()
    made.deleteLater()


def test_the_export_page_offers_it_and_saves(
    qtbot: QtBot, window: Composition, tiny_model: Path, tmp_path: Path
) -> None:
    page, desk = window.pages["export"], window.desk
    qtbot.waitUntil(lambda: bool(desk.installation.formats), timeout=PATIENCE)
    window.window.show_page("export")
    assert page.choices.buttons()[-1].text() == "NumPy arrays"
    desk.runs.show(RunView(checkpoint=str(tiny_model)))
    page.choices.buttons()[-1].click()
    page.path.setText(str(tmp_path / "net.npz"))
    qtbot.mouseClick(page.save_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Saved and checked" in page.result.text(), timeout=PATIENCE)
    assert (tmp_path / "net.npz").exists()
