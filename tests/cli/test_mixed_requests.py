"""A class and single pictures in one spec: two goals, kept apart unless the spec says together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maga_desk.cli import main
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.models.checkpoint import read_state

PICTURES = [f"train/disc/{number:03}.png" for number in range(37)]
GONE = ["train/disc/900.png", "train/disc/901.png", "train/disc/902.png"]


@pytest.fixture
def spec(tiny_spec: RunSpec, tmp_path: Path) -> Path:
    """The rings, and thirty-seven discs of forty names."""
    (tmp_path / "names.txt").write_text("\n".join([*PICTURES, *GONE]))
    mixed = tiny_spec.with_changes("audit", depth="quick").with_changes("method", name="logit-mask", params={})
    mixed = mixed.with_changes("forget", files=str(tmp_path / "names.txt"), allow_missing=True)
    (tmp_path / "spec.toml").write_text(mixed.to_toml())
    return tmp_path / "spec.toml"


def test_parts_of_one_request_keep_their_own_goals(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(spec), "--json"]) == 0
    out, err = capsys.readouterr()
    assert "This is two requests: class ring; 37 pictures." in err and "together = true" in err
    rings, pictures = json.loads(out)["requests"]
    assert (rings["task"], rings["intent"], rings["forget_pictures"]) == ("class", "concept", 60)
    assert (pictures["task"], pictures["intent"], pictures["forget_pictures"]) == ("random", "membership", 37)
    assert rings["method"] == "logit-mask", "the spec's own, which can do classes alone"
    assert pictures["method"] != "logit-mask", "what is recommended for single pictures"
    assert (rings["not_found"], pictures["not_found"]) == ([], GONE)
    assert pictures["retain_pictures"] == 240 - 60 - 37
    folders = [tmp_path / "out" / name for name in ("1-class", "2-pictures")]
    assert read_spec(folders[1] / "spec.toml").model.checkpoint == str(folders[0] / "unlearned.safetensors")
    assert json.loads(out)["checkpoint"] == str(folders[1] / "unlearned.safetensors")
    assert read_state(folders[1] / "unlearned.safetensors")[1].made["not_found"] == GONE
    assert len((folders[1] / "forgotten.txt").read_text().splitlines()) == 97
    # again: nothing is overwritten; going on finds both done
    assert main(["run", str(spec)]) == 2
    assert "1-class: holds the result" in capsys.readouterr().err
    assert main(["run", str(spec), "--resume"]) == 0
    assert capsys.readouterr().err.count("already finished") == 2


def test_together_is_one_run_that_says_what_that_means(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_text(spec.read_text().replace("together = false", "together = true").replace("logit-mask", "fine-tune"))
    assert main(["run", str(spec)]) == 0
    err = " ".join(capsys.readouterr().err.split())
    assert "Forgotten together: class ring, 37 pictures. All are treated as single pictures" in err
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["task"], summary["forget_pictures"]) == ("random", 97)
