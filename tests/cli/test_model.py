"""``maga-desk model``: what a file holds, what was guessed, what opening would do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from maga_desk.cli import main
from maga_desk.models.checkpoint import read_state

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def foreign(tiny_model: Path, tmp_path: Path) -> Path:
    state, _ = read_state(tiny_model)
    torch.save({"model": {f"module.{name}": tensor for name, tensor in state.items()}, "acc": 93.0}, tmp_path / "n.pth")
    return tmp_path / "n.pth"


def test_it_says_what_is_there_and_that_nothing_was_tried(foreign: Path, capsys: Capture) -> None:
    assert main(["model", str(foreign)]) == 0
    said = capsys.readouterr().out
    for line in (
        "n.pth (PyTorch)", "under 'model', without the prefix 'module.'", "resnet8", "4 outputs, names not said",
        "Says of itself   acc 93", "Recipe           not said", "not tried: give its pictures with --data",
    ):  # fmt: skip
        assert line in said


def test_the_recipe_is_read_as_a_retraining_reads_it(foreign: Path, capsys: Capture) -> None:
    arguments = "opt: adamw\nlr: 0.001\nsched: cosine\nepochs: 9\naa: rand-m9\nmodel_ema: true\n"
    (foreign.parent / "args.yaml").write_text(arguments)
    assert main(["model", str(foreign)]) == 0
    said = capsys.readouterr().out
    assert "optimiser adamw, learning rate 0.001, epochs 9" in said.replace("\n", " ") or "optimiser adamw" in said
    assert "(args.yaml beside it); not said: batch size and weight decay" in said
    assert "Not followed     RandAugment (rand-m9), an average of weights (EMA)" in said


def test_with_pictures_the_trial_is_shown(foreign: Path, tiny_folder: Path, capsys: Capture) -> None:
    assert main(["model", str(foreign), "--data", str(tiny_folder)]) == 0
    said = capsys.readouterr().out
    assert "320 pictures used" in said and "percent right" in said and "Guessed" in said
    assert "reads these pictures" in said.splitlines()[-1]


def test_for_machines_and_of_a_model_of_our_own(tiny_model: Path, tiny_folder: Path, capsys: Capture) -> None:
    assert main(["model", str(tiny_model), "--data", str(tiny_folder), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["outputs"] == 4 and facts["classes"] == ["cross", "disc", "ring", "square"]
    assert facts["reads"]["why"]["normalisation"] == "the checkpoint" and facts["reads"]["size"] == [16, 16]
    assert facts["accuracy"] > 80 and facts["stops"] == "" and "20 epochs" in facts["recipe"]


def test_another_order_of_classes_is_shown(
    tiny_model: Path, tiny_folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    state = dict(read_state(tiny_model)[0])
    order = [1, 2, 3, 0]
    torch.save(
        {**state, **{f"head.{part}": state[f"head.{part}"][order] for part in ("weight", "bias")}}, tmp_path / "m.pt"
    )
    assert main(["model", str(tmp_path / "m.pt"), "--data", str(tiny_folder)]) == 0
    said = capsys.readouterr().out
    assert "would stop" in said and '[model] classes = ["disc", "ring", "square", "cross"]' in said
    assert "taken for" in said


def test_what_is_no_model_is_one_line(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "x.pt").write_text("no model")
    assert main(["model", str(tmp_path / "x.pt")]) == 2
    assert main(["model", str(tmp_path / "nowhere.pt")]) == 2
    assert main(["model", str(tmp_path)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3 and "there is no such file" in lines[1]
