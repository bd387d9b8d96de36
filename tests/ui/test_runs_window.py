"""Runs in the whole window: stopped and gone on with, judged further, followed by another request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from pytestqt.qtbot import QtBot

from maga_desk.domain import paths
from maga_desk.domain.files import sha256_of
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.dialogs.shadows import ShadowsDialog
from maga_desk.ui.runs import RunView
from tests.conftest import with_record
from tests.ui.driving import PATIENCE, Windows, mark_class, open_tiny, start_run, states, wait_for_end


def test_shadow_models_are_trained_after_their_cost_was_said(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tiny_model: Path, tmp_path: Path
) -> None:
    recipe = {"epochs": 12, "lr": 0.05, "batch_size": 32}  # less would fall short of the original: no yardstick
    original = with_record(tiny_model, tmp_path / "original.safetensors", recipe=recipe)
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec.with_changes("model", checkpoint=str(original)))
    mark_class(qtbot, made, "ring")
    start_run(made)
    wait_for_end(qtbot, made)
    made.window.show_page("verify")
    qtbot.mouseClick(made.verify.shadows_button, Qt.MouseButton.LeftButton)
    dialog = made.window.findChild(ShadowsDialog)
    assert dialog is not None
    qtbot.waitUntil(dialog.train_button.isEnabled, timeout=PATIENCE)
    assert dialog.estimate.text().startswith("8 shadow models to train, ")
    dialog.count.setValue(1)
    assert not dialog.train_button.isEnabled(), "what another number costs is not known yet"
    qtbot.waitUntil(dialog.train_button.isEnabled, timeout=PATIENCE)
    assert dialog.estimate.text().startswith("2 shadow models to train, ")
    qtbot.mouseClick(dialog.train_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.desk.runs.shown.report.after.value("lira") is not None, timeout=2 * PATIENCE)  # type: ignore[union-attr]
    assert made.desk.runs.shown.report is not None and made.desk.runs.shown.report.retrained is not None
    assert not any("No shadow models" in note for note in made.desk.runs.shown.report.notes)
    run_id, folder = made.desk.runs.shown.run_id, Path(made.desk.runs.shown.folder or "")
    assert run_id is not None
    with SessionStore.open(paths.sessions_file()) as store:
        kept = store.run(run_id)
    assert kept.report == made.desk.runs.shown.report
    assert kept.spec.audit.shadows == 1 and kept.spec == read_spec(folder / "spec.toml")
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["metrics"]["lira"] is not None
    assert kept.summary == {key: value for key, value in summary.items() if key in (kept.summary or {})}
    weights = next(file for file in kept.artefacts if file.kind == "checkpoint")
    assert weights.sha256 == sha256_of(folder / "unlearned.safetensors"), "its record names the yardstick now"


def test_forgetting_more_starts_from_the_result(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    mark_class(qtbot, made, "ring")
    assert not made.export.more_button.isEnabled()
    start_run(made)
    wait_for_end(qtbot, made)
    first = made.desk.runs.shown.checkpoint
    made.window.show_page("export")
    qtbot.mouseClick(made.export.more_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(made.desk.earlier) > 0, timeout=PATIENCE)
    assert made.desk.spec.model.checkpoint == first and made.desk.forget is None
    assert made.desk.card is not None and any("were forgotten before" in note for note in made.desk.card.notes)
    mark_class(qtbot, made, "ring")
    assert made.desk.forget is None and "was forgotten before" in (made.desk.forget_error or "")
    mark_class(qtbot, made, "ring")  # once more: takes the mark away
    mark_class(qtbot, made, "disc")
    assert made.desk.forget is not None and len(made.desk.forget.gone) == 2
    start_run(made)
    wait_for_end(qtbot, made)
    report = made.desk.runs.shown.report
    assert report is not None and (report.after.value("earlier_train") or 0) < 20


def test_pause_cancel_and_continue(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    mark_class(qtbot, made, "ring")
    start_run(made, passes=6.0, retain_batch=16)
    qtbot.waitUntil(lambda: len(made.desk.runs.shown.scalars) > 1, timeout=PATIENCE)
    qtbot.mouseClick(made.run.progress.pause_button, Qt.MouseButton.LeftButton)
    assert states(made)["run"] == "paused" and made.window._job.text().startswith("Paused: ")
    qtbot.wait(300)
    count = len(made.desk.runs.shown.scalars)
    qtbot.wait(500)
    assert len(made.desk.runs.shown.scalars) == count
    qtbot.mouseClick(made.run.progress.pause_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(made.desk.runs.shown.scalars) > count, timeout=PATIENCE)
    qtbot.mouseClick(made.run.progress.cancel_button, Qt.MouseButton.LeftButton)
    wait_for_end(qtbot, made)
    assert made.desk.runs.shown.state == "cancelled"
    folder = made.desk.runs.shown.folder
    qtbot.mouseClick(made.run.continue_button, Qt.MouseButton.LeftButton)
    wait_for_end(qtbot, made)
    assert (made.desk.runs.shown.state, made.desk.runs.shown.folder) == ("finished", folder)
    steps = [scalars.step for scalars in made.desk.runs.shown.scalars]
    assert steps == sorted(set(steps))


@pytest.mark.usefixtures("watched_often")
def test_closing_mid_run_asks_and_is_safe(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make(confirm=False)
    open_tiny(qtbot, made, tiny_spec)
    mark_class(qtbot, made, "ring")
    start_run(made, passes=50.0, retain_batch=4)
    qtbot.waitUntil(lambda: len(made.desk.runs.shown.scalars) > 1, timeout=PATIENCE)
    event = QCloseEvent()
    made.window.closeEvent(event)
    assert not event.isAccepted()  # the person chose to keep it running
    folder = Path(made.desk.runs.shown.folder)
    windows.close(made)
    assert (folder / "resume.pt").exists()
    with SessionStore.open(paths.sessions_file()) as store:
        (run,) = store.runs(store.recent()[0].id)
        assert run.status == "cancelled"
    again = windows.make()
    again.sessions.reopen(1)
    qtbot.waitUntil(lambda: again.desk.workspace is not None, timeout=PATIENCE)
    assert again.desk.runs.shown.can_continue and again.run.continue_button.isEnabled()


@pytest.mark.usefixtures("watched_often")
def test_a_run_keeps_to_itself_while_it_goes_on(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    mark_class(qtbot, made, "ring")
    start_run(made, passes=50.0, retain_batch=8)
    qtbot.waitUntil(lambda: len(made.desk.runs.shown.scalars) > 1, timeout=PATIENCE)
    going_on, workspace = made.desk.runs.shown, made.desk.workspace
    made.sessions.begin_new()
    assert "A run is going on" in made.window.notices.text()
    made.load.demo_requested.emit("class")
    assert "A run is going on" in made.window.notices.text()
    made.sessions.reopen(made.desk.session_id or 0)
    assert (made.desk.runs.shown, made.desk.workspace) == (going_on, workspace)
    other = RunView(folder="another")
    made.desk.runs.show(other)  # whatever is shown, the run's events are its own
    count = len(going_on.scalars)
    qtbot.waitUntil(lambda: len(going_on.scalars) > count, timeout=PATIENCE)
    made.run.progress.cancel_requested.emit()
    qtbot.waitUntil(lambda: going_on.state == "cancelled", timeout=PATIENCE)
    assert (other.state, other.scalars, other.messages) == ("none", [], [])
    made.sessions.begin_new()
    assert made.desk.workspace is None
