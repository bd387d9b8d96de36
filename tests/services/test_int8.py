"""The int8 copy: small, read by ONNX Runtime, the very net that was audited, and never silently unaudited."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from maga_desk.cli import main
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError, OutputError
from maga_desk.domain.events import Ended, drained
from maga_desk.domain.files import sha256_of
from maga_desk.domain.questions import ANSWER_WORDS
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.yardstick import Yardstick
from maga_desk.models.checkpoint import read_state, restore
from maga_desk.models.formats.int8 import int8_copy
from maga_desk.services.erasure import Erasure
from maga_desk.services.exporting import export
from maga_desk.services.int8 import paired
from maga_desk.services.judging.audits import judge
from maga_desk.services.judging.references import fitting
from maga_desk.services.judging.trainings import SEED, Reference, Training, train_without
from maga_desk.services.records.reading import read_folder
from maga_desk.services.runs import run
from maga_desk.services.workspace import not_found_note, open_workspace
from tests.conftest import with_record

RECIPE = {"epochs": 1, "batch_size": 64, "lr": 0.1}


def exported(checkpoint: Path, target: Path, **options: Any) -> dict[str, Any]:
    *_, ended = export(checkpoint, "int8", target, RunControl(), **options)
    assert isinstance(ended, Ended) and ended.summary is not None
    return dict(ended.summary)


def test_it_is_audited_by_the_same_questions_and_says_both_answers(finished: Path, tmp_path: Path) -> None:
    before = (finished / "report.json").read_bytes(), (finished / "summary.json").read_bytes()
    target = tmp_path / "net.int8.onnx"
    summary = exported(finished / "unlearned.safetensors", target)
    assert summary["largest_difference"] < 1e-3 and len(summary["notes"]) == 5
    said = json.loads((tmp_path / "net.int8.audit.json").read_text())
    assert said["audited"] is True and len(said["questions"]) == 5
    assert (said["file"], said["sha256"]) == (target.name, sha256_of(target)), "it says which file it is of"
    assert all({each["int8"], each["net"]} <= set(ANSWER_WORDS.values()) for each in said["questions"])
    assert said["report"]["after"]["figures"], "its own figures, of the same audit"
    assert ((finished / "report.json").read_bytes(), (finished / "summary.json").read_bytes()) == before


def test_its_weights_are_bytes_and_it_is_the_rounded_net(tiny_model: Path, tmp_path: Path) -> None:
    target = tmp_path / "net.int8.onnx"
    exported(tiny_model, target, audited=False)
    list(export(tiny_model, "onnx", tmp_path / "net.onnx", RunControl()))
    graph = onnx.load(target).graph
    matrices = [each for each in graph.initializer if len(each.dims) >= 2]
    assert matrices and all(each.data_type == onnx.TensorProto.INT8 for each in matrices)
    state, info = read_state(tiny_model)
    model = int8_copy(restore(state, info.arch, where="x")[0]).eval()
    pictures = torch.randn(7, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted = model(pictures).numpy()
    session = onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"pictures": pictures.numpy()})[0], wanted, atol=1e-3)
    sizes = [sum(np.prod(each.dims) for each in matrices), (tmp_path / "net.onnx").stat().st_size]
    assert sizes[0] * 3 < sizes[1]


def test_unaudited_it_says_so_on_its_face(tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "net.int8.onnx"
    with pytest.raises(CheckpointError, match="no run lies around it, so that its int8 copy cannot be audited"):
        exported(tiny_model, target)
    assert not list(tmp_path.iterdir())
    assert main(["export", str(tiny_model), "--format", "int8", "--out", str(target), "--not-audited"]) == 0
    assert "NOT AUDITED" in capsys.readouterr().out
    assert json.loads((tmp_path / "net.int8.audit.json").read_text())["audited"] is False
    made = {entry.key: json.loads(entry.value) for entry in onnx.load(target).metadata_props}["made"]
    assert made["int8"].startswith("NOT AUDITED")


def test_pictures_that_are_gone_are_said_and_nothing_is_saved(finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "moved"
    run.mkdir()
    for each in finished.iterdir():
        if each.is_file() and each.name not in ("summary.json",):
            (run / each.name).write_bytes(each.read_bytes())
    spec = (run / "spec.toml").read_text().replace("path = ", 'path = "/nowhere" # ', 1)
    (run / "spec.toml").write_text(spec)
    with pytest.raises(CheckpointError, match=r"cannot be audited: .*nowhere.*--not-audited"):
        exported(run / "unlearned.safetensors", tmp_path / "a.int8.onnx")
    assert not list(tmp_path.glob("a.*"))


def test_it_is_judged_by_the_very_net_that_the_run_was_judged_by(
    tiny_spec: RunSpec, tiny_model: Path, tmp_path: Path
) -> None:
    """By none where the run was judged by none, although a retrained net was made since; by the same where another was
    made since that fits better.
    """
    original = with_record(tiny_model, tmp_path / "original.safetensors", recipe=RECIPE)
    spec = tiny_spec.with_changes("model", checkpoint=str(original))
    list(run(spec, RunControl()))
    erasure = Erasure.of(drained(open_workspace(spec, RunControl())), spec)
    checkpoint, target = Path(spec.output.dir) / "unlearned.safetensors", tmp_path / "net.int8.onnx"

    def trained(seed: int) -> Path:
        made: Reference = drained(train_without(erasure, Training(erasure.gone, seed), RunControl(), "Retraining"))
        return made.path

    def yardsticks() -> tuple[Any, Any]:
        exported(checkpoint, target, force=True)
        said = json.loads((tmp_path / "net.int8.audit.json").read_text())["report"]["yardstick"]
        own = json.loads((checkpoint.parent / "report.json").read_text())["yardstick"]
        return tuple(None if each is None else (each["sha256"], each["standing"]) for each in (said, own))

    first = trained(SEED + 1)
    assert fitting(erasure) is not None and yardsticks() == (None, None)
    list(judge(erasure, checkpoint, RunControl()))
    better = trained(SEED)
    found = fitting(erasure)
    assert found is not None and found.path == better
    said, own = yardsticks()
    assert said == own and said[0] == sha256_of(first)
    first.rename(tmp_path / "away.safetensors")
    content = target.read_bytes()
    with pytest.raises(CheckpointError, match=r"judged by is gone or has changed.*maga-desk export --not-audited"):
        exported(checkpoint, target, force=True)
    assert target.read_bytes() == content


def test_answers_by_another_retrained_net_or_of_another_depth_are_not_paired(finished: Path) -> None:
    report = read_folder(finished).report
    assert len(paired(report, report, ("ring",), where="net").lines()) == 5
    deeper = replace(report, resolved={**report.resolved, "audit": {"depth": "full"}})
    one, other = (replace(report, yardstick=Yardstick("a", sha256, "record")) for sha256 in ("1", "2"))
    for own, found, what in (
        (report, deeper, "another depth"),
        (report, one, "another retrained model"),
        (one, other, "another retrained model"),
        (one, replace(one, yardstick=Yardstick("a", "1", "none")), "another retrained model"),
        (one, replace(deeper, yardstick=other.yardstick), "another retrained model and another depth"),
    ):
        with pytest.raises(CheckpointError, match=rf"^net: .*like the net itself: {what};"):
            paired(own, found, ("ring",), where="net")


def test_its_audit_names_nobody_whose_pictures_were_not_found(finished: Path) -> None:
    report = read_folder(finished).report
    lost = ("Erika-Mustermann/1.png",)
    report = replace(report, not_found=lost, notes=(*report.notes, not_found_note(lost)))
    assert "Erika" in report.notes[-1]
    said = paired(report, report, ("ring",), where="net").as_dict()
    assert "Erika" not in json.dumps(said) and list(said["report"]["notes"]) == list(report.notes[:-1])


def test_another_net_in_the_runs_folder_is_not_paired_with_the_runs_answers(
    finished: Path, tiny_model: Path, tmp_path: Path
) -> None:
    other = finished / "other.safetensors"
    other.write_bytes(tiny_model.read_bytes())
    exported(other, tmp_path / "net.int8.onnx")
    said = json.loads((tmp_path / "net.int8.audit.json").read_text())
    assert {each["net"] for each in said["questions"]} == {"not judged"}


@pytest.mark.parametrize("fmt", ["onnx", "own"])
@pytest.mark.parametrize("name", ["net.int8.onnx", "net.INT8.onnx"])
def test_no_other_format_takes_its_ending(fmt: str, name: str, tiny_model: Path, tmp_path: Path) -> None:
    """Else an audit would lie beside a file that it is not of."""
    with pytest.raises(OutputError, match=rf"ends in \.int8\.onnx is an int8 file, not {fmt}; choose another ending"):
        list(export(tiny_model, fmt, tmp_path / name, RunControl(), force=True))
    assert not list(tmp_path.iterdir())


def test_a_copy_that_is_replaced_takes_its_audit_along(finished: Path, tmp_path: Path) -> None:
    target, audit = tmp_path / "net.int8.onnx", tmp_path / "net.int8.audit.json"
    exported(finished / "unlearned.safetensors", target)
    before = json.loads(audit.read_text())
    exported(finished / "unlearned.safetensors", target, audited=False, force=True)
    said = json.loads(audit.read_text())
    assert before["audited"] is True and said["audited"] is False
    assert before["sha256"] != said["sha256"] == sha256_of(target)
