"""The int8 copy: small, read by ONNX Runtime, the very net that was audited, and never silently unaudited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from maga_desk.cli import main
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.events import Ended
from maga_desk.domain.questions import ANSWER_WORDS
from maga_desk.models.checkpoint import read_state, restore
from maga_desk.models.formats.int8 import int8_copy
from maga_desk.services.exporting import export


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
