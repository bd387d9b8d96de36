"""``maga-desk look``: single pictures of a finished run, by its folder and by its session."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from maga_desk.cli import main
from maga_desk.domain.specs.run import RunSpec


@pytest.fixture
def run_here(tiny_spec: RunSpec, tmp_path: Path) -> Path:
    spec = tmp_path / "spec.toml"
    spec.write_text(tiny_spec.to_toml())
    assert main(["run", str(spec)]) == 0
    return Path(tiny_spec.output.dir)


def test_a_folder_and_a_session_tell_the_same(
    run_here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["look", str(run_here), "--top", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["nets"] == ["original", "unlearned"] and len(told["residue"]["train"]["strongest"]) == 2
    assert sum(map(sum, told["confusion"]["test"]["counts"]["unlearned"])) == 80
    assert main(["look", "1", "--top", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == told
    assert main(["look", str(run_here), "--top", "1"]) == 0
    said = capsys.readouterr().out
    assert "Damage, training pictures. Of " in said and "Residue, test pictures. Of " in said
    moved = tmp_path / "moved.safetensors"
    shutil.move(run_here / "unlearned.safetensors", moved)
    assert main(["look", str(run_here)]) == 2
    assert "--checkpoint" in capsys.readouterr().err
    assert main(["look", str(run_here), "--checkpoint", str(moved), "--json"]) == 0
    assert main(["look", str(tmp_path / "nowhere")]) == 2
