from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import Ended, Scalars
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store import opening, owner
from maga_desk.store.sessions import SessionStore


def test_many_threads_at_once(store: SessionStore, spec: RunSpec) -> None:
    errors: list[BaseException] = []
    done: list[int] = []

    def hammer(number: int) -> None:
        try:
            session_id = store.create_session(f"session {number}", spec)
            recorder = store.start_run(session_id, spec, f"out{number}")
            for step in range(200):
                recorder.record(Scalars(step, {"loss": float(number), "retain_accuracy": float(step)}))
                if step % 50 == 0:
                    store.update_session(session_id, title=f"session {number} at {step}")
                    assert store.run(recorder.run_id).scalars[-1].step == step
                    store.recent()
            recorder.record(Ended("finished", {"number": number}))
            done.append(recorder.run_id)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=hammer, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(set(done)) == 8
    for run_id in done:
        run = store.run(run_id)
        assert run.summary is not None
        assert run.status == "finished"
        assert [(s.step, s.values["loss"]) for s in run.scalars] == [(i, run.summary["number"]) for i in range(200)]


def test_everything_happens_on_one_thread(store: SessionStore) -> None:
    seen = {store._owner.call(lambda db: threading.current_thread().name) for _ in range(3)}
    assert seen == {"maga-store"}


def test_writes_are_gathered(path: Path, monkeypatch: pytest.MonkeyPatch, spec: RunSpec) -> None:
    commits: list[float] = []
    real = opening.immediate

    def counted(db: Database) -> object:
        commits.append(time.monotonic())
        return real(db)

    with SessionStore.open(path) as store:
        recorder = store.start_run(store.create_session("s", spec), spec, "out")
        monkeypatch.setattr(owner, "immediate", counted)
        started = time.monotonic()
        for step in range(20):
            recorder.record(Scalars(step, {"loss": 1.0}))
            time.sleep(0.03)
        took = time.monotonic() - started
        gathered = len(commits)
        assert 1 <= gathered <= took / owner.GATHER_SECONDS + 1
        store.flush()
        assert len(store.run(recorder.run_id).scalars) == 20


def test_gathered_writes_arrive_without_being_asked_for(store: SessionStore, path: Path, spec: RunSpec) -> None:
    recorder = store.start_run(store.create_session("s", spec), spec, "out")
    recorder.record(Scalars(1, {"loss": 1.0}))
    other = sqlite3.connect(path)
    deadline = time.monotonic() + 5
    while not (count := other.execute("SELECT count(*) FROM metrics").fetchone()[0]) and time.monotonic() < deadline:
        time.sleep(0.02)
    other.close()
    assert count == 1


def test_a_failed_write_is_told_once_and_spoils_no_other(store: SessionStore, spec: RunSpec) -> None:
    kept = store.start_run(store.create_session("kept", spec), spec, "a")
    lost = store.start_run(store.create_session("lost", spec), spec, "b")
    store._owner.call(lambda db: db.execute("DELETE FROM runs WHERE id = ?", (lost.run_id,)))
    kept.record(Scalars(1, {"loss": 1.0}))
    lost.record(Scalars(1, {"loss": 1.0}))
    kept.record(Scalars(2, {"loss": 1.0}))
    with pytest.raises(StoreError, match=f"run {lost.run_id} was deleted meanwhile"):
        store.flush()
    assert [s.step for s in store.run(kept.run_id).scalars] == [1, 2]


def test_the_event_that_brings_the_bad_news_is_still_recorded(store: SessionStore, spec: RunSpec) -> None:
    recorder = store.start_run(store.create_session("s", spec), spec, "a")
    store._owner._keep(StoreError("an earlier failure"))
    with pytest.raises(StoreError, match="an earlier failure"):
        recorder.record(Ended("finished", {}))
    assert recorder.ended
    assert store.run(recorder.run_id).status == "finished"


def test_close_tells_what_could_not_be_written(path: Path, spec: RunSpec) -> None:
    store = SessionStore.open(path)
    recorder = store.start_run(store.create_session("s", spec), spec, "a")
    store._owner.call(lambda db: db.execute("DELETE FROM runs"))
    recorder.record(Scalars(1, {"loss": 1.0}))
    with pytest.raises(StoreError, match="was deleted meanwhile"):
        store.close()
    store.close()


def test_records_survive_a_lock_by_another_program(path: Path, monkeypatch: pytest.MonkeyPatch, spec: RunSpec) -> None:
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.1)
    monkeypatch.setattr(owner, "RETRY_SECONDS", 0.1)
    with SessionStore.open(path) as store:
        recorder = store.start_run(store.create_session("s", spec), spec, "a")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        recorder.record(Scalars(1, {"loss": 1.0}))
        with pytest.raises(StoreError, match="another program keeps it locked; close that program"):
            store.flush()
        other.execute("ROLLBACK")
        other.close()
        assert _eventually(lambda: store.run(recorder.run_id).scalars == (Scalars(1, {"loss": 1.0}),))


def test_a_bug_in_a_job_reaches_its_caller_and_the_thread_lives_on(store: SessionStore) -> None:
    with pytest.raises(ZeroDivisionError):
        store._owner.call(lambda db: 1 / 0)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        store._owner.call(lambda db: db.execute("SELECT * FROM nowhere"))
    assert store.recent() == []


def test_close_from_several_threads(path: Path) -> None:
    store = SessionStore.open(path)
    threads = [threading.Thread(target=store.close) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


def _eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if holds():
                return True
        except StoreError:
            pass
        time.sleep(0.05)
    return False
