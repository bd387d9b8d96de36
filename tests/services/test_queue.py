"""The queue on the tiny world: real runs, one after the other, and whatever comes between."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from maga_desk.domain import paths
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import OutputError
from maga_desk.domain.events import Checkpointed, Opened, Scalars
from maga_desk.domain.queue import EntryTold, EntryTurn, Idle, Over, QueueEvent
from maga_desk.domain.specs.run import RunSpec
from maga_desk.engine import loop
from maga_desk.services import queue as service
from maga_desk.services.queue import add, run_queue
from maga_desk.store.sessions import SessionStore
from tests.services.test_full_disk import room


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[SessionStore]:
    monkeypatch.setattr(service, "LOOK_EVERY", 0.01)
    with SessionStore.open(paths.sessions_file()) as store:
        yield store


@pytest.fixture
def quick(tiny_spec: RunSpec) -> Callable[[str], RunSpec]:
    """Specs that take no steps, by the last part of their folder."""

    def of(name: str) -> RunSpec:
        spec = tiny_spec.with_changes("method", name="logit-mask", params={})
        return spec.with_changes("output", dir=f"{tiny_spec.output.dir}-{name}")

    return of


def done(store: SessionStore, control: RunControl | None = None) -> list[QueueEvent]:
    return list(run_queue(store, control or RunControl(), until_empty=True))


def states(store: SessionStore) -> dict[int, str]:
    return {entry.id: entry.state for entry in store.queue.view().entries}


def metrics_in(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(folder) / "summary.json").read_text())["metrics"]
    return found


def test_one_after_the_other_and_none_that_fails_stops_another(
    store: SessionStore, quick: Callable[[str], RunSpec]
) -> None:
    session = store.create_session("mine", quick("a"))
    gone = quick("gone").with_changes("model", checkpoint="/nowhere.safetensors")
    lost, a = add(store, [gone, quick("a").with_changes("forget", classes=["disc"])], session)
    newer, b = add(store, [quick("newer"), quick("b")])
    change = "UPDATE queue SET spec = json_set(spec, '$.method.later', 1) WHERE id = ?"
    store._owner.call(lambda db: db.execute(change, (newer,)))
    events = done(store)
    assert [event.entry.id for event in events if isinstance(event, EntryTurn)] == [lost, a, newer, b]
    assert states(store) == {lost: "failed", a: "finished", newer: "failed", b: "finished"}
    assert "holds a spec that this version cannot read" in store.queue.entry(newer).reason
    entry = store.queue.entry(lost)
    assert entry.reason.startswith("/nowhere.safetensors: there is no such file") and "\n" not in entry.reason
    assert isinstance(events[-1], Idle) and events[-1].reason == "nothing waits"
    (run,) = store.runs(session)
    assert store.queue.entry(a).run_id == run.id and Path(run.folder) == Path(quick("a").output.dir).resolve()
    assert store.session(session).spec == quick("a"), "a run of another request leaves the session as it is"
    assert store.queue.entry(b).session_id not in (None, session), "one without a session gets its own"


def test_a_stopped_run_goes_on_to_the_same_figures(
    store: SessionStore, tiny_spec: RunSpec, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY_SECONDS", 0.0)
    spec = tiny_spec.with_changes("output", dir=f"{tiny_spec.output.dir}-queued")
    (number,) = add(store, [spec])
    control = RunControl()
    for event in run_queue(store, control, until_empty=True):
        if isinstance(event, EntryTold) and isinstance(event.event, Checkpointed):
            control.cancel()
    entry = store.queue.entry(number)
    assert (entry.state, entry.begun is not None, entry.state_words) == ("waiting", True, "waits, begun")
    (run,) = store.runs_in(str(Path(spec.output.dir).resolve()))
    assert run.status == "cancelled"
    done(store)
    assert states(store) == {number: "finished"}
    (again,) = store.runs_in(str(Path(spec.output.dir).resolve()))
    assert (again.id, again.status) == (run.id, "finished")
    assert metrics_in(spec.output.dir) == metrics_in(str(finished))


@pytest.mark.usefixtures("watched_often")
def test_a_person_skips_frees_and_cancels_what_is_run(
    store: SessionStore, tiny_spec: RunSpec, quick: Callable[[str], RunSpec]
) -> None:
    (slow, other) = add(
        store, [tiny_spec.with_changes("method", params={**tiny_spec.method.params, "passes": 50.0}), quick("b")]
    )
    queue, acts = store.queue, iter(["skip", "free", "cancel"])
    wishes: dict[str, Callable[[int], None]] = {
        "skip": queue.skip,
        "free": lambda each: queue.pause(each, "free"),
        "cancel": queue.cancel,
    }
    found: list[str] = []
    for _ in range(2):
        asked = 0
        for event in run_queue(store, RunControl(), until_empty=True):
            if isinstance(event, EntryTurn):
                asked = 0
            elif isinstance(event, EntryTold) and isinstance(event.event, Scalars) and event.entry.id == slow:
                asked += 1
                if asked == 1:
                    wishes[next(acts)](slow)
            elif isinstance(event, Over):
                found.append(f"{event.entry.id == slow}: {event.entry.state}")
            elif isinstance(event, Idle):
                found.append(event.reason)
        if queue.entry(slow).state == "held":
            queue.resume(slow)
    assert found == [
        "True: waiting",  # skipped: the other one goes first
        "False: finished",
        "True: held",
        "1 to come, all paused",
        "True: cancelled",
        "nothing waits",
    ]
    assert states(store)[other] == "finished"


def test_what_is_open_is_used_again(store: SessionStore, quick: Callable[[str], RunSpec]) -> None:
    add(store, [quick("a"), quick("b").with_changes("", seed=1)])
    stages = [event.event for event in done(store) if isinstance(event, EntryTold)]
    read = [event for event in stages if getattr(event, "stage", "") == "Reading the model"]
    assert len(read) == 1 and sum(isinstance(event, Opened) for event in stages) == 2


def test_a_full_disk_pauses_the_queue(store: SessionStore, quick: Callable[[str], RunSpec]) -> None:
    first, second = add(store, [quick("a"), quick("b")])
    with room(300_000):
        events = done(store)
    last = events[-1]
    assert isinstance(last, Idle) and last.full and "File too large; make room there" in last.reason
    view = store.queue.view()
    assert states(store) == {first: "waiting", second: "waiting"}
    assert (view.paused, view.reason) == ("free", last.reason)
    assert isinstance(idle := done(store)[0], Idle) and "paused with 2 to come" in idle.reason
    store.queue.resume_all()
    done(store)
    assert states(store) == {first: "finished", second: "finished"}


def test_a_folder_with_a_result_is_refused_before_it_waits(store: SessionStore, finished: Path) -> None:
    spec = RunSpec().with_changes("output", dir=str(finished))
    with pytest.raises(OutputError, match="holds the result of an earlier run"):
        add(store, [spec])
    assert store.queue.view().entries == ()
