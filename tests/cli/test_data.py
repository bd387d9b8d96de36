"""``maga-desk data``: what is there, what would be used and what would not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from maga_desk.cli import main


@pytest.fixture
def mixed(tiny_folder: Path, tmp_path: Path) -> Path:
    root = tmp_path / "mixed"
    shutil.copytree(tiny_folder, root)
    (root / "train" / "disc" / "x.svg").write_text("<svg/>")
    (root / "README.md").write_text("about")
    return root


def test_it_says_what_is_there(mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(mixed), "--save", str(tmp_path / "left.csv")]) == 0
    said = capsys.readouterr().out
    assert "folder (taken): it has folders for training and testing" in said
    assert "320 pictures used, 1 file skipped, 2 other files; 4 classes" in said
    assert "Skipped: 1 file: vector drawings are not read (train/disc/x.svg)" in said
    assert (tmp_path / "left.csv").read_text().splitlines()[1:] == [
        "train/disc/x.svg,skipped,vector drawings are not read",
        "README.md,no picture,not pictures",
        "families.toml,no picture,not pictures",
    ]


def test_for_machines(mixed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(mixed), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["source"] == facts["recognised"][0]["source"] == "folder"
    assert facts["used"]["test"] == {"cross": 20, "disc": 20, "ring": 20, "square": 20}
    assert [(group["reason"], group["names"]) for group in facts["skipped"]] == [
        ("vector drawings are not read", ["train/disc/x.svg"])
    ]


def test_own_keys_are_taken(mixed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(mixed / "test")
    command = ["data", str(mixed), "--source", "folder", "--option", "test_share=0.5"]
    assert main(command) == 0
    assert "test_share 0.5" in capsys.readouterr().out
    assert main([*command, "--option", "share=1"]) == 2
    assert "unknown key 'share'" in capsys.readouterr().err


def test_nothing_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(tmp_path / "nowhere")]) == 2
    assert "there is no such folder or file" in capsys.readouterr().err
