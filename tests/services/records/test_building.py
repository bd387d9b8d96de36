"""What stands in a record: all that the run left, nothing that names a picture, and the same bytes each time."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from maga_desk.domain.errors import UserError
from maga_desk.domain.forgotten import read_forgotten
from maga_desk.domain.merkle import merkle_root
from maga_desk.domain.record import from_bytes, to_bytes
from maga_desk.domain.run_forecast import Expectation, RunForecast
from maga_desk.services.environment import code_sha256
from maga_desk.services.records.building import A_PICTURE, build_record
from maga_desk.services.records.reading import read_folder
from maga_desk.services.records.scope import hashes_of
from maga_desk.services.records.scope_key import scope_key_file
from tests.services.records.conftest import DISCS, RUNS, SQUARES


def copy_of(run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run, tmp_path / "copy"))


def edited(path: Path, **values: object) -> None:
    raw = json.loads(path.read_text())
    path.write_text(json.dumps({**raw, **values}))


def test_a_record_says_what_a_run_of_today_did(finished: Path) -> None:
    built = build_record(read_folder(finished))
    record = built.record
    summary = json.loads((finished / "summary.json").read_text())
    assert (record.scope.forgotten, record.scope.retained) == (summary["forget_pictures"], summary["retain_pictures"])
    assert record.scope.classes == ("ring",) and record.title == f"ring ({record.scope.forgotten} pictures)"
    assert record.after.sha256 == summary["checkpoint_sha256"]
    assert record.before.sha256 and record.before.sha256 == record.lineage.ancestors[0].model.sha256
    assert record.lineage.ancestors[-1].by == "train" and not record.lineage.ends
    assert dict(record.method.resolved) == summary["resolved"]
    assert record.environment.code_sha256 == code_sha256() and record.environment.packages["torch"]
    assert record.labels is not None and record.labels.matrix is not None
    assert sum(each.pictures for each in record.labels.flow) == record.scope.forgotten
    assert set(record.labels.matrix.rows) == {"ring"} and sum(record.labels.matrix.rows["ring"]) == pytest.approx(1)
    assert {each.key for each in record.curves} >= {"run.loss", "run.retain_accuracy", "run.forget_accuracy"}
    assert [each.key for each in record.judgement.questions] == [
        "recognised", "membership", "inside", "others", "back",
    ]  # fmt: skip
    assert record.finished.endswith("Z") and record.sent == () and record.case is None
    assert "no requirement can be claimed" in record.claim or "at most the requirement" in record.claim
    assert not [each for each in record.limits if "was not kept" in each or "kept neither" in each]
    assert from_bytes(to_bytes(record)) == record
    assert to_bytes(build_record(read_folder(finished)).record) == to_bytes(record)


def test_the_root_is_that_of_keyed_hashes_which_nobody_has_without_the_key(finished: Path) -> None:
    built = build_record(read_folder(finished))
    listed = read_forgotten((finished / "forgotten.txt").read_text())
    assert listed is not None
    key_file = scope_key_file(built.record.run)
    assert key_file.stat().st_mode & 0o777 == 0o600 and key_file.parent.stat().st_mode & 0o777 == 0o700
    key = bytes.fromhex(key_file.read_text())
    leaves = sorted(hmac.new(key, bytes.fromhex(mark), hashlib.sha256).digest() for _, mark in listed.entries)
    assert built.record.scope.root == merkle_root(leaves).hex()
    assert [bytes.fromhex(each) for each in hashes_of(built.scope.table())] == leaves
    text = to_bytes(built.record).decode() + built.scope.table()
    for name, mark in listed.entries:
        assert name not in text and Path(name).name not in text and mark not in text
    key_file.unlink()
    assert build_record(read_folder(finished)).record.scope.root != built.record.scope.root


def test_names_of_pictures_are_taken_out_of_notes(finished: Path) -> None:
    names = [line.split("\t")[0] for line in (finished / "forgotten.txt").read_text().splitlines()[1:]]
    for name in ("report.json", "summary.json"):
        edited(finished / name, notes=[f"{names[0]} is {names[1]}"])
    summary = json.loads((finished / "summary.json").read_text())
    summary["files"]["report.json"] = hashlib.sha256((finished / "report.json").read_bytes()).hexdigest()
    edited(finished / "summary.json", **summary)
    assert build_record(read_folder(finished)).record.judgement.notes == (f"{A_PICTURE} is {A_PICTURE}",)


def test_a_run_of_version_0_1_0_gives_a_record_that_says_what_it_did_not_keep(kept_run: Path) -> None:
    record = build_record(read_folder(kept_run)).record
    assert record.environment.version == "0.1.0" and record.environment.packages == {}
    assert (record.scope.keyed, record.scope.leaves, record.scope.forgotten) == ("names", 12, 12)
    assert record.labels is not None and record.labels.chosen_by == {"classifier": 10, "user": 2}
    assert [(each.row, each.column, each.value) for each in record.labels.cells] == [("ring", "cross", 0.75)]
    assert record.labels.matrix is None and record.before.sha256 == ""
    said = " ".join(record.limits)
    assert "The hash of the original was not kept." in said and "kept neither the hash of its code" in said
    curves = {each.key: each for each in record.curves}
    assert curves["run.loss"].points[-1][0] == 18 and curves["reference.loss"].points[-1][0] == 40
    other = build_record(read_folder(RUNS / DISCS)).record
    assert (other.scope.forgotten, other.scope.before, other.after.sha256) == (12, 12, "")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("summary.json", '{"metrics": {', "half written or was edited"),
        ("summary.json", "[" * 100_000, "nested too deep"),
        ("summary.json", "[]", "no table"),
        ("report.json", '{"classes": []}', "is no report"),
        ("spec.toml", "[method", "not valid TOML"),
    ],
)
def test_a_half_written_file_is_named(kept_run: Path, tmp_path: Path, name: str, content: str, says: str) -> None:
    folder = copy_of(kept_run, tmp_path)
    (folder / name).write_text(content)
    with pytest.raises(UserError, match=says) as caught:
        read_folder(folder)
    assert name in str(caught.value)


def test_an_unfinished_run_has_nothing_to_report() -> None:
    with pytest.raises(UserError, match="not finished: there is nothing to report yet"):
        read_folder(RUNS / SQUARES)


def test_what_is_no_run_is_said(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UserError, match="name the folder of a run"):
            read_folder(folder)


def test_a_run_of_a_newer_version_and_one_whose_figures_were_edited_are_refused(kept_run: Path, tmp_path: Path) -> None:
    folder = copy_of(kept_run, tmp_path)
    edited(folder / "summary.json", version="12.0.0")
    with pytest.raises(UserError, match=r"made by version 12\.0\.0, newer than this one"):
        read_folder(folder)
    metrics = json.loads((folder / "summary.json").read_text())["metrics"]
    edited(folder / "summary.json", version="0.1.0", metrics={**metrics, "forget_train": 50.0})
    with pytest.raises(UserError, match="one of the two was edited"):
        read_folder(folder)


def test_a_checkpoint_that_moved_is_asked_for(finished: Path, tmp_path: Path) -> None:
    whole = to_bytes(build_record(read_folder(finished)).record)
    moved = shutil.move(finished / "unlearned.safetensors", tmp_path / "elsewhere.safetensors")
    with pytest.raises(UserError, match="say where it is now with --checkpoint"):
        read_folder(finished)
    found = build_record(read_folder(finished, Path(moved))).record
    assert to_bytes(found) == whole.replace(b'"unlearned.safetensors"', b'"elsewhere.safetensors"')
    other = tmp_path / "other.safetensors"
    other.write_bytes(Path(moved).read_bytes() + b"\0")
    with pytest.raises(UserError, match="not the checkpoint that was judged"):
        read_folder(finished, other)


def test_a_key_file_without_a_key_is_refused(kept_run: Path) -> None:
    build_record(read_folder(kept_run))
    run = json.loads((kept_run / "summary.json").read_text())["digest"]
    scope_key_file(run).write_text("not a key")
    with pytest.raises(UserError, match="holds no key"):
        build_record(read_folder(kept_run))


def test_folders_of_this_machine_stay_out(finished: Path) -> None:
    material = read_folder(finished)
    opened = {**material.opened, "arch": "python//home/anna/nets/model.py:build", "checkpoint": "/home/anna/old.pt"}
    guided = material.report.guided
    assert guided is not None
    asked = {"proposer": "mllm", "model": "/home/anna/models/small", "exemplars": 8}
    report = replace(material.report, guided=replace(guided, opinions=(asked,)))
    record = build_record(replace(material, opened=opened, report=report)).record
    assert (record.before.arch, record.before.file) == ("python/model.py:build", "old.pt")
    assert record.labels is not None and record.labels.asked[0].model == "small"
    text = to_bytes(record).decode()
    assert "anna" not in text and str(finished.parent) not in text


def test_pictures_that_were_sent_are_said(finished: Path) -> None:
    material = read_folder(finished)
    guided = material.report.guided
    assert guided is not None
    sent = {"proposer": "endpoint", "model": "m", "exemplars": 8, "questions": 24, "cached": 3, "at": "2026-11-01"}
    endpoint = material.spec.guidance.endpoint.model_copy(update={"url": "https://models.example:8000/v1"})
    guidance = material.spec.guidance.model_copy(update={"endpoint": endpoint})
    report = replace(material.report, guided=replace(guided, opinions=(sent,)))
    spec = material.spec.model_copy(update={"guidance": guidance})
    (only,) = build_record(replace(material, spec=spec, report=report)).record.sent
    assert (only.to, only.pictures, only.questions, only.cached) == ("https://models.example:8000", 8, 24, 3)


def test_the_forecast_of_retraining_and_why_it_was_not_chosen_stand_in_the_record(finished: Path) -> None:
    material = read_folder(finished)
    assert build_record(material).record.cost.not_retrained == ""
    retraining = Expectation(40.0, 35.0, 47.0)
    said = RunForecast("MaGA", None, retraining, None, machine="CPU", not_retrained="The result was due at once.")
    told = replace(material, report=replace(material.report, forecast=said))
    cost = build_record(told).record.cost
    assert cost.forecast.startswith("about 40 s (35 s to 47 s), by the original's recipe, on CPU.")
    assert "only exact answer" in cost.forecast and cost.not_retrained == "The result was due at once."
    assert build_record(told, "Another reason.").record.cost.not_retrained == "Another reason."
