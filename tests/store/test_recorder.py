from __future__ import annotations

import hashlib
import json
import math
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from maga_desk.domain.errors import StoreError
from maga_desk.domain.events import (
    Audited,
    Checkpointed,
    Ended,
    Message,
    NoisePair,
    Opened,
    Progress,
    Proposed,
    Saved,
    Scalars,
    Started,
    WorkspaceCard,
)
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.results import Report
from maga_desk.domain.run_folder import KINDS, RESUME
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.summary import rejudged
from maga_desk.store.recorder import RunRecorder
from maga_desk.store.sessions import SessionStore


@pytest.fixture
def session_id(store: SessionStore, spec: RunSpec) -> int:
    return store.create_session("s", spec)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


@pytest.fixture
def recorder(store: SessionStore, session_id: int, spec: RunSpec, folder: Path) -> RunRecorder:
    return store.start_run(session_id, spec, folder)


def test_a_whole_run_comes_back(
    store: SessionStore,
    recorder: RunRecorder,
    spec: RunSpec,
    card: WorkspaceCard,
    proposal: Proposal,
    report: Report,
    folder: Path,
) -> None:
    for name in ("unlearned.safetensors", "summary.json", "resume.pt"):
        (folder / name).write_bytes(name.encode())
    summary = {"task": "class", "metrics": {"mia": 26.2, "js_to_retrained": None}, "seconds": np.float32(4.5)}
    noise = NoisePair("cat", "dog", None, None)
    recorder.record(Started("a run"))
    recorder.record(Opened(card))
    recorder.record(Proposed(proposal))
    recorder.record(noise)
    recorder.record(Progress("train", 1, 10))
    recorder.record(Scalars(1, {"loss": 2.5, "retain_accuracy": np.float32(80.5)}))  # type: ignore[dict-item]
    recorder.record(Scalars(2, {"loss": math.nan}))
    recorder.record(Scalars(3, {"loss": math.inf, "forget_accuracy": 1e-300}))
    recorder.record(Message("slow disk", "warning"))
    recorder.record(Message("all well"))
    recorder.record(Checkpointed(str(folder / "resume.pt"), 2))
    store.flush()
    (folder / "resume.pt").unlink()
    recorder.record(Audited(report))
    recorder.record(Ended("finished", summary, str(folder)))
    run = store.run(recorder.run_id)
    assert (run.status, run.spec, run.report, run.error) == ("finished", spec, report, None)
    assert run.summary == {**summary, "seconds": 4.5}
    assert (run.seconds, run.folder, run.method) == (4.5, str(folder), "maga")
    assert run.ended is not None
    assert run.started <= run.ended
    assert run.scalars[0] == Scalars(1, {"loss": 2.5, "retain_accuracy": 80.5})
    assert math.isnan(run.scalars[1].values["loss"])
    assert run.scalars[2] == Scalars(3, {"loss": math.inf, "forget_accuracy": 1e-300})
    assert [(m.level, m.text) for m in run.messages] == [("warning", "slow disk"), ("info", "all well")]
    artefacts = {a.kind: a for a in run.artefacts}
    assert set(artefacts) == {"checkpoint", "summary"}  # resume.pt is gone by now
    assert artefacts["checkpoint"].sha256 == hashlib.sha256(b"unlearned.safetensors").hexdigest()
    assert artefacts["checkpoint"].bytes == len("unlearned.safetensors")
    assert artefacts["checkpoint"].path == str(folder / "unlearned.safetensors")
    session = store.session(recorder.session_id)
    assert session.card == card
    stored = store.proposal(recorder.session_id)
    assert stored is not None
    assert stored.proposal.names == proposal.names


def test_a_running_run_shows_what_came_so_far(store: SessionStore, recorder: RunRecorder, folder: Path) -> None:
    (folder / "resume.pt").write_bytes(b"x" * 10)
    recorder.record(Scalars(5, {"loss": 1.0}))
    recorder.record(Checkpointed(str(folder / "resume.pt"), 5))
    recorder.record(Saved(str(folder / "not there.safetensors")))
    run = store.run(recorder.run_id)
    assert (run.status, run.ended, run.seconds, run.summary, run.report) == ("running", None, None, None, None)
    assert run.scalars == (Scalars(5, {"loss": 1.0}),)
    assert [(a.kind, a.bytes, a.sha256) for a in run.artefacts] == [("resume", 10, None), ("checkpoint", None, None)]


def test_every_file_that_stays_is_hashed(store: SessionStore, recorder: RunRecorder, folder: Path) -> None:
    for name in KINDS:
        (folder / name).write_bytes(name.encode())
    recorder.record(Ended("finished", {}, str(folder)))
    kept = {artefact.kind: artefact.sha256 for artefact in store.run(recorder.run_id).artefacts}
    expected = {kind: hashlib.sha256(name.encode()).hexdigest() for name, kind in KINDS.items()}
    assert kept == {**expected, KINDS[RESUME]: None}
    assert kept["labels"] is not None, "it says who chose each label"


def test_a_failure_keeps_its_line(store: SessionStore, recorder: RunRecorder) -> None:
    recorder.record(Message("before"))
    recorder.fail("no class is\ncalled 'catt'")
    recorder.fail("a second time does nothing")
    (info,) = store.runs(recorder.session_id)
    assert (info.status, info.error) == ("failed", "no class is called 'catt'")
    assert info.seconds is not None
    assert [message.text for message in store.run(recorder.run_id).messages] == ["before"]
    with pytest.raises(RuntimeError, match="has ended"):
        recorder.record(Message("late"))


def test_a_cancelled_run_taken_up_again(
    store: SessionStore, recorder: RunRecorder, spec: RunSpec, folder: Path
) -> None:
    recorder.record(Scalars(1, {"loss": 3.0}))
    recorder.record(Scalars(2, {"loss": 2.0}))
    recorder.record(Ended("cancelled"))
    (found,) = store.runs_in(folder)
    assert (found.id, found.status) == (recorder.run_id, "cancelled")
    again = store.continue_run(found.id, spec.with_changes("audit", declared_by="N. N."))
    with pytest.raises(StoreError, match=f"run {found.id} is still being done by process {os.getpid()}"):
        store.continue_run(found.id)
    again.record(Scalars(2, {"loss": 1.9}))
    again.record(Scalars(3, {"loss": 1.5}))
    again.record(Ended("finished", {"seconds": 2}))
    run = store.run(found.id)
    assert (run.status, run.seconds, run.session_id) == ("finished", 2.0, recorder.session_id)
    assert run.spec.audit.declared_by == "N. N.", "as it is judged now"
    assert [scalars.values["loss"] for scalars in run.scalars] == [3.0, 1.9, 1.5]


def test_runs_are_listed_newest_first(store: SessionStore, session_id: int, spec: RunSpec) -> None:
    ids = [store.start_run(session_id, spec, f"out{i}").run_id for i in range(3)]
    assert [run.id for run in store.runs(session_id)] == ids[::-1]
    assert store.runs(99) == []
    with pytest.raises(StoreError, match="there is no run 99"):
        store.run(99)
    with pytest.raises(StoreError, match="there is no run 99"):
        store.continue_run(99)


def test_a_later_judgement_and_an_export_are_kept(
    store: SessionStore, recorder: RunRecorder, spec: RunSpec, report: Report, folder: Path, tmp_path: Path
) -> None:
    recorder.record(Ended("finished", {"task": "class", "metrics": {"gap": 99.0}, "retrained": None}))
    exported, checkpoint = tmp_path / "model.onnx", folder / "unlearned.safetensors"
    exported.write_bytes(b"onnx")
    assert store.run(recorder.run_id).report is None
    judged = spec.with_changes("audit", retrained="gold.safetensors", declared_by="N. N.")
    store.save_judgement(recorder.run_id, judged, report)
    assert store.record_export(checkpoint, "onnx", exported) == recorder.run_id
    assert store.record_export(folder / "other.safetensors", "onnx", exported) is None
    assert store.record_export(tmp_path / "unlearned.safetensors", "onnx", exported) is None
    run = store.run(recorder.run_id)
    assert (run.report, run.spec) == (report, judged)
    assert run.summary == json.loads(json.dumps(rejudged({"task": "class"}, report))), "every figure is the new one"
    assert [(a.kind, a.format, a.path, a.bytes) for a in run.artefacts] == [("export", "onnx", str(exported), 4)]
    assert run.artefacts[0].sha256 == hashlib.sha256(b"onnx").hexdigest()
    with pytest.raises(StoreError, match="there is no run 99"):
        store.save_judgement(99, spec, report)


def test_an_open_run_is_interrupted_by_closing(path: Path, spec: RunSpec) -> None:
    with SessionStore.open(path) as store:
        recorder = store.start_run(store.create_session("s", spec), spec, "out")
        recorder.record(Scalars(1, {"loss": 1.0}))
    with SessionStore.open(path) as store:
        run = store.run(recorder.run_id)
    assert run.status == "interrupted"
    assert run.scalars == (Scalars(1, {"loss": 1.0}),)


def test_recording_does_not_wait_for_the_disk(store: SessionStore, recorder: RunRecorder) -> None:
    busy, go = threading.Event(), threading.Event()

    def block(_: object) -> None:
        busy.set()
        go.wait(60)

    blocker = threading.Thread(target=lambda: store._owner.call(block))
    blocker.start()
    assert busy.wait(5)
    for step in range(1_000):
        recorder.record(Scalars(step, {"loss": 1.0}))
    recorder.record(Ended("finished", {}))
    waited = not blocker.is_alive()
    go.set()
    blocker.join()
    assert not waited
    run = store.run(recorder.run_id)
    assert (len(run.scalars), run.status) == (1_000, "finished")


def test_what_cannot_be_stored_is_told_to_the_one_who_says_it(store: SessionStore, recorder: RunRecorder) -> None:
    with pytest.raises(TypeError, match="object cannot be stored"):
        recorder.record(Ended("finished", {"odd": object()}))
    assert not recorder.ended
    recorder.record(Ended("finished", {}))
    assert store.run(recorder.run_id).status == "finished"


@pytest.mark.parametrize("folder", ["x" * 300, "nul\0", "gone", "odd \udcff"])
def test_a_folder_that_cannot_be_looked_into_does_not_cost_the_run_its_end(
    store: SessionStore, session_id: int, spec: RunSpec, folder: str
) -> None:
    recorder = store.start_run(session_id, spec, folder)
    recorder.record(Checkpointed(f"{folder}/resume.pt", 1))
    recorder.record(Ended("finished", {"seconds": 1}))
    run = store.run(recorder.run_id)
    assert (run.status, run.folder, run.artefacts) == ("finished", folder, ())
    assert [found.id for found in store.runs_in(folder)] == [run.id]


def test_measurements_of_a_reference_never_replace_the_runs_own(store: SessionStore, recorder: RunRecorder) -> None:
    for step in (1, 2):
        recorder.record(Scalars(step, {"retain_accuracy": 80.0 + step, "forget_accuracy": 5.0}))
    recorder.record(Scalars(2, {"retain_accuracy": 12.5}, "reference"))
    store.flush()
    assert store.run(recorder.run_id).scalars == (
        Scalars(1, {"retain_accuracy": 81.0, "forget_accuracy": 5.0}),
        Scalars(2, {"retain_accuracy": 82.0, "forget_accuracy": 5.0}),
        Scalars(2, {"retain_accuracy": 12.5}, "reference"),
    )
