"""A deleted session leaves no name behind: not in the log, among recent files, or in what was kept."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from maga_desk.cli import main
from maga_desk.domain import paths
from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import Ended, Message
from maga_desk.domain.places import Places
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.purging import delete_session
from maga_desk.store import erasing
from maga_desk.store.sessions import SessionStore

NAME = "Erika-Mustermann"


def below(folder: Path) -> list[str]:
    """Files with the name in them."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and NAME.encode() in path.read_bytes()]


@pytest.fixture
def session(tmp_path: Path, tiny_spec: RunSpec, home: Path) -> int:
    """A session about a list of names, with a run that failed over one; the other session has the same pictures."""
    names = tmp_path / f"{NAME}.txt"
    names.write_text(f"train/ring/{NAME}.png\n")
    spec = tiny_spec.with_changes("forget", classes=[], files=str(names))
    with SessionStore.open(paths.sessions_file()) as store:
        store.create_session("other", tiny_spec)
        number = store.create_session(f"forget {NAME}", spec)
        recorder = store.start_run(number, spec, str(tmp_path / NAME))
        recorder.record(Message(NAME))
        recorder.record(Ended("cancelled"))
    for log in (paths.log_file(), paths.log_file().with_name("maga-desk.log.1")):
        log.write_text(f"cannot read train/ring/{NAME}.png\n")
    places = Places(SettingsFile())
    places.opened("names", str(names))
    places.opened("pictures", str(tiny_spec.data.path))
    places.went_to("export", str(tmp_path / NAME / "net.onnx"))
    assert len(below(home)) >= 4, "database, logs and settings"
    return number


def test_nothing_of_a_deleted_session_is_left_at_home(session: int, home: Path, tiny_spec: RunSpec) -> None:
    assert main(["sessions", "--delete", str(session)]) == 0
    assert below(home) == []
    assert SettingsFile().values.places.recent["pictures"] == (tiny_spec.data.path,), "another session has them, too"


def test_a_window_that_has_the_log_open_writes_on(session: int, home: Path) -> None:
    handler = logging.FileHandler(paths.log_file())
    try:
        handler.emit(logging.makeLogRecord({"msg": f"no {NAME}"}))
        with SessionStore.open(paths.sessions_file()) as store:
            delete_session(store, Places(SettingsFile()), session)
        handler.emit(logging.makeLogRecord({"msg": "on"}))
    finally:
        handler.close()
    assert paths.log_file().read_text() == "on\n" and below(home) == []


def test_killed_between_deleting_and_wiping_the_next_start_finishes(
    session: int, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "wipe", lambda _: None)
        with SessionStore.open(paths.sessions_file()) as store:
            delete_session(store, Places(SettingsFile()), session)
    assert below(home)
    SessionStore.open(paths.sessions_file()).close()
    assert below(home) == []


def test_what_is_not_there_changes_nothing(session: int, home: Path) -> None:
    before = below(home)
    with SessionStore.open(paths.sessions_file()) as store, pytest.raises(StoreError, match="no session 99"):
        delete_session(store, Places(SettingsFile()), 99)
    assert below(home) == before
