from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from maga_desk.domain.specs.run import RunSpec
from maga_desk.store import processes
from maga_desk.store.processes import process_mark
from maga_desk.store.sessions import SessionStore


def test_a_living_process_has_a_mark_and_an_ended_one_has_none() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    mark = process_mark(process.pid)
    assert mark == process_mark(process.pid)
    assert mark != process_mark(os.getpid())
    process.kill()
    if sys.platform != "win32":
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert process_mark(process.pid) is None  # a zombie
    process.communicate()
    assert process_mark(process.pid) is None


@pytest.mark.skipif(sys.platform == "win32", reason="there is no ps")
def test_the_mark_by_ps() -> None:
    if not any((Path(folder) / "ps").exists() for folder in os.get_exec_path()):
        pytest.skip("there is no ps here")
    assert processes._mark_by_ps(os.getpid())
    assert processes._mark_by_ps(2**22 + 1) is None


CHILD = """
import sys
from maga_desk.domain.events import Scalars
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore
store = SessionStore.open(sys.argv[1])
recorder = store.start_run(store.create_session("s", RunSpec()), RunSpec(), "out")
recorder.record(Scalars(1, {"loss": 1.0}))
store.flush()
print(recorder.run_id, flush=True)
input()
"""


def test_a_run_whose_process_was_killed_is_interrupted(
    path: Path, python: Callable[..., subprocess.Popen[str]]
) -> None:
    child = python(CHILD, path)
    assert child.stdout is not None
    run_id = int(child.stdout.readline())
    with SessionStore.open(path) as store:
        assert store.run(run_id).status == "running"
        child.kill()
        child.wait()
        assert [run.status for run in store.runs(1)] == ["interrupted"]  # noticed without reopening too
    with SessionStore.open(path) as store:
        run = store.run(run_id)
        assert (run.status, run.ended, len(run.scalars)) == ("interrupted", None, 1)
        again = store.continue_run(run_id)
        assert store.run(again.run_id).status == "running"


@pytest.mark.parametrize(
    ("column", "value"), [("host", "another-machine"), ("process", "an earlier process of this number"), ("pid", 2**30)]
)
def test_a_run_that_cannot_be_going_on_is_interrupted_at_opening(
    path: Path, spec: RunSpec, column: str, value: object
) -> None:
    with SessionStore.open(path) as store:
        session_id = store.create_session("s", spec)
        stale = store.start_run(session_id, spec, "a").run_id
        living = store.start_run(session_id, spec, "b").run_id
        with sqlite3.connect(path) as other:
            other.execute(f"UPDATE runs SET {column} = ? WHERE id = ?", (value, stale))
        other.close()
        with SessionStore.open(path) as second:
            assert {run.id: run.status for run in second.runs(session_id)} == {stale: "interrupted", living: "running"}
