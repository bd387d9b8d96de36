"""A model that a Python file builds, in the whole window: the file runs after a yes, and only then."""

from __future__ import annotations

from pathlib import Path

import torch
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from torch import nn

from maga_desk.domain import architecture
from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui.dialogs.code import CodeDialog
from tests.ui.driving import PATIENCE, Windows, open_tiny

CODE = """
from pathlib import Path
from torch import nn
Path(__file__).with_name("it-ran").touch()
def build(classes):
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Linear(16, classes))
"""


def test_a_python_file_runs_after_a_yes(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path) -> None:
    code, checkpoint = tmp_path / "model.py", tmp_path / "mine.pt"
    code.write_text(CODE)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Linear(16, 4))
    torch.save(net.state_dict(), checkpoint)
    made = windows.make()
    made.load.form.arch.setCurrentText(f"{code}:build")
    made.load.form.path.setText(tiny_spec.data.path or "")
    made.load.form.checkpoint.setText(str(checkpoint))
    made.load.form.precision.setCurrentText("float32")
    qtbot.mouseClick(made.load.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.window.findChild(CodeDialog) is not None, timeout=PATIENCE)
    dialog = made.window.findChild(CodeDialog)
    assert dialog is not None and str(code) in dialog.informativeText()
    assert dialog.defaultButton() is dialog.cancel_button
    qtbot.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.window.findChild(CodeDialog) is None, timeout=PATIENCE)
    assert made.desk.workspace is None and not (tmp_path / "it-ran").exists()

    qtbot.mouseClick(made.load.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.window.findChild(CodeDialog) is not None, timeout=PATIENCE)
    dialog = made.window.findChild(CodeDialog)
    assert dialog is not None
    qtbot.mouseClick(dialog.run_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.desk.workspace is not None, timeout=PATIENCE)
    assert (tmp_path / "it-ran").exists() and made.desk.card is not None
    assert architecture.title(made.desk.card.arch) == "model.py:build"
    windows.close(made)
    again = windows.make()
    again.load.form.arch.setCurrentText(f"{code}:build")
    open_tiny(qtbot, again, tiny_spec.with_changes("model", checkpoint=str(checkpoint)))  # it is not asked again
