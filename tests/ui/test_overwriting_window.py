"""The window replaces no input at all, and no earlier file without asking."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui.composition import Composition
from maga_desk.ui.dialogs.replace import ReplaceDialog
from tests.ui.driving import PATIENCE, Windows, choose, mark_class, open_tiny, wait_for_end


@pytest.fixture
def finished(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path) -> Composition:
    """A window with a finished run on an original of this test's own."""
    own = shutil.copy(tiny_spec.model.checkpoint or "", tmp_path / "original.safetensors")
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec.with_changes("model", checkpoint=str(own)))
    mark_class(qtbot, made, "ring")
    choose(made, "logit-mask")
    made.run.start_requested.emit()
    wait_for_end(qtbot, made)
    return made


def answer(qtbot: QtBot, made: Composition, which: str) -> None:
    dialog = made.export.findChild(ReplaceDialog)
    assert isinstance(dialog, ReplaceDialog)
    button: QAbstractButton = getattr(dialog, f"{which}_button")
    assert dialog.defaultButton() is dialog.cancel_button
    button.click()
    qtbot.waitUntil(lambda: made.export.findChild(ReplaceDialog) is None, timeout=PATIENCE)


def test_an_export_asks_and_spares_the_inputs(qtbot: QtBot, finished: Composition, tmp_path: Path) -> None:
    made = finished
    original, earlier = tmp_path / "original.safetensors", tmp_path / "earlier.safetensors"
    before = original.read_bytes()
    (tmp_path / "link.safetensors").symlink_to(original)
    for name in ("original", "link"):
        made.export.path.setText(str(tmp_path / f"{name}.safetensors"))
        made.export.save_button.click()
        assert "is the original, and an input is never replaced" in made.export.result.text()
    assert original.read_bytes() == before
    earlier.write_text("an earlier result")
    made.export.path.setText(str(earlier))
    made.export.save_button.click()
    answer(qtbot, made, "cancel")
    assert made.jobs.current("export") is None and earlier.read_text() == "an earlier result"
    made.export.save_button.click()
    answer(qtbot, made, "replace")
    qtbot.waitUntil(lambda: "Saved and checked" in made.export.result.text(), timeout=PATIENCE)
    assert earlier.stat().st_size > 1000
    # a spec is saved over no input either
    made.sessions.save_spec(str(original))
    assert "is the original" in made.window.notices.text()
    assert original.read_bytes() == before
