"""compare, ablate, entangle and stream, as a person and as a machine use them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from maga_desk.cli import commands, main
from maga_desk.domain.specs.comparison import read_comparison
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.models.checkpoint import read_state, write_state
from tests.conftest import with_record

AUDIT = 'retrained = "make"\ndepth = "quick"\n'


def head(spec: RunSpec, epochs: int = 2) -> str:
    """Of a comparison on a net whose recipe is short; with 20 epochs retrained models count as yardsticks."""
    assert spec.model.checkpoint is not None
    original = Path(spec.output.dir).parent / "original.safetensors"
    with_record(Path(spec.model.checkpoint), original, recipe={"epochs": epochs, "lr": 0.1, "batch_size": 32})
    return f'device = "cpu"\n[data]\npath = "{spec.data.path}"\n[model]\ncheckpoint = "{original}"\n[audit]\n{AUDIT}'


def written(tmp_path: Path, name: str, text: str) -> str:
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def test_compare_prints_a_table_writes_markdown_and_goes_on(
    tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        'title = "Small"\nseeds = [0, 1]\nmethods = ["logit-mask", "delete"]\n'
        + head(tiny_spec, epochs=20)
        + '[[task]]\nname = "rings"\nforget = { classes = ["ring"] }\n'
    )
    spec, out = written(tmp_path, "compare.toml", text), tmp_path / "table.md"
    assert main(["compare", spec, "--out", str(out)]) == 0
    shown, told = capsys.readouterr()
    assert "rings" in shown and "logit-mask" in shown and "(retrained)" in shown
    assert "rings, delete, seed 1: gap" in told
    lines = out.read_text().splitlines()
    assert lines[0] == "## Small" and any(line.startswith("| logit-mask |") and "±" in line for line in lines)
    assert any("Mean rank by average gap" in line for line in lines)
    assert any(line.startswith("| 95 % over seeds and pictures | FA, n 60 |") for line in lines)
    assert main(["compare", spec, "--show", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in found["tasks"]["rings"]][:2] == ["(retrained)", "(original)"]
    assert found["ranks"]["gap"][0]["cells"] == 2
    assert main(["compare", spec, "--out", str(tmp_path / "table.txt")]) == 2
    assert "must end in .md or .json" in capsys.readouterr().err


def test_ablate_names_every_combination(tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        head(tiny_spec)
        + '[[task]]\nname = "rings"\nforget = { classes = ["ring"] }\n'
        + '[ablate]\nsource = ["uniform", "weights"]\ncombine = ["soft"]\nnoise = ["none"]\n'
        + "params = { passes = 1.0, least_steps = 1, retain_batch = 32, forget_batch = 16 }\n"
    )
    assert main(["ablate", written(tmp_path, "ablate.toml", text), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["tasks"]["rings"]
    assert {row["name"] for row in rows} >= {"uniform, soft, no noise", "weights, soft, no noise"}


def test_entangle_prints_the_neighbours(tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = written(tmp_path, "spec.toml", tiny_spec.to_toml())
    out = tmp_path / "pairs.json"
    assert main(["entangle", spec, "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ring: most entangled with") and len(lines) == 4
    pairs = np.array(json.loads(out.read_text())["before"]["channels"])
    assert pairs.shape == (4, 4) and (np.diagonal(pairs) == 1).all()


def test_stream_forgets_one_after_another_and_keeps_what_was_forgotten(
    tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = "".join(f"train/disc/{i:03}.png\n" for i in range(15))
    (tmp_path / "first.txt").write_text(names)
    text = (
        head(tiny_spec)
        + '[method]\nname = "maga"\nparams = { passes = 6.0, least_steps = 1, noise_steps = 5, retain_batch = 32 }\n'
        + '[output]\ndir = "requests"\n'
        + '[[request]]\nname = "first"\nforget = { files = "first.txt" }\n'
        + '[[request]]\nname = "second"\nforget = { classes = ["ring"] }\n'
    )
    spec = written(tmp_path, "stream.toml", text)
    assert main(["stream", spec, "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["requests"]
    assert (first["forget_pictures"], second["forget_pictures"]) == (15, 60)
    assert (first["retain_pictures"], second["retain_pictures"]) == (225, 165)
    assert first["metrics"]["earlier_train"] is None and second["metrics"]["earlier_train"] is not None
    assert second["metrics"]["forget_train"] < 20
    lines = (tmp_path / "requests" / "second" / "forgotten.txt").read_text().splitlines()
    forgotten = [line.partition("\t")[0] for line in lines if not line.startswith("#")]
    assert len(forgotten) == 75 and "train/disc/000.png" in forgotten
    assert main(["stream", spec, "--resume"]) == 0
    assert "already finished" in capsys.readouterr().err


def test_the_queries_of_a_stream_are_answered_at_its_start_by_the_model_it_starts_from(
    tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        head(tiny_spec).replace(AUDIT, 'depth = "quick"\n')
        + '[method]\nname = "fine-tune"\nparams = { epochs = 1, batch_size = 32 }\n'
        + '[output]\ndir = "requests"\n'
        + '[[request]]\nname = "first"\nforget = { classes = ["ring"] }\n'
        + '[[request]]\nname = "second"\nforget = { query = "pred:disc number:0..70" }\n'
    )
    spec = written(tmp_path, "stream.toml", text)
    assert main(["select", spec_of(tiny_spec, tmp_path, "pred:disc number:0..70"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["names"]
    assert main(["stream", spec, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["requests"][1]["forget_pictures"] == len(found)
    kept = read_spec(tmp_path / "requests" / "second" / "spec.toml").forget
    assert list(kept.pictures) == found and kept.found_by == "pred:disc number:0..70"


def spec_of(tiny_spec: RunSpec, folder: Path, query: str) -> str:
    (folder / "query.toml").write_text(tiny_spec.with_changes("forget", classes=(), query=query).to_toml())
    return str(folder / "query.toml")


@pytest.mark.parametrize("command", ["run", "compare", "ablate", "stream", "propose", "entangle"])
def test_whatever_opens_a_model_can_go_on_at_chance(command: str) -> None:
    assert {"allow_chance", "allow_missing"} <= {each.name for each in commands.commands[command].params}


def test_a_model_at_chance_is_measured_after_a_yes_alone(
    tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = head(tiny_spec) + '[forget]\nclasses = ["ring"]\n'
    original = tmp_path / "original.safetensors"
    state, info = read_state(original)
    write_state(original, {name: each * 0 if name.startswith("head") else each for name, each in state.items()}, info)
    spec = written(tmp_path, "chance.toml", text)
    for command in ("entangle", "propose"):
        assert main([command, spec, "--json"]) == 2
        assert "--allow-chance" in capsys.readouterr().err
        assert main([command, spec, "--json", "--allow-chance"]) == 0
    task = written(tmp_path, "tasks.toml", head(tiny_spec) + '[[task]]\nname = "a"\nforget = { classes = ["ring"] }\n')
    plan = read_comparison(task).allowing_chance()
    run = plan.run_of(plan.plan.tasks[0], plan.contenders(["delete"])[0], 0)
    assert run.model.allow_chance and not plan.base.model.allow_chance
