"""A deleted session leaves no name behind: not in the log, among recent files, or in what was kept."""

from __future__ import annotations

import logging
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from maga_desk.cli import main
from maga_desk.domain import cases, paths
from maga_desk.domain.errors import CaseError, StoreError
from maga_desk.domain.events import Ended, Message, drained
from maga_desk.domain.places import Places
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.record_folder import MANIFEST
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.services import purging as services_purging
from maga_desk.services.purging import BEYOND, delete_session, forget_places, purging
from maga_desk.store import erasing, opening
from maga_desk.store.sessions import SessionStore

NAME = "Erika-Mustermann"
AT = datetime(2026, 3, 4, tzinfo=UTC)


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


def closed_case(tiny_spec: RunSpec, folder: Path) -> int:
    """A refused case with one run, of a session whose labels name a picture."""
    with SessionStore.open(paths.sessions_file()) as store:
        session = store.create_session("forget", tiny_spec)
        recorder = store.start_run(session, tiny_spec, str(folder))
        recorder.record(Ended("cancelled"))
        store.flush()
        store.save_proposal(session, small_proposal(NAME))
        kept = store.cases.of_run(recorder.run_id)
        assert kept is not None
        store.cases.change(kept.id, lambda case, runs: cases.refused(case, runs, "not ours"))
        return kept.id


def small_proposal(name: str) -> Proposal:
    matrix = TransitionMatrix(("cat", "dog"), np.array([[0.0, 1.0], [1.0, 0.0]]), "uniform", ())
    one = np.array([[0.0, 1.0]], dtype=np.float32)
    return Proposal(
        matrix=matrix, names=(f"train/cat/{name}.png",), indices=np.zeros(1, np.int64), true=np.zeros(1, np.int64),
        probabilities=one, targets=one, edited=np.zeros(1, bool), combine="matrix",
    )  # fmt: skip


def test_old_pages_are_wiped_before_it_is_said_that_they_are(tiny_spec: RunSpec, tmp_path: Path, home: Path) -> None:
    case = closed_case(tiny_spec, tmp_path / "out")
    assert below(home)
    with SessionStore.open(paths.sessions_file()) as store:
        kept = drained(purging(store, case, AT))
        (purge,) = kept.case.purges
        assert purge.removed[-1] == "old pages of the database, and the log" and below(home) == []


def test_pages_that_cannot_be_wiped_yet_stand_under_what_is_left(
    tiny_spec: RunSpec, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.1)
    case = closed_case(tiny_spec, tmp_path / "out")
    with SessionStore.open(paths.sessions_file()) as store:
        other = sqlite3.connect(paths.sessions_file(), isolation_level=None)
        other.execute("BEGIN")
        other.execute("SELECT * FROM sessions").fetchall()
        (purge,) = drained(purging(store, case, AT)).case.purges
        other.close()
        assert _due(store)
    assert purge.left[0].startswith("old pages of the database, and the log: it is deleted, but another program")
    assert not any("old pages" in line for line in purge.removed)
    with SessionStore.open(paths.sessions_file()) as store:
        assert not _due(store), "the next opening has wiped them"
    assert below(home) == []


def _due(store: SessionStore) -> bool:
    """Whether something that was deleted is still to be wiped."""
    return bool(store._owner.call(lambda db: db.execute("SELECT * FROM meta WHERE key = 'erasing'").fetchall()))


def test_killed_between_forgetting_labels_and_wiping_the_next_start_finishes(
    tiny_spec: RunSpec, tmp_path: Path, home: Path
) -> None:
    closed_case(tiny_spec, tmp_path / "out")
    with SessionStore.open(paths.sessions_file()) as store:
        assert store.forget_guidance([info.id for info in store.recent()]) == 1
    SessionStore.open(paths.sessions_file()).close()
    assert below(home) == []


def test_a_purge_names_records_and_retrained_nets_that_are_left(tiny_spec: RunSpec, tmp_path: Path) -> None:
    retrained = tmp_path / "retrained.safetensors"
    retrained.write_bytes(b"net")
    spec = tiny_spec.with_changes("audit", retrained=str(retrained))
    case = closed_case(spec, tmp_path / "out")
    usual, noted = tmp_path / "out" / "record" / MANIFEST, tmp_path / "elsewhere" / MANIFEST
    for manifest in (usual, noted):
        manifest.parent.mkdir(parents=True)
        manifest.write_text("{}")
    with SessionStore.open(paths.sessions_file()) as store:
        assert store.note_record(tmp_path / "out", noted) is not None
        assert store.note_record(tmp_path / "nobody's", noted) is None
        SettingsFile().change(lambda settings: settings.saving_query("a customer", "subject:4711"))
        (purge,) = drained(purging(store, case, AT)).case.purges
    for line in (
        f"{usual.parent}: a record of the erasure",
        f"{noted.parent}: a record of the erasure",
        f"{retrained}: the retrained model that run 1 was judged by",
        "saved queries (1), which may name people: the menu beside the query line removes them",
    ):
        assert line in purge.left


def test_a_purge_says_what_the_database_and_the_settings_still_hold_of_names(
    tiny_spec: RunSpec, tmp_path: Path, home: Path
) -> None:
    left = [{"picture": "train/disc/001.png", "copy_of": "train/ring/001.png", "reason": f"Of {NAME}"}]
    case = closed_case(tiny_spec.with_changes("forget", left=left), tmp_path / "out")
    SettingsFile().change(lambda now: now.saving_query("hers", f"subject={NAME}"))
    with SessionStore.open(paths.sessions_file()) as store:
        (purge,) = drained(purging(store, case, AT)).case.purges
    assert below(home), "names are there"
    assert any(line.startswith("session 1: of run 1, the spec in the database") for line in purge.left)
    assert any(line.startswith("session 1: its spec in the database") for line in purge.left)
    assert any(line.startswith("saved queries (1)") for line in purge.left)


def test_a_purge_names_messages_and_says_nothing_of_a_run_over_a_class(tiny_spec: RunSpec, tmp_path: Path) -> None:
    silent = closed_case(tiny_spec, tmp_path / "out")
    with SessionStore.open(paths.sessions_file()) as store:
        session = store.create_session("other", tiny_spec)
        recorder = store.start_run(session, tiny_spec, str(tmp_path / "there"))
        recorder.record(Message("1 picture that stays is a near copy (train/ring/001.png is like train/disc/001.png)"))
        recorder.record(Ended("cancelled"))
        store.flush()
        told = store.cases.of_run(recorder.run_id)
        assert told is not None
        store.cases.change(told.id, lambda case, runs: cases.refused(case, runs, "not ours"))
        (purge,) = drained(purging(store, told.id, AT)).case.purges
        assert any(line.startswith(f"session {session}: of run {recorder.run_id}, messages in") for line in purge.left)
        (other,) = drained(purging(store, silent, AT)).case.purges
    assert not any("in the database" in line or line.startswith("saved queries") for line in other.left)


class Killed(BaseException):
    """As a kill: nothing of ours runs after it."""


def _kill(*_: object) -> None:
    raise Killed


@pytest.mark.parametrize(
    ("place", "removed", "left"),
    [
        ("_without_labels", 0, "what is kept: its removal was begun and did not come to its end"),
        ("wipe", 4, "old pages of the database, and the log: deleted, but not wiped yet"),
    ],
)
def test_killed_in_between_a_purge_leaves_a_note_and_the_next_one_finishes(
    place: str, removed: int, left: str, tiny_spec: RunSpec, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = closed_case(tiny_spec, tmp_path / "out")
    with SessionStore.open(paths.sessions_file()) as store:
        with monkeypatch.context() as patch:
            patch.setattr(store.cases if place == "wipe" else services_purging, place, _kill)
            with pytest.raises(Killed):
                drained(purging(store, case, AT))
        (purge,) = store.cases.case(case).case.purges
        assert len(purge.removed) == removed and purge.left[0].startswith(left) and BEYOND in purge.left
        first, second = drained(purging(store, case, AT)).case.purges
        assert first == purge, "what was noted of the killed one stays, within the same second too"
        assert second.removed[-1] == "old pages of the database, and the log" and below(home) == []


def test_only_what_is_over_is_purged(tiny_spec: RunSpec, tmp_path: Path) -> None:
    case = closed_case(tiny_spec, tmp_path / "out")
    with SessionStore.open(paths.sessions_file()) as store:
        store.cases.change(case, lambda kept, _: cases.reopened(kept))
        with pytest.raises(CaseError, match="is open; close or refuse it"):
            drained(purging(store, case, AT))
        with pytest.raises(CaseError, match="is open; close or refuse it"):
            forget_places(store, Places(SettingsFile()), case)
