"""Lists of names on the command line: what is not found stops, or is kept in the record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maga_desk.cli import main
from maga_desk.domain import paths
from maga_desk.domain.specs.run import RunSpec
from maga_desk.models.checkpoint import read_state
from maga_desk.store.sessions import SessionStore

GONE = ["train/ring/900.png", "train/disc/901.png", "902.png"]


@pytest.fixture
def spec(tiny_spec: RunSpec, tmp_path: Path) -> Path:
    """Thirty-seven pictures that are there, and three that are not."""
    names = [f"train/ring/{number:03}.png" for number in range(37)]
    (tmp_path / "names.csv").write_text("id,picture\n" + "".join(f"{i},{n}\n" for i, n in enumerate([*names, *GONE])))
    quick = tiny_spec.with_changes("audit", depth="quick").with_changes(
        "method", name="fine-tune", params={"epochs": 1}
    )
    quick = quick.with_changes("forget", classes=(), files=str(tmp_path / "names.csv"))
    (tmp_path / "spec.toml").write_text(quick.to_toml())
    return tmp_path / "spec.toml"


@pytest.mark.parametrize("command", ["run", "propose", "entangle"])
def test_names_that_are_not_found_stop(command: str, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, str(spec)]) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert "3 of 40 names are not among the training pictures: train/ring/900.png" in err
    assert "--allow-missing" in err


def test_one_may_go_on_and_the_record_keeps_them(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(spec), "--allow-missing"]) == 0
    err = " ".join(capsys.readouterr().err.split())
    assert "3 names of the request are no picture here" in err
    assert "Names were taken from column 2 of 2 ('picture')." in err
    out = tmp_path / "out"
    for name in ("summary.json", "report.json"):
        assert json.loads((out / name).read_text())["not_found"] == GONE
    assert json.loads((out / "summary.json").read_text())["forget_pictures"] == 37
    assert read_state(out / "unlearned.safetensors")[1].made["not_found"] == GONE
    with SessionStore.open(paths.sessions_file()) as store:
        report = store.run(store.runs_in(str(out))[0].id).report
    assert report is not None and report.not_found == tuple(GONE)
    assert any("3 names of the request" in note for note in report.notes)
    text = spec.read_text().replace("allow_missing = false", "allow_missing = true")
    spec.write_text(text)
    assert main(["propose", str(spec)]) == 0, "the spec may say so as well"


def test_names_that_fit_several_pictures_are_not_marked(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "names.csv").write_text("000.png\ntrain/ring/001.png\n")
    assert main(["run", str(spec)]) == 2
    assert "1 of 2 names fit several pictures: 000.png (train/cross/000.png" in capsys.readouterr().err
    assert main(["run", str(spec), "--allow-missing", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["forget_pictures"], summary["not_found"]) == (1, ["000.png"])


def test_a_retrained_model_keeps_them_too(
    tiny_folder: Path, spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "--data", str(tiny_folder), "--epochs", "1", "--exclude-files", str(tmp_path / "names.csv")]
    command += ["--out", str(tmp_path / "gold.safetensors"), "--json"]
    assert main(command) == 2
    assert "3 of 40 names" in capsys.readouterr().err
    assert not (tmp_path / "gold.safetensors").exists()
    assert main([*command, "--allow-missing"]) == 0
    assert json.loads(capsys.readouterr().out)["not_found"] == GONE
    made = read_state(tmp_path / "gold.safetensors")[1].made
    assert (made["excluded"], made["not_found"]) == (37, GONE)
