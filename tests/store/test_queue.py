"""The queue's rows: order, who may run it, what is left of a process that ended, and two processes at once."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from maga_desk.domain.errors import StoreError
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore

Python = Callable[..., subprocess.Popen[str]]


def filled(store: SessionStore, spec: RunSpec, tmp_path: Path, count: int = 3) -> list[int]:
    """So many entries with seeds 0, 1, 2."""
    specs = [spec.with_changes("", seed=n).with_changes("output", dir=str(tmp_path / f"{n}")) for n in range(count)]
    return store.queue.add(specs)


def order(store: SessionStore) -> list[int]:
    return [entry.id for entry in store.queue.view().to_come]


def test_entries_come_back_in_their_order(path: Path, spec: RunSpec, tmp_path: Path) -> None:
    with SessionStore.open(path) as store:
        first, second, third = filled(store, spec, tmp_path)
        store.queue.move(third, 0)
        store.queue.skip(first)
        assert order(store) == [third, second, first]
        store.queue.move(third, 99)
    with SessionStore.open(path) as store:
        assert order(store) == [second, first, third]
        assert store.queue.spec(second).seed == 1
        entry = store.queue.entry(second)
        assert (entry.state, entry.method, entry.seed, entry.forget) == ("waiting", "maga", 1, spec.forget.title())
        store.queue.remove(second)
        with pytest.raises(StoreError, match=f"no entry {second} in the queue"):
            store.queue.entry(second)


def test_one_folder_is_one_entrys(store: SessionStore, spec: RunSpec, tmp_path: Path) -> None:
    first, *_ = filled(store, spec, tmp_path)
    again = spec.with_changes("output", dir=str(tmp_path / "0"))
    with pytest.raises(StoreError, match="writes there too"):
        store.queue.add([again])
    store.queue.cancel(first)
    assert store.queue.add([again]) != [first]


def test_claims_follow_the_order_and_what_a_person_wants(store: SessionStore, spec: RunSpec, tmp_path: Path) -> None:
    first, second, third = filled(store, spec, tmp_path)
    queue = store.queue
    with pytest.raises(StoreError, match="another program"):
        queue.claim()
    with queue.run_here():
        queue.pause(first)
        claimed = queue.claim()
        assert claimed is not None and (claimed.id, claimed.state) == (second, "running")
        assert queue.wish(second) == ""
        queue.pause_all("free")
        assert queue.wish(second) == "free"
        queue.pause(second)
        assert queue.wish(second) == "pause"
        with pytest.raises(StoreError, match="cancel it first"):
            queue.remove(second)
        queue.put_back(second, last=True)
        assert queue.claim() is None  # all of it is paused
        queue.resume_all()
        assert [each.id for each in iter(queue.claim, None) if queue.end(each.id, "failed", "why") is None] == [
            third,
            second,
        ]
        queue.resume(first)
        queue.resume(third)
        assert order(store) == [first, third]
        assert [(each.id, each.reason) for each in queue.view().over] == [(second, "why")]
    assert queue.view().runner is None
    assert queue.clear() == 1


def test_an_entry_goes_with_its_session(store: SessionStore, spec: RunSpec) -> None:
    session = store.create_session("s", spec)
    (entry,) = store.queue.add([spec], session)
    recorder = store.start_run(session, spec, "out")
    store.queue.belongs(entry, session, recorder.run_id)
    recorder.fail("why")
    assert store.queue.entry(entry).run_id == recorder.run_id
    store.delete_session(session)
    assert store.queue.view().entries == ()
    with pytest.raises(StoreError, match="no session 99"):
        store.queue.add([spec], 99)


CLAIM = """
import sys
from maga_desk.domain.errors import StoreError
from maga_desk.store.sessions import SessionStore
with SessionStore.open(sys.argv[1]) as store:
    try:
        store.queue.take_over()
    except StoreError as error:
        print(error, flush=True)
    else:
        print(store.queue.claim().id, flush=True)
        sys.stdin.read()
"""


def test_one_process_runs_it_and_a_killed_one_leaves_it(
    path: Path, spec: RunSpec, tmp_path: Path, python: Python
) -> None:
    with SessionStore.open(path) as store:
        first, second, _ = filled(store, spec, tmp_path)
        other = python(CLAIM, path)
        assert other.stdout is not None
        assert other.stdout.readline().strip() == str(first)
        seen = store.queue.view()
        assert (seen.runner, seen.mine) == (other.pid, False)
        assert seen.running is not None and seen.running.process == other.pid
        with pytest.raises(StoreError, match=f"run by process {other.pid} already"):
            store.queue.take_over()
        other.kill()
        other.wait()
        seen = store.queue.view()
        assert seen.runner is None
        assert [entry.state for entry in seen.to_come] == ["interrupted", "waiting", "waiting"]
        with store.queue.run_here():
            claimed = store.queue.claim()
            assert claimed is not None and (claimed.id, claimed.begun is not None) == (first, True)
            refused = python(CLAIM, path)
            assert refused.stdout is not None and "already" in refused.stdout.readline()
            store.queue.end(first, "finished")
            following = store.queue.claim()
            assert following is not None and following.id == second
