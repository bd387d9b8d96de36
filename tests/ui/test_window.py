"""The whole window with the real engine behind it, as a person would use it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFormLayout
from pytestqt.qtbot import QtBot

from maga_desk.domain import paths
from maga_desk.domain.files import sha256_of
from maga_desk.domain.specs.run import MethodSpec, RunSpec, read_spec
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.composition import Composition
from maga_desk.ui.dialogs.shadows import ShadowsDialog
from maga_desk.ui.page_table import PAGES
from maga_desk.ui.runs import RunView
from tests.conftest import with_record

PATIENCE = 60_000
QUICK = {"passes": 6.0, "least_steps": 1, "noise_steps": 5, "retain_batch": 32, "forget_batch": 16}


class Windows:
    """Makes windows over the test's own store, and closes them."""

    def __init__(self, qtbot: QtBot, runs: Path) -> None:
        self._qtbot, self._runs = qtbot, runs
        self.open: list[Composition] = []

    def make(self, confirm: bool = True) -> Composition:
        composition = Composition(
            SessionStore.open(paths.sessions_file()), runs_folder=self._runs, confirm=lambda *_: confirm
        )
        composition.window.show()
        self._qtbot.waitExposed(composition.window)
        composition.start()
        self.open.append(composition)
        return composition

    def close(self, composition: Composition) -> None:
        self.open.remove(composition)
        composition.close()
        composition.window.close()
        composition.window.deleteLater()
        composition.deleteLater()


@pytest.fixture
def windows(qtbot: QtBot, tmp_path: Path) -> Iterator[Windows]:
    windows = Windows(qtbot, tmp_path / "runs")
    yield windows
    for composition in list(windows.open):
        windows.close(composition)


def open_tiny(qtbot: QtBot, made: Composition, spec: RunSpec) -> None:
    """Type the paths into the Load page and press Open."""
    made.load.form.path.setText(spec.data.path or "")
    made.load.form.checkpoint.setText(spec.model.checkpoint or "")
    made.load.form.device.setCurrentText("cpu")
    made.load.form.precision.setCurrentText(spec.precision)
    qtbot.mouseClick(made.load.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: made.desk.workspace is not None and made.load.open_button.isEnabled(), timeout=PATIENCE
    )  # the button comes back a moment after the workspace


def mark_class(qtbot: QtBot, made: Composition, name: str) -> None:
    made.window.show_page("forget")
    items = made.forget.classes.findItems(name, Qt.MatchFlag.MatchExactly)
    made.forget.classes.setCurrentItem(items[0])
    qtbot.mouseClick(made.forget.class_button, Qt.MouseButton.LeftButton)


def start_run(made: Composition, **params: Any) -> None:
    made.window.show_page("run")
    made.run.method_changed.emit(MethodSpec(params={**QUICK, **params}))
    made.run.options_changed.emit({"intent": "auto", "seed": 0, "device": "cpu", "retrained": None})
    made.run.start_requested.emit()


def wait_for_end(qtbot: QtBot, made: Composition) -> None:
    qtbot.waitUntil(lambda: made.desk.runs.shown.spec is not None and not made.desk.runs.busy, timeout=PATIENCE)


def states(made: Composition) -> dict[str, str]:
    return {info.key: button.state for info, button in zip(PAGES, made.window.rail.buttons, strict=True)}


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
    start_run(made)
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
    made.export.export_requested.emit("onnx", str(target))
    qtbot.waitUntil(lambda: "Saved and checked" in made.export.result.text(), timeout=PATIENCE)
    assert target.exists() and states(made)["export"] == "done"
    assert made.export.facts.itemAt(0, QFormLayout.ItemRole.FieldRole).widget().text() == made.desk.runs.shown.title


def test_a_finished_run_is_shown_again_as_it_was(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    first = windows.make()
    open_tiny(qtbot, first, tiny_spec)
    mark_class(qtbot, first, "ring")
    start_run(first)
    wait_for_end(qtbot, first)
    view = first.desk.runs.shown
    windows.close(first)
    second = windows.make()
    assert second.load.sessions.list.count() == 1
    assert "forget ring" in second.load.sessions.list.item(0).text()
    second.load.sessions.list.setCurrentRow(0)
    qtbot.mouseClick(second.load.sessions.open_button, Qt.MouseButton.LeftButton)
    again = second.desk.runs.shown
    assert (again.state, again.report, again.folder) == ("finished", view.report, view.folder)
    assert again.scalars == view.scalars and again.messages == view.messages
    assert [(p.true, p.perturbing) for p in again.noise] == [(p.true, p.perturbing) for p in view.noise]
    qtbot.waitUntil(lambda: second.desk.workspace is not None, timeout=PATIENCE)
    assert second.desk.forget is not None and second.desk.spec.forget.classes == ("ring",)
    assert second.desk.runs.shown.report == view.report


def test_shadow_models_are_trained_after_their_cost_was_said(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tiny_model: Path, tmp_path: Path
) -> None:
    recipe = {"epochs": 2, "lr": 0.1, "batch_size": 64}
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
    made.forget.marks_changed.emit(np.arange(240), True)
    assert "everything is marked" in made.forget.basket.task.text()
    assert made.desk.forget is None
    made.forget.undo_requested.emit()
    assert not made.desk.basket.mask.any()


def test_specs_go_out_and_come_in(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    mark_class(qtbot, made, "disc")
    file = tmp_path / "spec.toml"
    made.sessions.save_spec(str(file))
    assert read_spec(file).forget.classes == ("disc",)
    made.sessions.begin_new()
    assert made.desk.workspace is None and made.desk.session_title == ""
    made.sessions.open_spec(str(file))
    qtbot.waitUntil(lambda: made.desk.forget is not None, timeout=PATIENCE)
    assert made.desk.spec.forget.classes == ("disc",)


def test_settings_of_a_run_go_with_their_session(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path
) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    qtbot.waitUntil(lambda: bool(made.desk.installation.methods), timeout=PATIENCE)
    mark_class(qtbot, made, "disc")
    first = made.desk.session_id
    made.window.show_page("run")
    made.run.options.seed.setValue(7)
    made.run.options.intent.setCurrentText("as if never trained on")
    made.run.method.setCurrentIndex(made.run.method.findData("fine-tune"))
    file = tmp_path / "spec.toml"
    made.sessions.save_spec(str(file))
    saved = read_spec(file)
    assert (saved.seed, saved.intent, saved.method.name) == (7, "membership", "fine-tune")
    made.sessions.begin_new()
    assert made.run.options.seed.value() == 0
    open_tiny(qtbot, made, tiny_spec)
    made.run.options.seed.setValue(9)
    made.sessions.reopen(first or 0)
    qtbot.waitUntil(lambda: made.desk.forget is not None, timeout=PATIENCE)
    assert made.run.options.values()["seed"] == 7
    assert made.run.method_spec() == MethodSpec(name="fine-tune")
    windows.close(made)
    again = windows.make()
    again.sessions.reopen(2)
    qtbot.waitUntil(
        lambda: bool(again.desk.installation.methods) and again.desk.workspace is not None, timeout=PATIENCE
    )
    assert again.run.options.values() == {
            "intent": "auto", "seed": 9, "device": "cpu", "retrained": None, "declared_by": "",
        }  # fmt: skip


def test_erasing_a_session_clears_the_desk(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    session = made.desk.session_id
    assert session is not None
    made.load.session_deleted.emit(session)
    assert made.desk.workspace is None
    assert made.load.sessions.list.count() == 0


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


def test_what_was_typed_stays_when_marks_or_guidance_change(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    qtbot.waitUntil(lambda: bool(made.desk.installation.methods), timeout=PATIENCE)
    mark_class(qtbot, made, "ring")
    made.run.options.seed.setValue(7)
    made.run.method.setCurrentIndex(made.run.method.findData("fine-tune"))
    made.load.form.path.setText("/typed")
    made.forget.marks_changed.emit(np.arange(3), True)
    assert made.run.options.seed.value() == 7
    chosen = made.run.chosen()
    assert chosen is not None and chosen.name == "fine-tune"
    assert made.load.form.path.text() == "/typed"


def test_a_proposal_for_other_marks_is_dropped(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    mark_class(qtbot, made, "ring")
    made.guide.bar.propose_requested.emit({"proposer": "classifier"})
    made.forget.marks_changed.emit(np.arange(3), True)
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


def test_a_failed_reopening_leaves_the_session_alone(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path
) -> None:
    made = windows.make()
    model = tmp_path / "net.safetensors"
    shutil.copy(tiny_spec.model.checkpoint or "", model)
    open_tiny(qtbot, made, tiny_spec.with_changes("model", checkpoint=str(model)))
    mark_class(qtbot, made, "ring")
    made.sessions.save()
    first = made.desk.session_id
    assert first is not None
    model.unlink()
    made.sessions.reopen(first)
    qtbot.waitUntil(lambda: "no such file" in made.window.notices.text(), timeout=PATIENCE)
    open_tiny(qtbot, made, tiny_spec)
    assert made.desk.session_id != first
    with SessionStore.open(paths.sessions_file()) as store:
        assert store.session(first).spec.model.checkpoint == str(model)


def test_changed_pictures_are_said_and_the_session_stays_as_it_was(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path
) -> None:
    made, pictures, model = windows.make(), tmp_path / "pictures", tmp_path / "net.safetensors"
    shutil.copytree(tiny_spec.data.path or "", pictures)
    shutil.copy(tiny_spec.model.checkpoint or "", model)
    spec = tiny_spec.with_changes("data", path=str(pictures)).with_changes("model", checkpoint=str(model))
    open_tiny(qtbot, made, spec)
    mark_class(qtbot, made, "ring")
    made.sessions.save()
    first, kept = made.desk.session_id, made.desk.card
    assert first is not None and kept is not None and kept.fingerprint and kept.checkpoint_sha256
    made.sessions.begin_new()
    before = session_row(first)
    (pictures / "train" / "ring" / "000.png").unlink()
    made.sessions.reopen(first)
    qtbot.waitUntil(lambda: "The pictures have changed since" in made.window.notices.text(), timeout=PATIENCE)
    assert made.desk.workspace is None and made.desk.session_id == first and made.desk.card == kept
    assert made.desk.spec.forget.classes == ("ring",)
    made.sessions.save()
    assert session_row(first) == before
    qtbot.waitUntil(made.load.open_button.isEnabled, timeout=PATIENCE)
    qtbot.mouseClick(made.load.open_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.desk.workspace is not None, timeout=PATIENCE)
    second = made.desk.session_id
    assert second is not None and second != first and session_row(first) == before
    made.sessions.begin_new()
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file

    content = load_file(model)
    content["head.bias"] = content["head.bias"] + 1
    with safe_open(model, "numpy") as stream:
        about = stream.metadata()
    save_file(content, model, about)
    made.sessions.reopen(second)
    qtbot.waitUntil(lambda: "The checkpoint has changed since" in made.window.notices.text(), timeout=PATIENCE)


def session_row(session: int) -> tuple[Any, ...]:
    """What the file keeps of a session, to the byte."""
    with closing(sqlite3.connect(paths.sessions_file())) as db:
        row: tuple[Any, ...] = db.execute("SELECT * FROM sessions WHERE id = ?", (session,)).fetchone()
    return row


def test_a_second_random_share_adds_to_the_first(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    open_tiny(qtbot, made, tiny_spec)
    made.forget.basket.fraction_requested.emit(0.1)
    made.forget.basket.fraction_requested.emit(0.1)
    assert made.desk.basket.mask.sum() == 48


def test_pages_have_a_menu_with_keys(windows: Windows) -> None:
    made = windows.make()
    for position in (1, 5, 0, 2):
        action = made.actions[f"page-{PAGES[position].key}"]
        assert action.shortcut().toString() == f"Ctrl+{position + 1}"
        action.trigger()
        assert made.window.stack.currentIndex() == position


# What takes long to import and is not needed before a person does something.
LATER = (
    "torch",
    "qtawesome",
    "qtpy",
    "pyqtgraph",
    "keyring",
    "httpx2",
    "sklearn",
    "concurrent.futures.process",
    "maga_desk.engine",
)


def test_the_first_paint_comes_before_what_takes_long_to_import() -> None:
    code = f"""
import sys
from PySide6.QtWidgets import QApplication
app = QApplication([])
from maga_desk.app import Composition
from maga_desk.ui.dialogs.shadows import ShadowsDialog
made = Composition(None)
made.window.show()
app.processEvents()
print([name for name in {LATER!r} if name in sys.modules])
made.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]"]


REAL = r"""
import json, os, sys
sys.argv = ["maga-desk"]
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QAbstractButton
from maga_desk.__main__ import open_window
from maga_desk.ui.main_window import MainWindow

def tell(window):  # where the two buttons are on the screen now
    start = [each for each in window.findChildren(QAbstractButton) if each.text() == "Start" and each.isVisible()]
    found = {"run": window.rail.buttons[3], **({"start": start[0]} if start else {})}
    places = {name: each.mapToGlobal(each.rect().center()).toTuple() for name, each in found.items()}
    with open(os.environ["PLACES"] + ".new", "w") as out:
        json.dump(places, out)
    os.replace(os.environ["PLACES"] + ".new", os.environ["PLACES"])

plain = MainWindow.showEvent
def shown(self, event):
    plain(self, event)
    self.telling = QTimer(self)
    self.telling.timeout.connect(lambda: tell(self))
    self.telling.start(200)
MainWindow.showEvent = shown
sys.exit(open_window(["--spec", os.environ["SPEC"]]))
"""


@pytest.mark.window
@pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool")
def test_a_real_window_is_driven_by_real_clicks(tiny_spec: RunSpec, tmp_path: Path, home: Path) -> None:
    """Opens a spec in a window on a virtual screen, starts the run with the mouse, and closes it with the keyboard."""
    (tmp_path / "spec.toml").write_text(tiny_spec.to_toml())
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x900x24"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, pass_fds=[writing]) as screen:
        os.close(writing)
        with os.fdopen(reading) as answer:
            display = f":{answer.readline().strip()}"  # Xvfb picks a free one and says which
        environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        places = tmp_path / "places.json"
        environment |= {"SPEC": str(tmp_path / "spec.toml"), "PLACES": str(places)}
        window = subprocess.Popen([sys.executable, "-c", REAL], env=environment)

        def tool(*words: str) -> str:
            done = subprocess.run(["xdotool", *words], env=environment, capture_output=True, text=True, check=False)
            return done.stdout.strip()

        def until(condition: Callable[[], bool], again: Callable[[], None] = lambda: None) -> None:
            end = time.monotonic() + 80
            while not condition():
                assert time.monotonic() < end, "the window did not get there in time"
                assert window.poll() is None, "the window died"
                again()
                time.sleep(0.3)

        def press_start() -> None:
            for button in ("run", "start"):
                place = json.loads(places.read_text()).get(button) if places.exists() else None
                if place is not None and not _runs(home):
                    tool("mousemove", *map(str, place), "click", "1")
                    time.sleep(1)

        try:
            until(lambda: "forget ring" in tool("search", "--name", "MaGA Desk", "getwindowname"))
            number = tool("search", "--name", "MaGA Desk").split()[0]
            tool("windowmove", number, "0", "0")
            tool("windowsize", number, "1280", "800")
            tool("windowfocus", number)
            until(lambda: bool(_runs(home)), again=press_start)
            until(lambda: _runs(home) == ["finished"])
            tool("key", "ctrl+q")
            assert window.wait(timeout=20) == 0
        finally:
            if window.poll() is None:
                window.kill()
                window.wait()
            screen.terminate()


def _runs(home: Path) -> list[str]:
    """How the runs in a home's sessions stand."""
    if not (home / "sessions.sqlite").exists():
        return []
    with SessionStore.open(home / "sessions.sqlite") as store:
        return [run.status for info in store.recent() for run in store.runs(info.id)]
