from __future__ import annotations

import os
import sqlite3
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from maga_desk.domain.errors import StoreError
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.migrations import SCHEMA
from maga_desk.store.sessions import SessionStore


def refused(path: Path) -> str:
    """The one line that opening gives."""
    with pytest.raises(StoreError) as caught:
        SessionStore.open(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("data", [b"a shopping list\n" * 100, b"x", b"\0" * 5000, b"SQLite format 3\0" + b"x" * 30])
def test_a_file_that_is_no_database_is_refused_and_untouched(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "sessions.sqlite"
    path.write_bytes(data)
    assert "is no session database" in refused(path)
    assert contents(tmp_path) == {"sessions.sqlite": data}


def test_another_programs_database_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "bookmarks.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE bookmarks (url)")
    other.close()
    before = contents(tmp_path)
    assert "another program" in refused(path)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("in_log", [False, True])
def test_a_newer_schema_is_refused_and_untouched(tmp_path: Path, spec: RunSpec, in_log: bool) -> None:
    made, path = tmp_path / "made.sqlite", tmp_path / "there" / "sessions.sqlite"
    path.parent.mkdir()
    with SessionStore.open(made) as store:
        store.create_session("s", spec)
    newer = sqlite3.connect(made)
    newer.execute(f"PRAGMA user_version = {SCHEMA.version + 1}")
    # While a connection is open the change is only in the log: a copy now is what a killed program leaves.
    if not in_log:
        newer.close()
    for ending in ("", "-wal"):
        source = made.with_name(made.name + ending)
        if source.exists():
            path.with_name(path.name + ending).write_bytes(source.read_bytes())
    newer.close()
    before = contents(path.parent)
    assert len(before) == 1 + in_log
    versions = f"schema {SCHEMA.version + 1}, this one knows {SCHEMA.version}"
    assert f"newer MaGA Desk ({versions}); update the program" in refused(path)
    assert {name: data for name, data in contents(path.parent).items() if not name.endswith("-shm")} == before


def test_a_damaged_database_is_told(tmp_path: Path, spec: RunSpec) -> None:
    path = tmp_path / "sessions.sqlite"
    with SessionStore.open(path) as store:
        store.create_session("s", spec)
    data = bytearray(path.read_bytes())
    data[100:4096] = os.urandom(3996)
    path.write_bytes(data)
    assert "damaged" in refused(path)
    assert path.read_bytes() == bytes(data)


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    assert "sessions cannot be kept there: Is a directory" in refused(tmp_path)


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    refused(tmp_path / "data" / "sessions.sqlite")


@pytest.fixture
def plain_user() -> Iterator[Path]:
    """A folder that the test may close to itself; root, whom no permission stops, becomes nobody meanwhile."""
    if sys.platform == "win32":
        pytest.skip("folders have no write permission there")
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if root:
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
        try:
            yield folder
        finally:
            folder.chmod(0o700)
            if root:
                os.seteuid(0)


def test_a_folder_that_cannot_be_written(plain_user: Path) -> None:
    plain_user.chmod(0o500)
    assert "Permission denied; check the permissions" in refused(plain_user / "sessions.sqlite")
    assert contents(plain_user) == {}


def test_a_database_in_a_folder_that_cannot_be_written(plain_user: Path, spec: RunSpec) -> None:
    path = plain_user / "sessions.sqlite"
    with SessionStore.open(path) as store:
        store.create_session("s", spec)
    before = contents(plain_user)
    plain_user.chmod(0o500)
    assert "cannot be opened for writing; check the permissions" in refused(path)
    assert contents(plain_user) == before


def test_a_database_that_cannot_be_written(plain_user: Path, spec: RunSpec) -> None:
    path = plain_user / "sessions.sqlite"
    with SessionStore.open(path) as store:
        store.create_session("s", spec)
    path.chmod(0o400)
    assert "Permission denied" in refused(path)


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions there")
def test_nobody_else_may_read_it(path: Path) -> None:
    with SessionStore.open(path):
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_the_connection_is_set_up(store: SessionStore) -> None:
    pragmas = ("journal_mode", "foreign_keys", "secure_delete", "synchronous", "trusted_schema", "user_version")
    values = store._owner.call(lambda db: [db.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas])
    assert values == ["wal", 1, 1, 1, 0, SCHEMA.version]


def test_opening_is_quick(path: Path, spec: RunSpec) -> None:
    with SessionStore.open(path) as store:
        for number in range(50):
            store.create_session(f"session {number}", spec)
    took = []
    for _ in range(5):
        started = time.perf_counter()
        store = SessionStore.open(path)
        took.append(time.perf_counter() - started)
        store.close()
    assert min(took) < 0.05


BOTH = """
import sys
from pathlib import Path
from maga_desk.domain.events import Ended, Scalars
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.migrations import SCHEMA
from maga_desk.store.sessions import SessionStore

print("ready", flush=True)
sys.stdin.readline()
path, name = sys.argv[1:]
with SessionStore.open(path) as store:
    for number in range(10):
        session = store.create_session(f"{name} {number}", RunSpec())
        recorder = store.start_run(session, RunSpec(), f"{name}{number}")
        for step in range(50):
            recorder.record(Scalars(step, {"loss": 1.0}))
        store.run(recorder.run_id)
        recorder.record(Ended("finished", {"who": name}))
"""


def test_three_processes_make_and_use_a_database_at_once(path: Path, python: Callable[..., Popen[str]]) -> None:
    processes = [python(BOTH, path, name) for name in ("one", "two", "three")]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "")
    with SessionStore.open(path) as store:
        infos = store.recent(100)
        assert len({info.title for info in infos}) == 30
        assert {info.last_status for info in infos} == {"finished"}
        for info in infos:
            (run,) = store.runs(info.id)
            assert len(store.run(run.id).scalars) == 50
        applied = store._owner.call(lambda db: db.execute("SELECT name FROM _sqlite_migrations").fetchall())
    assert len(applied) == SCHEMA.version


def test_a_second_process_sees_and_adds(
    store: SessionStore, path: Path, spec: RunSpec, python: Callable[..., Popen[str]]
) -> None:
    mine = store.create_session("mine", spec)
    code = (
        "import sys\n"
        "from maga_desk.domain.specs.run import RunSpec\n"
        "from maga_desk.store.sessions import SessionStore\n"
        "with SessionStore.open(sys.argv[1]) as store:\n"
        "    print([s.title for s in store.recent()])\n"
        "    store.create_session('theirs', RunSpec())\n"
    )
    said, errors = python(code, path).communicate(timeout=30)
    assert (said, errors) == ("['mine']\n", "")
    assert [s.title for s in store.recent()] == ["theirs", "mine"]
    store.update_session(mine, title="still mine")


HAMMER = """
import sys
import numpy as np
from maga_desk.domain.events import Scalars
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.store import owner
from maga_desk.store.sessions import SessionStore

owner.GATHER_SECONDS = 0.005
n = 2000
targets = np.tile(np.float32([0, 1]), (n, 1))
store = SessionStore.open(sys.argv[1])
session = store.create_session("s", RunSpec())
recorder = store.start_run(session, RunSpec(), "out")
step = 0
while True:
    matrix = TransitionMatrix.from_scores(("a", "b"), np.ones((2, 2)), f"proposer {step}")
    names = tuple(f"{step}/{i}.jpg" for i in range(n))
    zeros = np.zeros(n, dtype=np.int64)
    store.save_proposal(session, Proposal(matrix, names, zeros, zeros, targets, targets, zeros > 0, "product"))
    for _ in range(50):
        recorder.record(Scalars(step, {"loss": 1.0, "retain_accuracy": 2.0}))
        step += 1
    print(step, flush=True)
"""


def test_a_process_killed_while_writing_leaves_a_sound_database(path: Path, python: Callable[..., Popen[str]]) -> None:
    for round_ in range(3):
        process = python(HAMMER, path)
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        time.sleep(0.02 * round_)
        process.kill()
        process.wait()
    with SessionStore.open(path) as store:
        assert store._owner.call(lambda db: db.execute("PRAGMA integrity_check").fetchone()[0]) == "ok"
        assert store._owner.call(lambda db: db.execute("PRAGMA foreign_key_check").fetchall()) == []
        infos = store.recent()
        assert len(infos) == 3
        for info in infos:
            (run,) = store.runs(info.id)
            assert run.status == "interrupted"
            scalars = store.run(run.id).scalars
            assert [s.step for s in scalars] == list(range(len(scalars)))
            assert all(set(s.values) == {"loss", "retain_accuracy"} for s in scalars)
            stored = store.proposal(info.id)
            assert stored is not None
            step = stored.proposer.removeprefix("proposer ")  # all rows are of the same saving
            assert stored.proposal.names == tuple(f"{step}/{i}.jpg" for i in range(2000))


FORGETFUL = """
import sys
from maga_desk.domain.events import Ended, Scalars
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.migrations import SCHEMA
from maga_desk.store.sessions import SessionStore

store = SessionStore.open(sys.argv[1])
recorder = store.start_run(store.create_session("s", RunSpec()), RunSpec(), "out")
recorder.record(Scalars(1, {"loss": 1.0}))
recorder.record(Ended("finished", {}))
"""


def test_a_program_that_forgets_to_close_loses_nothing(path: Path, python: Callable[..., Popen[str]]) -> None:
    process = python(FORGETFUL, path)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    with SessionStore.open(path) as store:
        run = store.run(1)
    assert (run.status, len(run.scalars)) == ("finished", 1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_its_place(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "sessions.sqlite")
    with pytest.raises(StoreError, match="no plain file"):
        SessionStore.open(tmp_path / "sessions.sqlite")


@pytest.mark.parametrize("column", ["created", "spec"])
def test_values_that_somebody_else_wrote_are_told(path: Path, spec: RunSpec, column: str) -> None:
    with SessionStore.open(path) as store:
        number = store.create_session("a title", spec)
    connection = sqlite3.connect(path)
    connection.execute(f"UPDATE sessions SET {column} = ?", ["[" * 100_000])
    connection.commit()
    connection.close()
    with SessionStore.open(path) as store, pytest.raises(StoreError, match="cannot be read"):
        store.session(number)
