from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import Popen

import pytest
from sqlite_utils import Database

from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import Ended, Message, Scalars, WorkspaceCard
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store import erasing, opening
from maga_desk.store.sessions import SessionStore

SECRET = "Erika-Mustermann"


def bytes_on_disk(path: Path) -> bytes:
    """The database and its logs."""
    return b"".join(file.read_bytes() for file in path.parent.iterdir() if file.name.startswith(path.name))


def fill(store: SessionStore, name: str, spec: RunSpec, card: WorkspaceCard, proposal: Proposal) -> int:
    """A session with the name in every text."""
    session_id = store.create_session(name, spec, replace(card, notes=(name,)))
    for round_ in range(4):  # many rewrites leave many old copies
        names = tuple(f"{name}/{round_}/{i}.jpg" for i in range(len(proposal.names)))
        store.save_proposal(session_id, replace(proposal, names=names, combine=f"{name} {round_}"))
        store.update_session(session_id, title=f"{name} {'x' * random.Random(round_).randrange(200)}")
    return session_id


def test_nothing_of_a_deleted_session_stays_in_the_file(
    path: Path, spec: RunSpec, card: WorkspaceCard, proposal_of: Callable[[int], Proposal], report: Report
) -> None:
    proposal = proposal_of(300)
    with SessionStore.open(path) as store:
        kept = fill(store, "kept", spec, card, proposal)
        gone = fill(store, SECRET, spec, card, proposal)
        recorder = store.start_run(gone, spec, f"/runs/{SECRET}/1")
        for step in range(50):
            recorder.record(Message(f"{SECRET} {step}"))
            recorder.record(Scalars(step, {SECRET: 1.0}))
        recorder.record(Ended("finished", {"name": SECRET}))
        store.start_run(gone, spec, f"/runs/{SECRET}/2").fail(SECRET)
        store.start_run(gone, spec, f"/runs/{SECRET}/2").fail(SECRET)
        also_kept = fill(store, "also kept", spec, card, proposal)
        store.save_judgement(recorder.run_id, spec, report)
        assert SECRET.encode() in bytes_on_disk(path)
        assert store.delete_session(gone) == (Path(f"/runs/{SECRET}/1"), Path(f"/runs/{SECRET}/2"))
        assert SECRET.encode() not in bytes_on_disk(path)
        assert b"kept" in bytes_on_disk(path)
        counts = store._owner.call(
            lambda db: [
                db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("runs", "metrics", "messages", "artefacts", "meta")
            ]
        )
        assert counts == [0] * 5
        assert {info.id for info in store.recent()} == {kept, also_kept}
        stored = store.proposal(kept)
        assert stored is not None
        assert len(stored.labels) == 300
    assert SECRET.encode() not in bytes_on_disk(path)


def test_deleting_gives_the_space_back(
    path: Path, spec: RunSpec, card: WorkspaceCard, proposal_of: Callable[[int], Proposal]
) -> None:
    with SessionStore.open(path) as store:
        gone = fill(store, "gone", spec, card, proposal_of(2_000))
        store.delete_session(gone)
        assert store._owner.call(lambda db: db.execute("PRAGMA freelist_count").fetchone()[0]) == 0
        assert path.stat().st_size < 200_000


def test_freed_pages_are_zeroed_at_once(
    path: Path, spec: RunSpec, card: WorkspaceCard, proposal_of: Callable[[int], Proposal]
) -> None:
    with SessionStore.open(path) as store:
        session_id = fill(store, SECRET, spec, card, proposal_of(2_000))
        store.save_proposal(session_id, proposal_of(3))
    assert path.read_bytes().count(SECRET.encode()) < 50  # of 2,000; what stays is in pages still in use, until erased


def test_run_folders_are_left_alone(store: SessionStore, spec: RunSpec, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "summary.json").write_text("{}")
    session_id = store.create_session("s", spec)
    store.start_run(session_id, spec, folder).record(Ended("finished", {}))
    assert store.delete_session(session_id) == (folder,)
    assert (folder / "summary.json").read_text() == "{}"


def test_a_session_with_a_run_going_on_is_not_deleted(store: SessionStore, spec: RunSpec) -> None:
    session_id = store.create_session("s", spec)
    recorder = store.start_run(session_id, spec, "out")
    told = f"run {recorder.run_id} of this session is going on in process {os.getpid()}; cancel it first"
    with pytest.raises(StoreError, match=told):
        store.delete_session(session_id)
    recorder.record(Ended("cancelled"))
    assert store.delete_session(session_id) == (Path("out"),)


def test_a_reader_that_keeps_old_pages_is_told_and_wiping_is_done_later(
    path: Path, monkeypatch: pytest.MonkeyPatch, spec: RunSpec
) -> None:
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.1)
    with SessionStore.open(path) as store:
        session_id = store.create_session(SECRET, spec)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN")
        other.execute("SELECT * FROM sessions").fetchall()
        with pytest.raises(StoreError, match="it is deleted, but another program reads the database"):
            store.delete_session(session_id)
        assert store.recent() == []
        other.close()
    with SessionStore.open(path) as store:
        assert SECRET.encode() not in bytes_on_disk(path)
        assert store._owner.call(lambda db: db.execute("SELECT * FROM meta").fetchall()) == []


def test_a_program_killed_before_wiping_is_made_good_for(
    path: Path, monkeypatch: pytest.MonkeyPatch, spec: RunSpec, python: Callable[..., Popen[str]]
) -> None:
    code = (
        "import os, sys, signal\n"
        "from maga_desk.domain.specs.run import RunSpec\n"
        "from maga_desk.store import erasing\n"
        "from maga_desk.store.sessions import SessionStore\n"
        "store = SessionStore.open(sys.argv[1])\n"
        "session = store.create_session(sys.argv[2], RunSpec())\n"
        "erasing.wipe = lambda db: os._exit(9)\n"
        "store.delete_session(session)\n"
    )
    process = python(code, path, SECRET)
    process.communicate(timeout=30)
    assert process.returncode == 9
    assert SECRET.encode() in bytes_on_disk(path)
    wiped = []
    real = erasing.wipe

    def wipe(db: Database) -> None:
        wiped.append(True)
        real(db)

    monkeypatch.setattr(erasing, "wipe", wipe)
    for _ in range(2):
        with SessionStore.open(path) as store:
            assert store.recent() == []
            assert SECRET.encode() not in bytes_on_disk(path)
    assert wiped == [True]
