"""The record of a run, made from the Export page with the real service."""

from __future__ import annotations

import shutil
from pathlib import Path

from pytestqt.qtbot import QtBot

from maga_desk.domain.events import Audited, Ended
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.services.records.checking import check_record
from maga_desk.services.records.reading import read_folder
from maga_desk.ui.dialogs.record import RecordDialog
from tests.ui.driving import PATIENCE, Windows

RINGS = Path(__file__).parents[1] / "kept" / "home" / "runs" / "20261128-053351"


def test_a_record_is_made_and_what_cannot_be_made_is_said(
    qtbot: QtBot, windows: Windows, tiny_spec: RunSpec, tmp_path: Path
) -> None:
    made = windows.make()
    page, store = made.export, made._store
    assert store is not None and not page.record_button.isEnabled()
    folder = Path(shutil.copytree(RINGS, tmp_path / "run"))
    session = store.create_session("forget ring", tiny_spec)
    recorder = store.start_run(session, read_spec(folder / "spec.toml"), str(folder))
    recorder.record(Audited(read_folder(folder).report))
    recorder.record(Ended("finished"))
    store.flush()
    made.desk.set_session(session, "forget ring")
    made.sessions.show_run(recorder.run_id)
    assert page.record_button.isEnabled()

    def ask(target: Path) -> None:
        page.record_button.click()
        dialog = page.findChild(RecordDialog)
        assert isinstance(dialog, RecordDialog) and dialog.folder.text() == str(folder / "record")
        dialog.folder.setText(str(target))
        dialog.key_file.setText(str(tmp_path / "key.pem"))
        dialog.make_button.click()
        qtbot.waitUntil(lambda: bool(page.result.text()) and page.record_button.isEnabled(), timeout=PATIENCE)
        qtbot.waitUntil(lambda: page.findChild(RecordDialog) is None, timeout=PATIENCE)

    ask(tmp_path / "record")
    assert page.result.text().startswith(f"✓  Recorded and signed: {tmp_path / 'record'}")
    assert check_record(tmp_path / "record", checkpoint=folder / "unlearned.safetensors").holds
    (folder / "summary.json").write_text("{")
    ask(tmp_path / "other")
    assert "Not recorded" in page.result.text() and "half written" in page.result.text()
    assert not (tmp_path / "other").exists()
