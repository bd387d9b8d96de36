from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import Ended, WorkspaceCard
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.run import RunSpec, parse_spec
from maga_desk.store.sessions import SessionStore


def test_a_session_comes_back_as_it_was(path: Path, spec: RunSpec, card: WorkspaceCard) -> None:
    with SessionStore.open(path) as store:
        session_id = store.create_session("Erase the cats", spec, card)
    with SessionStore.open(path) as store:
        found = store.session(session_id)
    assert found.spec == spec
    assert found.spec.method.params == spec.method.params  # None and infinity too
    assert found.card == card
    assert found.title == "Erase the cats"
    assert found.created == found.updated
    assert found.created.utcoffset() is not None


def test_update_replaces_only_what_is_given(store: SessionStore, spec: RunSpec, card: WorkspaceCard) -> None:
    session_id = store.create_session("first", spec)
    assert store.session(session_id).card is None
    store.update_session(session_id, card=card)
    store.update_session(session_id, title="second")
    changed = spec.with_changes("", seed=8)
    store.update_session(session_id, spec=changed)
    found = store.session(session_id)
    assert (found.title, found.spec, found.card) == ("second", changed, card)
    assert found.updated > found.created


def test_recent_lists_what_changed_last_first(store: SessionStore, spec: RunSpec, card: WorkspaceCard) -> None:
    first = store.create_session("first", spec, card)
    second = store.create_session("second", parse_spec({"data": {"source": "demo"}}))
    third = store.create_session("third", spec)
    store.update_session(first, title="first again")
    recorder = store.start_run(second, spec, "out")
    recorder.record(Ended("cancelled"))
    infos = store.recent()
    assert [info.id for info in infos] == [second, first, third]
    assert store.recent(limit=2) == infos[:2]
    demo, folder, _ = infos
    assert (demo.data, demo.forget, demo.runs, demo.last_status) == ("demo", "", 1, "cancelled")
    assert (folder.data, folder.checkpoint, folder.method) == ("/pictures/of something", "original.safetensors", "maga")
    assert folder.forget == "cat, truck and 1 picture and 5 % of the pictures"
    assert (folder.train_pictures, folder.test_pictures, folder.runs, folder.last_status) == (20_000, 10_000, 0, None)


def test_recent_reads_no_bulk_data(
    store: SessionStore, path: Path, spec: RunSpec, card: WorkspaceCard, proposal: Proposal
) -> None:
    session_id = store.create_session("s", spec, card)
    store.save_proposal(session_id, proposal)
    store.start_run(session_id, spec, "out").record(Ended("finished", {}))
    store.flush()
    with sqlite3.connect(path) as other:  # what cannot be read as JSON or npz must not be touched by a listing
        other.execute("UPDATE sessions SET spec = 'x', card = 'x'")
        other.execute("UPDATE proposals SET matrix = 'x', probabilities = 'x', targets = 'x', classes = 'x'")
        other.execute("UPDATE runs SET spec = 'x', summary = 'x'")
    other.close()
    assert [info.title for info in store.recent()] == ["s"]
    assert [run.status for run in store.runs(session_id)] == ["finished"]


def test_text_that_is_no_valid_unicode_comes_back(store: SessionStore, spec: RunSpec) -> None:
    title = "umlaut \udcfc, NUL \0, snow ☃"
    session_id = store.create_session(title, spec)
    assert store.session(session_id).title == title
    assert store.recent()[0].title == title


@pytest.mark.parametrize(
    "use",
    [
        lambda store, spec, proposal: store.session(99),
        lambda store, spec, proposal: store.update_session(99, title="x"),
        lambda store, spec, proposal: store.delete_session(99),
        lambda store, spec, proposal: store.save_proposal(99, proposal),
        lambda store, spec, proposal: store.start_run(99, spec, "out"),
    ],
)
def test_an_unknown_session_is_told(
    store: SessionStore, spec: RunSpec, proposal: Proposal, use: Callable[..., object]
) -> None:
    with pytest.raises(StoreError, match="there is no session 99"):
        use(store, spec, proposal)
    assert store.recent() == []


def test_a_spec_of_another_version_is_told_and_the_rest_still_works(
    store: SessionStore, path: Path, spec: RunSpec
) -> None:
    session_id = store.create_session("s", spec)
    with sqlite3.connect(path) as other:
        other.execute("""UPDATE sessions SET spec = '{"sed": 1}'""")
    other.close()
    with pytest.raises(StoreError, match=f"session {session_id} holds a spec .* unknown key 'sed'"):
        store.session(session_id)
    assert store.recent()[0].id == session_id


def test_a_closed_store_says_so(path: Path, spec: RunSpec) -> None:
    store = SessionStore.open(path)
    recorder = store.start_run(store.create_session("s", spec), spec, "out")
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.recent()
    with pytest.raises(StoreError, match="closed"):
        recorder.record(Ended("finished"))


def test_ids_are_never_used_again(store: SessionStore, spec: RunSpec) -> None:
    first = store.create_session("s", spec)
    store.delete_session(first)
    assert store.create_session("t", spec) != first


def test_no_torch_no_qt() -> None:
    code = (
        "import sys, maga_desk.store.sessions;"
        "print([m for m in ('torch', 'PySide6', 'pyqtgraph', 'qasync') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_a_name_comes_before_the_title_and_a_page_is_no_change(store: SessionStore) -> None:
    older, newer = store.create_session("forget cat", RunSpec()), store.create_session("forget dog", RunSpec())
    store.update_session(older, page="guide")
    assert [each.id for each in store.recent()] == [newer, older], "looking at a page does not make it newer"
    assert store.session(older).page == "guide" and store.session(newer).page == ""
    store.update_session(older, name="4711", title="forget cat and mug")
    first = store.recent()[0]
    assert (first.id, first.called, first.title) == (older, "4711", "forget cat and mug")
    store.update_session(older, name="")
    assert store.session(older).called == "forget cat and mug"


def test_a_run_is_called_by_a_persons_name_and_says_what_it_forgets(store: SessionStore, spec: RunSpec) -> None:
    session = store.create_session("forget", spec)
    number = store.start_run(session, spec.with_changes("forget", classes=("cat",)), "/runs/1").run_id
    store.rename_run(number, "4711")
    (run,) = store.runs(session)
    assert (run.name, run.forget.split(" ")[0]) == ("4711", "cat")
    with pytest.raises(StoreError, match="no run 99"):
        store.rename_run(99, "other")
