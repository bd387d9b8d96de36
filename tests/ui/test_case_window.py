"""A request in the window, beside what another program does to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from maga_desk.domain import paths
from maga_desk.domain.events import Audited, Ended
from maga_desk.domain.results import Audit, Figure, Report
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.composition import Composition
from maga_desk.ui.dialogs.case import CaseDialog
from maga_desk.ui.dialogs.case_transfer import CaseExportDialog, CaseImportDialog
from maga_desk.ui.dialogs.purge import PurgeDialog
from maga_desk.ui.job_view import PURGE, JobView
from tests.ui.driving import PATIENCE, Windows

FIGURES = Audit({"retain_test": Figure(80.0)}, (80.0,))


@pytest.fixture
def made(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path) -> Composition:
    """A window with a session that has one judged run."""
    made = windows.make()
    store = made._store
    assert store is not None
    session = store.create_session("forget ring", tiny_spec)
    recorder = store.start_run(session, tiny_spec, str(tmp_path / "out"))
    recorder.record(Audited(Report(("ring",), FIGURES, FIGURES, None, 1.0, None)))
    recorder.record(Ended("finished"))
    store.flush()
    made.desk.set_session(session, "forget ring")
    made.sessions.show_run(recorder.run_id)
    return made


def dialog_of(made: Composition) -> CaseDialog:
    found = made.window.findChild(CaseDialog)
    assert isinstance(found, CaseDialog)
    return found


def test_from_approval_to_purge(qtbot: QtBot, made: Composition) -> None:
    assert "judged" in made.export.case_line.text()
    made.actions["case"].trigger()
    dialog = dialog_of(made)
    qtbot.keyClicks(dialog.form.reference, "AZ-17")
    dialog.save_button.click()
    assert made.export.case_line.text() == "AZ-17: judged"
    dialog.approver.setText("Grace")
    dialog.approve_button.click()
    assert made.export.case_line.text() == "AZ-17: approved" and dialog.approver.text() == ""
    dialog.recipient.setText("Hosting Ltd")
    dialog.told_button.click()
    dialog.hand_over_button.click()
    dialog.close_button.click()
    assert "closed" in made.export.case_line.text()
    dialog.purge_button.click()
    asked = dialog.findChild(PurgeDialog)
    assert isinstance(asked, PurgeDialog) and asked.defaultButton() is asked.cancel_button
    busy: list[JobView] = []
    made.jobs.changed.connect(lambda purpose, view: busy.append(view) if purpose == PURGE and view else None)
    asked.purge_button.click()
    assert busy and not dialog.purge_button.isEnabled(), "it is done in the worker's thread"
    qtbot.waitUntil(lambda: "backups" in dialog.purges.text(), timeout=PATIENCE)
    dialog.accept()
    qtbot.waitUntil(lambda: made.window.findChild(CaseDialog) is None, timeout=PATIENCE)
    assert QApplication.activeModalWidget() is None


def test_opening_the_dialog_writes_no_case_that_stays(qtbot: QtBot, windows: Windows, tiny_spec: RunSpec) -> None:
    made = windows.make()
    store = made._store
    assert store is not None
    session = store.create_session("forget ring", tiny_spec)
    made.desk.set_session(session, "forget ring")
    made.cases.open()
    dialog_of(made).reject()
    (kept,) = store.cases.recent()
    assert kept.case.scope == made.desk.spec.forget.title()
    store.delete_session(session)
    assert store.cases.recent() == []


def test_what_another_program_did_meanwhile_is_kept(qtbot: QtBot, made: Composition) -> None:
    made.actions["case"].trigger()
    dialog = dialog_of(made)
    with SessionStore.open(paths.sessions_file()) as other:
        (kept,) = other.cases.recent()
        other.cases.change(kept.id, lambda case, runs: replace(case, refused="not ours"))
    qtbot.keyClicks(dialog.form.handler, "Lea")
    dialog.save_button.click()
    assert made.export.case_line.text().endswith(": refused") and "not ours" in dialog.steps.text()
    with SessionStore.open(paths.sessions_file()) as other:
        other.cases.delete(kept.id)
    dialog.reopen_button.click()
    assert dialog.fault.text() == f"there is no case {kept.id}"
    dialog.reject()


def test_a_new_case_takes_the_result_in_sight(qtbot: QtBot, made: Composition) -> None:
    made.export.case_button.click()
    dialog = dialog_of(made)
    dialog.which.setCurrentIndex(dialog.which.count() - 1)
    dialog.which.activated.emit(dialog.which.currentIndex())
    store, run = made._store, made.desk.runs.shown.run_id
    assert store is not None and run is not None
    kept = store.cases.of_run(run)
    assert kept is not None and dialog.which.currentData() == kept.id
    assert [each.id for each in store.cases.recent()] == [kept.id], "the one that nobody wrote anything of is gone"
    dialog.reject()


def test_a_case_leaves_and_comes_into_a_window_that_has_nothing(
    qtbot: QtBot, made: Composition, windows: Windows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.start()
    made.actions["case"].trigger()
    dialog = dialog_of(made)
    qtbot.keyClicks(dialog.form.reference, "AZ-17")
    dialog.save_button.click()
    dialog.export_button.click()
    asked = dialog.findChild(CaseExportDialog)
    assert isinstance(asked, CaseExportDialog) and asked.path.text().endswith("AZ-17.case")
    file = tmp_path / "AZ-17.case"
    asked.path.setText(str(file))
    asked.ok_button.click()
    qtbot.waitUntil(file.exists, timeout=PATIENCE)
    dialog.reject()
    monkeypatch.setenv("MAGA_DESK_HOME", str(tmp_path / "other"))
    other = windows.make()
    other.start()
    other.actions["import-case"].trigger()
    bringing = other.window.findChild(CaseImportDialog)
    assert isinstance(bringing, CaseImportDialog)
    bringing.path.setText(str(file))
    bringing.path.editingFinished.emit()
    assert "Where are they here?" in bringing.places.text()
    bringing.ok_button.click()
    qtbot.waitUntil(lambda: [each.title for each in other.sessions.recent] == ["forget ring"], timeout=PATIENCE)
    store = other._store
    assert store is not None and [each.called for each in store.cases.recent()] == ["AZ-17"]
