"""The whole window with the real engine behind it, as a person would use it: from pictures to a saved file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout
from pytestqt.qtbot import QtBot

from maga_desk.domain.marking import BY_HAND
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.ui.page_table import PAGES
from tests.ui.driving import PATIENCE, Windows, mark_class, open_tiny, start_run, states, wait_for_end


def test_from_pictures_to_an_exported_checkpoint(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path
) -> None:
    made = windows.make()
    assert states(made)["forget"] == "missing"
    open_tiny(qtbot, made, tiny_spec)
    assert states(made) == {
        "load": "done", "forget": "ready", "guide": "missing",
        "run": "missing", "verify": "missing", "export": "missing",
    }  # fmt: skip
    mark_class(qtbot, made, "ring")
    assert made.desk.forget is not None and made.desk.forget.task == "class"
    assert made.desk.spec.forget.classes == ("ring",)
    made.window.show_page("guide")
    qtbot.waitUntil(lambda: bool(made.desk.installation.proposers), timeout=PATIENCE)
    qtbot.mouseClick(made.guide.bar.propose_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.desk.proposal is not None, timeout=PATIENCE)
    made.guide.matrix.model.cell_edited.emit("ring", "cross", 0.75)
    made.guide.table.labels_edited.emit([0, 1], "square")
    proposal = made.desk.proposal
    assert proposal is not None
    assert proposal.matrix.values[2].tolist()[0] == pytest.approx(0.75)
    assert proposal.edited.sum() == 2
    made.guide.undo_requested.emit()
    assert made.desk.proposal is not None and made.desk.proposal.edited.sum() == 0
    made.guide.redo_requested.emit()
    start_run(made, "full")
    wait_for_end(qtbot, made)
    assert made.desk.runs.shown.state == "finished"
    assert len(made.desk.runs.shown.scalars) > 3 and made.desk.runs.shown.noise
    report = made.desk.runs.shown.report
    assert report is not None and (report.after.value("forget_train") or 0) < 10
    folder = Path(made.desk.runs.shown.folder)
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["labels_by_hand"], summary["cells_by_hand"]) == (2, 1)
    assert read_spec(folder / "spec.toml").guidance.label_edits == {
        "train/ring/000.png": "square", "train/ring/001.png": "square",
    }  # fmt: skip
    assert states(made)["export"] == "ready"
    assert "1 run, last finished" in made.load.sessions.list.item(0).text()
    mark_class(qtbot, made, "disc")
    assert made.verify.result.sentence.text().startswith("Class ring: "), "the figures' request, not what is marked now"
    assert made.verify.runs.currentText().endswith("maga, finished")
    target = tmp_path / "net.onnx"
    made.export.export_requested.emit("onnx", str(target), "float32")
    qtbot.waitUntil(lambda: "Saved and checked" in made.export.result.text(), timeout=PATIENCE)
    assert target.exists() and states(made)["export"] == "done"
    assert made.export.facts.itemAt(0, QFormLayout.ItemRole.FieldRole).widget().text() == made.desk.runs.shown.title


def test_mistakes_stand_on_their_page_and_lose_nothing(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tiny_folder: Path, tmp_path: Path
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    mark_class(qtbot, made, "ring")
    before = made.desk.workspace
    (tmp_path / "no.pt").write_text("no checkpoint")
    made.load.form.checkpoint.setText(str(tmp_path / "no.pt"))
    qtbot.mouseClick(made.load.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "not a checkpoint" in made.window.notices.text(), timeout=PATIENCE)
    assert made.desk.workspace is before
    assert made.desk.forget is not None
    assert made.load.form.checkpoint.text() == str(tmp_path / "no.pt")
    made.guide.table.labels_edited.emit([0], "ring")
    made.sessions.open_spec(str(tmp_path / "none.toml"))
    assert "cannot read" in made.window.notices.text()


def test_everything_marked_is_said_and_undone(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    made.forget.step_wanted.emit("add", np.arange(240), BY_HAND)
    assert "everything is marked" in made.forget.basket.task.text()
    assert made.desk.forget is None
    made.forget.undo_requested.emit()
    assert not made.desk.basket.mask.any()


def test_a_second_random_share_adds_to_the_first(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    made.forget.basket.fraction_requested.emit(0.1)
    made.forget.basket.fraction_requested.emit(0.1)
    assert made.desk.basket.mask.sum() == 48


def test_what_was_typed_stays_when_marks_or_guidance_change(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    qtbot.waitUntil(lambda: bool(made.desk.installation.methods), timeout=PATIENCE)
    mark_class(qtbot, made, "ring")
    made.run.options.seed.setValue(7)
    made.run.method.setCurrentIndex(made.run.method.findData("fine-tune"))
    made.load.form.path.setText("/typed")
    made.forget.step_wanted.emit("add", np.arange(3), BY_HAND)
    assert made.run.options.seed.value() == 7
    chosen = made.run.chosen()
    assert chosen is not None and chosen.name == "fine-tune"
    assert made.load.form.path.text() == "/typed"


def test_a_proposal_for_other_marks_is_dropped(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    mark_class(qtbot, made, "ring")
    made.guide.bar.propose_requested.emit({"proposer": "classifier"})
    made.forget.step_wanted.emit("add", np.arange(3), BY_HAND)
    qtbot.waitUntil(lambda: made.jobs.current("propose") is None, timeout=PATIENCE)
    assert made.desk.proposal is None


def test_labels_by_hand_go_with_their_class(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    mark_class(qtbot, made, "ring")
    made.guide.bar.propose_requested.emit({"proposer": "classifier"})
    qtbot.waitUntil(lambda: made.desk.proposal is not None, timeout=PATIENCE)
    made.guide.table.labels_edited.emit([0], "disc")
    made.guide.table.labels_edited.emit([1], "cross")
    mark_class(qtbot, made, "disc")
    assert made.desk.spec.guidance.label_edits == {"train/ring/001.png": "cross"}
    made.guide.bar.propose_requested.emit({"proposer": "classifier"})
    qtbot.waitUntil(lambda: made.desk.proposal is not None, timeout=PATIENCE)


def test_pages_have_a_menu_with_keys(windows: Windows) -> None:
    made = windows.make()
    for position in (1, 5, 0, 2):
        action = made.actions[f"page-{PAGES[position].key}"]
        assert action.shortcut().toString() == f"Ctrl+{position + 1}"
        action.trigger()
        assert made.window.stack.currentIndex() == position
