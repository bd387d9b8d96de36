"""What a model's file can be: another set's, changed meanwhile, lying, with code in it, enormous, a folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from maga_desk.cli import main
from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError, UserError
from maga_desk.domain.events import drained
from maga_desk.domain.specs.run import RunSpec
from maga_desk.models.checkpoint import read_state, write_state
from maga_desk.models.families.registry import build
from maga_desk.services.exporting import export
from maga_desk.services.runs import run
from maga_desk.services.workspace import Workspace, open_workspace

Capture = pytest.CaptureFixture[str]


def opening(spec: RunSpec, checkpoint: Path, **data: Any) -> Workspace:
    asked = spec.with_changes("model", checkpoint=str(checkpoint)).with_changes("data", **data)
    workspace: Workspace = drained(open_workspace(asked, RunControl()))
    return workspace


def noise(folder: Path, classes: tuple[str, ...]) -> Path:
    """A set that no model was trained on."""
    rng = np.random.default_rng(5)
    for split in ("train", "test"):
        for kind in classes:
            (folder / split / kind).mkdir(parents=True)
            for i in range(8):
                Image.fromarray(rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)).save(
                    folder / split / kind / f"{i}.png"
                )
    return folder


def test_a_model_and_a_set_that_do_not_belong_together(tmp_path: Path, tiny_spec: RunSpec, tiny_model: Path) -> None:
    others = noise(tmp_path / "others", ("ant", "bee", "fly", "tick"))
    with pytest.raises(UserError, match="knows no class called ant"):  # it says its classes
        opening(tiny_spec, tiny_model, path=str(others))
    state, info = read_state(tiny_model)
    torch.save(state, tmp_path / "nameless.pt")
    workspace = opening(tiny_spec, tmp_path / "nameless.pt", path=str(others))
    assert not workspace.card.reads
    fewer = noise(tmp_path / "fewer", ("ant", "bee", "fly", "tick", "wasp"))
    with pytest.raises(UserError, match="the model has 4 classes, the pictures have 5"):
        opening(tiny_spec, tmp_path / "nameless.pt", path=str(fewer))
    same_names = noise(tmp_path / "same", info.classes or ())
    assert not opening(tiny_spec, tiny_model, path=str(same_names)).card.reads


def test_a_file_that_changed_while_it_was_open_is_noticed_before_a_run(
    tmp_path: Path, tiny_spec: RunSpec, tiny_model: Path
) -> None:
    path = tmp_path / "net.safetensors"
    shutil.copy(tiny_model, path)
    workspace = opening(tiny_spec, path)
    state, info = read_state(tiny_model)
    write_state(path, {**state, "head.bias": state["head.bias"] + 1}, info)
    with pytest.raises(CheckpointError, match="has changed since it was opened"):
        drained(run(workspace.spec, RunControl(), workspace=workspace))
    assert not (tmp_path / "out" / "unlearned.safetensors").exists()


def test_a_result_that_changed_after_it_was_judged_is_not_exported(tmp_path: Path, tiny_model: Path) -> None:
    path = tmp_path / "unlearned.safetensors"
    shutil.copy(tiny_model, path)
    (tmp_path / "summary.json").write_text(json.dumps({"checkpoint": str(path), "checkpoint_sha256": "0" * 64}))
    with pytest.raises(CheckpointError, match="has changed since the result was judged"):
        drained(export(path, "state-dict", tmp_path / "new.pt", RunControl()))
    assert not (tmp_path / "new.pt").exists()


def test_a_folder_whose_files_do_not_belong_together_is_not_exported(finished: Path, tmp_path: Path) -> None:
    def refused(says: str) -> None:
        with pytest.raises(CheckpointError, match=says):
            drained(export(finished / "unlearned.safetensors", "state-dict", tmp_path / "new.pt", RunControl()))

    whole = {name: (finished / name).read_bytes() for name in ("report.json", "labels.csv", "spec.toml")}
    for name, content in whole.items():
        (finished / name).write_bytes(content + b" ")
        refused(rf"{name}: has changed since the result was judged")
        (finished / name).unlink()
        refused(rf"{name}: is gone")
        (finished / name).write_bytes(content)
    drained(export(finished / "unlearned.safetensors", "state-dict", tmp_path / "new.pt", RunControl()))


@pytest.mark.parametrize(
    ("config", "preprocessor", "said"),
    [
        ({"id2label": {str(i): f"c{i}" for i in range(7)}}, {}, "has 4 outputs, and its config names 7 classes"),
        ({}, {"image_mean": [0.5] * 3, "image_std": [0.5, 0, 0.5]}, "a deviation that is not above zero"),
        ({}, {"image_mean": [0.5] * 2, "image_std": [0.5] * 2}, "gives mean or deviation for 2"),
        ({"hidden_sizes": [8, 8]}, {}, None),
        ({"architectures": 5, "id2label": [1], "image_size": "x"}, {"size": "y", "crop_pct": "z"}, None),
    ],
)
def test_a_config_that_lies_is_one_line_or_does_not_matter(
    tmp_path: Path, tiny_model: Path, config: dict[str, Any], preprocessor: dict[str, Any], said: str | None,
    capsys: Capture,
) -> None:  # fmt: skip
    save_file(read_state(tiny_model)[0], tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "resnet", **config}))
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    status = main(["model", str(tmp_path)])
    captured = capsys.readouterr()
    if said is None:
        assert status == 0 and "resnet8" in captured.out
    else:
        assert status == 2 and said in captured.err and captured.err.count("\n") == 1


def test_code_in_a_hub_folder_is_never_run_and_said(tmp_path: Path, tiny_model: Path, capsys: Capture) -> None:
    save_file(read_state(tiny_model)[0], tmp_path / "model.safetensors")
    (tmp_path / "modeling_own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    auto = {"AutoModelForImageClassification": "modeling_own.Net"}
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "own", "auto_map": auto}))
    assert main(["model", str(tmp_path)]) == 0
    assert "not run: modeling_own.py" in capsys.readouterr().out
    assert not (tmp_path / "ran").exists()


def test_a_hundred_thousand_classes_are_refused_in_a_line_and_shown_in_short(
    tmp_path: Path, tiny_spec: RunSpec, capsys: Capture
) -> None:
    state = build("resnet8", 100_000).state_dict()
    torch.save(state, tmp_path / "many.pt")
    assert main(["model", str(tmp_path / "many.pt")]) == 0
    assert "100,000 outputs, names not said" in capsys.readouterr().out
    named = CheckpointInfo(arch="resnet8", classes=tuple(f"class {i}" for i in range(100_000)), size=16)
    write_state(tmp_path / "named.safetensors", {key: each.contiguous() for key, each in state.items()}, named)
    with pytest.raises(UserError) as caught:
        opening(tiny_spec, tmp_path / "named.safetensors")
    assert "knows no class called cross" in str(caught.value) and len(str(caught.value)) < 500


def test_a_folder_is_taken_for_the_one_checkpoint_in_it_or_said_to_have_none(
    tmp_path: Path, tiny_model: Path, capsys: Capture
) -> None:
    assert main(["model", str(tmp_path)]) == 2
    assert "a folder without weights" in capsys.readouterr().err
    shutil.copy(tiny_model, tmp_path / "net.safetensors")
    assert main(["model", str(tmp_path)]) == 0
    capsys.readouterr()
    shutil.copy(tiny_model, tmp_path / "other.safetensors")
    assert main(["model", str(tmp_path)]) == 2
    assert (
        "a folder with 2 checkpoints (net.safetensors, other.safetensors); name one of them" in capsys.readouterr().err
    )
