"""Whole runs on the tiny world: what they leave, how they go on, what they refuse."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from maga_desk.domain import paths
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import (
    CheckpointError,
    DataError,
    ForgetError,
    HarmError,
    MethodError,
    OutputError,
    SpecError,
    UserError,
)
from maga_desk.domain.events import Audited, Checkpointed, Ended, Event, Message, NoisePair, Opened, Scalars
from maga_desk.domain.files import sha256_of
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.models.checkpoint import read_state, restore
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.audits import judge
from maga_desk.services.run_folder import read_noise
from maga_desk.services.runs import run
from tests.conftest import with_record

FILES = {
    "events.jsonl", "forgotten.txt", "labels.csv", "matrix.csv", "noise.npz", "not-used.csv", "report.json",
    "spec.toml", "summary.json", "unlearned.safetensors",
}  # fmt: skip


def finish(spec: RunSpec, **options: Any) -> list[Event]:
    return list(run(spec, RunControl(), **options))


def folder_of(spec: RunSpec) -> Path:
    return Path(spec.output.dir)


def summary_of(spec: RunSpec) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((folder_of(spec) / "summary.json").read_text())
    return summary


def test_a_run_leaves_a_whole_record(tiny_spec: RunSpec, tiny_model: Path, tmp_path: Path) -> None:
    recipe = {"epochs": 14, "batch_size": 32, "lr": 0.1}
    original = with_record(tiny_model, tmp_path / "original.safetensors", recipe=recipe)
    spec = tiny_spec.with_changes("model", checkpoint=str(original))
    events = finish(spec.with_changes("audit", retrained="make", depth="full"))
    curves = [event for event in events if isinstance(event, Scalars)]
    assert {scalars.series for scalars in curves} == {"run", "reference"}
    assert all("forget_accuracy" in scalars.values for scalars in curves if scalars.series == "run")
    ended = events[-1]
    assert isinstance(ended, Ended) and ended.status == "finished"
    assert {path.name for path in folder_of(tiny_spec).iterdir()} == FILES
    summary = summary_of(tiny_spec)
    assert {key: summary[key] for key in ended.summary or {}} == json.loads(json.dumps(ended.summary))
    assert summary["checkpoint_sha256"] == sha256_of(folder_of(tiny_spec) / "unlearned.safetensors")
    assert (summary["task"], summary["method"]) == ("class", "maga")
    assert summary["metrics"].keys() == MEASURES.keys()
    without = {key for key, measure in MEASURES.items() if "verification" in measure.rests_on}
    assert {key for key, value in summary["metrics"].items() if value is None} == without | {
        "earlier_train", "earlier_test", "earlier_auc", "rmia", "rmia_tpr1", "lira", "lira_tpr1", "lira_tpr01",
        "cmia",  # too few test pictures of each class
    }  # fmt: skip
    assert summary["metrics"]["forget_train"] < 10
    assert summary["metrics"]["retain_train"] > 80
    assert summary["before"]["forget_train"] > 80
    assert summary["retrained"]["js_to_retrained"] is None
    assert 0 < summary["metrics"]["js_to_retrained"] < 0.7
    assert all(0 <= summary[net]["probe"] <= 100 for net in ("before", "metrics", "retrained"))
    assert summary["seconds"] > 0 and summary["retrain_seconds"] > 0
    assert Path(summary["checkpoint"]) == folder_of(tiny_spec).resolve() / "unlearned.safetensors"
    assert read_spec(folder_of(tiny_spec) / "spec.toml").forget == tiny_spec.forget
    report = Report.from_dict(json.loads((folder_of(tiny_spec) / "report.json").read_text()))
    assert report.after == next(e.report for e in events if isinstance(e, Audited)).after
    rows = list(csv.DictReader((folder_of(tiny_spec) / "labels.csv").read_text().splitlines()))
    assert len(rows) == 60
    assert {row["true"] for row in rows} == {"ring"}
    assert "ring" not in {row["perturbing"] for row in rows}
    kinds = [json.loads(line)["event"] for line in (folder_of(tiny_spec) / "events.jsonl").read_text().splitlines()]
    assert kinds[0] == "started" and kinds[-1] == "ended" and {"opened", "proposed", "scalars"} <= set(kinds)
    shown = [event for event in events if isinstance(event, NoisePair)]
    stored = read_noise(folder_of(tiny_spec))
    assert [(p.true, p.perturbing) for p in stored] == [(p.true, p.perturbing) for p in shown]
    assert (stored[0].positive == shown[0].positive).all()


def test_the_checkpoint_says_what_was_done_and_gives_the_judged_figures(
    tiny_spec: RunSpec, tiny_workspace: Any, finished: Path
) -> None:
    path = finished / "unlearned.safetensors"
    state, info = read_state(path)
    restore(state, info.arch, where="x")
    assert info.classes == ("cross", "disc", "ring", "square")
    assert info.made["forgotten_classes"] == ["ring"]
    assert info.made["method"] == "maga"
    assert info.made["proposer"] == "classifier"
    again = [e for e in judge(Erasure.of(tiny_workspace, tiny_spec), path, RunControl()) if isinstance(e, Audited)]
    assert again[0].report.after.values() == summary_of(tiny_spec)["metrics"]


def test_edits_by_hand_reach_the_labels_the_summary_and_the_checkpoint(tiny_spec: RunSpec) -> None:
    spec = tiny_spec.with_changes(
        "guidance",
        label_edits={"train/ring/003.png": "cross"},
        matrix_edits=[{"row": "ring", "column": "square", "value": 0.9}],
    )
    finish(spec)
    rows = {row["picture"]: row for row in csv.DictReader((folder_of(spec) / "labels.csv").read_text().splitlines())}
    assert rows["train/ring/003.png"]["perturbing"] == "cross"
    assert rows["train/ring/003.png"]["chosen_by"] == "user"
    assert rows["train/ring/004.png"]["chosen_by"] == "classifier"
    assert (summary_of(spec)["labels_by_hand"], summary_of(spec)["cells_by_hand"]) == (1, 1)
    assert read_state(folder_of(spec) / "unlearned.safetensors")[1].made["labels_by_hand"] == 1


def test_a_sub_class_leaves_its_family(tiny_spec: RunSpec, tiny_folder: Path, tiny_family_model: Path) -> None:
    spec = tiny_spec.with_changes("model", checkpoint=str(tiny_family_model))
    spec = spec.with_changes("forget", classes=[], kinds=["ring"])
    opened = next(event for event in finish(spec) if isinstance(event, Opened))
    assert opened.card.classes == ("angular", "round")
    assert summary_of(spec)["task"] == "sub-class"
    assert summary_of(spec)["metrics"]["retain_train"] > 80
    assert summary_of(spec)["metrics"]["forget_test"] is not None


def test_single_pictures(tiny_spec: RunSpec) -> None:
    spec = tiny_spec.with_changes("forget", classes=[], fraction=0.05)
    finish(spec)
    assert summary_of(spec)["task"] == "random"
    assert summary_of(spec)["forget_pictures"] == 12
    assert summary_of(spec)["metrics"]["forget_test"] is None


def test_a_reference_is_made_once_and_can_be_a_file(tiny_spec: RunSpec, tmp_path: Path) -> None:
    short = {"retrained": "make", "depth": "quick", "recipe": {"epochs": 2, "batch_size": 32}}
    spec = tiny_spec.with_changes("audit", **short)
    finish(spec)
    first = summary_of(spec)
    made = list(paths.references_dir().glob("*.safetensors"))
    assert len(made) == 1
    again = finish(spec.with_changes("method", name="logit-mask", params={}), force=True)
    assert any(isinstance(e, Message) and "earlier retraining" in e.text for e in again)
    assert summary_of(spec)["retrained"] == first["retrained"]
    copied = shutil.copy(made[0], tmp_path / "gold.safetensors")
    finish(spec.with_changes("audit", retrained=str(copied)), force=True)
    assert summary_of(tiny_spec)["metrics"] == first["metrics"]
    assert summary_of(tiny_spec)["retrain_seconds"] == first["retrain_seconds"]


def test_a_cancelled_run_goes_on_and_ends_like_one_that_was_not(
    tiny_spec: RunSpec, finished: Path, tmp_path: Path
) -> None:
    finished.rename(tmp_path / "whole")
    whole = tiny_spec.with_changes("output", dir=str(tmp_path / "whole"))
    control = RunControl()
    for event in run(tiny_spec, control):
        if isinstance(event, Scalars) and event.step > 3:
            control.cancel()
        last = event
    assert isinstance(last, Ended) and last.status == "cancelled"
    assert (folder_of(tiny_spec) / "resume.pt").exists()
    assert not (folder_of(tiny_spec) / "summary.json").exists()
    for other, how in ((tiny_spec, {}), (tiny_spec.with_changes("", seed=1), {"resume": True})):
        with pytest.raises(OutputError, match="holds an unfinished run"):
            finish(other, **how)
    finish(tiny_spec, resume=True)
    assert not (folder_of(tiny_spec) / "resume.pt").exists()
    assert summary_of(tiny_spec)["metrics"] == summary_of(whole)["metrics"]
    one, two = (read_state(folder_of(spec) / "unlearned.safetensors")[0] for spec in (tiny_spec, whole))
    assert all(torch.equal(one[name], two[name]) for name in two)


@pytest.mark.usefixtures("watched_often")
def test_a_killed_run_goes_on(tiny_spec: RunSpec, tmp_path: Path) -> None:
    spec = tiny_spec.with_changes("method", params={"passes": 50.0, "noise_steps": 2, "retain_batch": 2})
    (tmp_path / "spec.toml").write_text(spec.to_toml())
    code = (
        "import sys\n"
        "from maga_desk.engine import loop; loop.SAVE_EVERY_SECONDS = 0.2\n"
        "from maga_desk.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, "run", str(tmp_path / "spec.toml"), "--json"])
    end = time.monotonic() + 90
    while not (folder_of(spec) / "resume.pt").exists() and time.monotonic() < end and process.poll() is None:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    control = RunControl()
    said = []
    for event in run(spec, control, resume=True):
        said.append(event)
        if isinstance(event, Checkpointed | Scalars):
            control.cancel()  # it went on: that is enough
    going_on = [event.text for event in said if isinstance(event, Message) and "Continuing from step" in event.text]
    assert going_on and "step 0 " not in going_on[0]


def test_resuming_a_finished_run_does_nothing_again(tiny_spec: RunSpec, finished: Path) -> None:
    before = (folder_of(tiny_spec) / "unlearned.safetensors").stat().st_mtime_ns
    events = finish(tiny_spec, resume=True)
    assert any(isinstance(event, Message) and "already finished" in event.text for event in events)
    assert isinstance(events[-1], Ended) and (events[-1].summary or {})["metrics"]
    assert (folder_of(tiny_spec) / "unlearned.safetensors").stat().st_mtime_ns == before


def test_a_run_that_was_only_not_judged_is_judged(tiny_spec: RunSpec, finished: Path) -> None:
    first = summary_of(tiny_spec)
    (folder_of(tiny_spec) / "summary.json").unlink()
    events = finish(tiny_spec, resume=True)
    assert any(isinstance(event, Message) and "going on with judging" in event.text for event in events)
    again = summary_of(tiny_spec)
    first["files"].pop("spec.toml"), again["files"].pop("spec.toml")  # the copy's names another folder
    assert again == first


def test_pausing_stops_the_clock(tiny_spec: RunSpec) -> None:
    import threading

    control = RunControl()
    paused = False
    start = time.perf_counter()
    for event in run(tiny_spec, control):
        if isinstance(event, Scalars) and not paused:
            paused = True
            control.pause()
            threading.Timer(1.0, control.resume).start()
    assert time.perf_counter() - start > 1
    assert control.paused_seconds > 0.8
    assert summary_of(tiny_spec)["seconds"] < time.perf_counter() - start - 0.8


def wrong(spec: RunSpec, section: str, **values: Any) -> RunSpec:
    return spec.with_changes(section, **values)


@pytest.mark.parametrize(
    ("section", "values", "kind", "says"),
    [
        ("forget", {"classes": ["rign"]}, ForgetError, "no class is called 'rign'"),
        ("forget", {"classes": []}, ForgetError, "nothing is marked"),
        ("forget", {"classes": ["cross", "disc", "ring", "square"]}, ForgetError, "everything is marked"),
        ("method", {"name": "magic"}, MethodError, "no method is called 'magic'"),
        ("method", {"params": {"lrr": 1}}, MethodError, "unknown key 'lrr'"),
        ("method", {"params": {"lr": -1}}, MethodError, "'lr' = -1"),
        ("guidance", {"proposer": "oracle"}, SpecError, "no proposer is called 'oracle'"),
        ("guidance", {"label_edits": {"train/ring/000.png": "blob"}}, SpecError, "no class is called 'blob'"),
        ("data", {"path": "/nowhere"}, DataError, "no such folder"),
        ("data", {"source": "web"}, DataError, "no source is called 'web'"),
        ("model", {"checkpoint": "/nowhere.pt"}, CheckpointError, "no such file"),
        ("model", {"arch": "resnet18"}, CheckpointError, "does not fit resnet18"),
        ("audit", {"retrained": "/nowhere.pt"}, CheckpointError, "no such file"),
        ("", {"device": "cuda:7"}, SpecError, "no device 'cuda:7'"),
    ],
)
def test_mistakes_are_one_line_and_lose_nothing(
    tiny_spec: RunSpec, finished: Path, section: str, values: dict[str, Any], kind: type[UserError], says: str
) -> None:
    before = {path.name: path.read_bytes() for path in finished.iterdir()}
    with pytest.raises(kind) as caught:
        finish(wrong(tiny_spec, section, **values), force=True)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert {path.name: path.read_bytes() for path in finished.iterdir()} == before


def test_a_folder_that_cannot_be_written(tiny_spec: RunSpec, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot write there"):
        finish(tiny_spec.with_changes("output", dir=str(tmp_path / "file" / "out")))


def test_another_number_of_classes_than_the_pictures(tiny_spec: RunSpec, tiny_folder: Path, tmp_path: Path) -> None:
    from maga_desk.models.families.registry import build

    torch.save(build("resnet8", 3).state_dict(), tmp_path / "three.pt")
    with pytest.raises(CheckpointError, match="the model has 3 classes, the pictures have 4"):
        finish(tiny_spec.with_changes("model", checkpoint=str(tmp_path / "three.pt"), arch="resnet8"))


def test_pictures_of_a_class_that_the_model_does_not_know(
    tiny_spec: RunSpec, tiny_folder: Path, tmp_path: Path
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(tiny_folder, root)
    for split in ("train", "test"):
        (root / split / "disc").rename(root / split / "blob")
    with pytest.raises(DataError, match="the model knows no class called blob"):
        finish(tiny_spec.with_changes("data", path=str(root)))


def test_a_strangers_state_dict_is_used_with_a_word_of_warning(
    tiny_spec: RunSpec, tiny_model: Path, tmp_path: Path
) -> None:
    state, _ = read_state(tiny_model)
    torch.save({"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}}, tmp_path / "old.pt")
    spec = tiny_spec.with_changes("model", checkpoint=str(tmp_path / "old.pt"))
    opened = next(event for event in finish(spec) if isinstance(event, Opened))
    assert opened.card.arch == "resnet8"
    assert opened.card.accuracy_train > 90
    assert any("normalised" in note for note in opened.card.notes)


def test_other_pictures_than_the_model_was_trained_on_are_noticed(tiny_spec: RunSpec) -> None:
    opened = next(e for e in finish(tiny_spec.with_changes("data", train_limit=200)) if isinstance(e, Opened))
    assert any("trained on other pictures" in note for note in opened.card.notes)


def test_a_run_that_diverges_leaves_the_last_good_net(tiny_spec: RunSpec) -> None:
    from maga_desk.models.checkpoint import read_state

    strong = {"lr": 0.01, "epochs": 6, "forget_batch": 16}
    for params, says in (({"lr": 1.0, "epochs": 60}, "diverged by"), (strong, r"harmed what stays \(accuracy 100")):
        wild = tiny_spec.with_changes("method", name="gradient-ascent", params=params)
        wild = wild.with_changes("output", dir=f"{tiny_spec.output.dir}-{params['epochs']}")
        with pytest.raises(HarmError, match=rf"{says}.* step \d+.*; lower .* is in last-good.safetensors") as error:
            finish(wild)
        assert error.value.status == 3, "what the command line exits with"
        state, info = read_state(folder_of(wild) / "last-good.safetensors")
        assert all(tensor.isfinite().all() for tensor in state.values())
        assert info.made["by"] == "diverged" and info.made["method"] == "gradient-ascent"
        assert not (folder_of(wild) / "unlearned.safetensors").exists()
