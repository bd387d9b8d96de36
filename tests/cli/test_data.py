"""``maga-desk data``: what is there, what would be used and what would not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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


@pytest.fixture
def doubled(tiny_folder: Path, tmp_path: Path) -> Path:
    """A picture in another class and in the test split as well, one mirrored, one larger, and one that is damaged."""
    root = tmp_path / "doubled"
    shutil.copytree(tiny_folder, root)
    for path in [*root.rglob("*.png")]:
        seed = sum(path.relative_to(root).as_posix().encode())
        _draw(seed + 1000 * len(path.relative_to(root).as_posix())).save(path)
    rings = sorted((root / "train/ring").glob("*.png"))
    for seed, ring in enumerate(rings):
        _draw(seed).save(ring)
    shutil.copy(rings[0], root / "train/disc/same.png")
    shutil.copy(rings[0], root / "test/ring/same.png")
    with Image.open(rings[1]) as picture:
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(root / "train/ring/turned.png")
    with Image.open(rings[2]) as picture:
        picture.resize((80, 80)).save(root / "test/ring/larger.png")
    (root / "train/ring/broken.png").write_bytes(b"no picture")
    return root


def _draw(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    ground = Image.fromarray(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8))
    return ground.resize((48, 48), Image.Resampling.BICUBIC)


def test_duplicates_of_all_splits_are_named_without_a_model(
    doubled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", str(doubled), "--duplicates", "--json", "--save", str(tmp_path / "groups.csv")]) == 0
    told = json.loads(capsys.readouterr().out)
    named = [
        (each["kind"], {picture["name"].rsplit("/", 1)[-1] for picture in each["pictures"]} & _MADE, each)
        for each in told["groups"]
    ]
    exact = next(each for kind, names, each in named if names == {"same.png"} and kind == "exact")
    assert {picture["class"] for picture in exact["pictures"]} == {"ring", "disc"}
    assert exact["same_file"] and exact["classes_differ"] and exact["train_and_test"] and len(exact["pictures"]) == 3
    turned = next(each for _, names, each in named if names == {"turned.png"})
    assert turned["kind"] == "near" and turned["links"][0]["how"] == "mirrored" and not turned["train_and_test"]
    larger = next(each for _, names, each in named if names == {"larger.png"})
    assert larger["kind"] == "near" and larger["train_and_test"] and larger["alike"] > 95
    assert told["unread"] == ["train/ring/broken.png"]
    rows = (tmp_path / "groups.csv").read_text().splitlines()
    assert rows[0] == "group,kind,picture,split,class,alike,how,same_file"
    assert any(row.split(",")[1:4] == ["near", "test/ring/larger.png", "test"] for row in rows)


def test_duplicates_are_told_to_people(doubled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(doubled), "--duplicates"]) == 0
    said = capsys.readouterr().out
    assert "1 cannot be read: train/ring/broken.png" in said and "with the very same pixels" in said
    assert "(the same file; different classes; in train and test)" in said and "mirrored)" in said
    assert "training pictures are among the test pictures too" in said


_MADE = {"same.png", "turned.png", "larger.png"}
