"""Jobs beside one another in the whole window: what waits, what is paused, what closing asks, what is told outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from maga_desk.domain import paths
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.composition import Composition
from maga_desk.ui.dialogs.retrain import RetrainDialog
from maga_desk.ui.job_view import JobKind
from tests.conftest import with_record
from tests.ui.driving import PATIENCE, choose, mark_class, open_tiny, wait_for_end


def press(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def asked() -> list[list[str]]:
    """The jobs that closing the window asked about."""
    return []


@pytest.fixture
def made(qtbot: QtBot, tmp_path: Path, asked: list[list[str]]) -> Iterator[Composition]:
    def keep(_window: QWidget, jobs: Sequence[JobKind]) -> bool:
        asked.append([job.purpose for job in jobs])
        return False

    made = Composition(SessionStore.open(paths.sessions_file()), runs_folder=tmp_path / "runs", confirm=keep)
    made.window.show()
    qtbot.waitExposed(made.window)
    made.start()
    yield made
    made.close()
    made.window.may_close = lambda: True
    made.window.close()
    made.window.deleteLater()
    made.deleteLater()


def test_a_retraining_is_no_trap(
    qtbot: QtBot,
    made: Composition,
    asked: list[list[str]],
    tiny_spec: RunSpec,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alerted: list[QWidget] = []
    monkeypatch.setattr(QApplication, "alert", alerted.append)
    monkeypatch.setattr(made.window, "isActiveWindow", lambda: False)
    recipe = {"epochs": 900, "lr": 0.1, "batch_size": 64}
    original = with_record(tiny_model, tmp_path / "original.safetensors", recipe=recipe)
    spec = tiny_spec.with_changes("model", checkpoint=str(original))
    open_tiny(qtbot, made, spec)
    assert len(alerted) == 1, "opening took long, and the person was elsewhere"
    mark_class(qtbot, made, "ring")
    qtbot.waitUntil(lambda: bool(made.desk.installation.methods), timeout=PATIENCE)
    made.window.show_page("run")
    choose(made, "logit-mask")
    made.run.start_requested.emit()
    wait_for_end(qtbot, made)
    first = made.desk.runs.shown
    # what it costs is said before it begins
    made.window.show_page("verify")
    press(qtbot, made.verify.retrain_button)
    dialog = made.window.findChild(RetrainDialog)
    assert dialog is not None and not dialog.train_button.isEnabled()
    qtbot.waitUntil(dialog.train_button.isEnabled, timeout=PATIENCE)
    assert dialog.estimate.text().startswith("Retraining takes about ")
    assert "324,000 picture passes" in dialog.estimate.text()
    press(qtbot, dialog.train_button)
    line = made.verify.progress
    qtbot.waitUntil(lambda: " left" in line.words.text(), timeout=PATIENCE)
    assert line.words.text().startswith("Retraining: ")
    assert made.window._job.text() == line.words.text() and " % – " in made.window.windowTitle()
    # a run that is started meanwhile waits, says for what, and is taken back at once
    made.window.show_page("run")
    made.run.start_requested.emit()
    second = made.desk.runs.shown
    assert second.state == "queued" and second is not first
    assert made.run.progress.words.text().startswith("Waiting for: retraining")
    assert "(1 waiting)" in made.window._job.text()
    judging = made.jobs.current("judge")
    assert judging is not None
    # earlier figures can be looked at, and the one that waits again
    made.verify.run_chosen.emit(first.run_id)
    assert made.desk.runs.shown.run_id == first.run_id and made.desk.runs.shown.report is not None
    assert not made.run.start_button.isEnabled() and made.run.form.isEnabled()
    made.verify.run_chosen.emit(second.run_id)
    assert made.desk.runs.shown is second
    press(qtbot, made.run.progress.cancel_button)
    assert second.state == "cancelled" and made.jobs.current("run") is None
    assert made.jobs.current("judge") is judging and not judging.control.cancelled, "what runs is not disturbed"
    # the retraining itself is paused, asked about, and stopped
    made.window.show_page("verify")
    press(qtbot, line.pause_button)
    assert judging.control.paused and line.words.text().startswith("Paused: Retraining")
    press(qtbot, line.pause_button)
    assert not judging.control.paused
    event = QCloseEvent()
    made.window.closeEvent(event)
    assert not event.isAccepted() and asked == [["judge"]]
    count = len(alerted)
    press(qtbot, line.cancel_button)
    qtbot.waitUntil(lambda: made.jobs.current("judge") is None, timeout=PATIENCE)
    assert line.note.text().startswith("Cancelled. What was trained so far is kept")
    assert len(alerted) == count, "who cancels knows it"
    assert [path.suffixes for path in paths.references_dir().iterdir()] == [[".resume", ".pt"]]
    made.window.closeEvent(event := QCloseEvent())
    assert event.isAccepted() and len(asked) == 1
