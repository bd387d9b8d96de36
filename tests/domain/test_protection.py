"""An input is never replaced; an earlier result only after a clear yes."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from maga_desk.domain.errors import OutputError
from maga_desk.domain.protection import (
    InputFile,
    check_file,
    check_folder,
    check_run_folder,
    inputs_of,
    inputs_of_result,
    set_aside,
)
from maga_desk.domain.specs.run import RunSpec, parse_spec, read_spec


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "nets" / "Original.safetensors"
    path.parent.mkdir()
    path.write_text("weights")
    return path


def refuse(target: Path, original: Path, says: str = "is the original") -> None:
    with pytest.raises(OutputError, match=says):
        check_file(target, [InputFile("the original", original)], force=True)


def test_an_input_is_known_by_whatever_name(original: Path, tmp_path: Path) -> None:
    link, hard, folder = tmp_path / "link.safetensors", tmp_path / "hard.safetensors", tmp_path / "folder"
    link.symlink_to(original)
    os.link(original, hard)
    folder.symlink_to(original.parent)
    for target in (original, link, hard, folder / original.name, original.parent / ".." / "nets" / original.name):
        refuse(target, original)
    refuse(original.with_name("ORIGINAL.safetensors"), original)
    check_file(tmp_path / "new.safetensors", [InputFile("the original", original)], force=False)


def test_an_input_that_is_away_is_one_still(tmp_path: Path) -> None:
    refuse(tmp_path / "unplugged" / "net.pt", tmp_path / "Unplugged" / "net.pt")


def test_an_earlier_file_needs_a_yes(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("{}")
    (tmp_path / "dangling.json").symlink_to(tmp_path / "nowhere")
    for name in ("old.json", "dangling.json"):
        with pytest.raises(OutputError, match=r"is there already; .* --force"):
            check_file(tmp_path / name, [], force=False)
        check_file(tmp_path / name, [], force=True)
    with pytest.raises(OutputError, match="is a folder"):
        check_file(tmp_path, [], force=True)


def spec_of(tmp_path: Path, **changes: object) -> RunSpec:
    for split in ("train", "test"):
        (tmp_path / "pictures" / split / "cat").mkdir(parents=True, exist_ok=True)
    return parse_spec(
        {
            "data": {"path": str(tmp_path / "pictures"), "families": str(tmp_path / "families.toml")},
            "model": {
                "checkpoint": str(tmp_path / "nets" / "Original.safetensors"),
                "forgotten": str(tmp_path / "f.txt"),
            },
            "forget": {"files": str(tmp_path / "list.txt")},
            "guidance": {"file": str(tmp_path / "matrix.json")},
            "audit": {"retrained": str(tmp_path / "gold.safetensors")},
            "output": {"dir": str(tmp_path / "out")},
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nets/Original.safetensors", "is the original"),
        ("nets/Original.forgotten.txt", "original's list"),
        ("f.txt", "forgotten before"),
        ("list.txt", "list of pictures"),
        ("families.toml", "families"),
        ("matrix.json", "matrix"),
        ("gold.safetensors", "retrained"),
        ("pictures/train/cat/net.pt", "lies in the pictures"),
    ],
)
def test_all_that_a_spec_reads_is_protected(name: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=re.escape(says)):
        check_file(tmp_path / name, inputs_of(spec_of(tmp_path)), force=True)


@pytest.mark.parametrize("folder", ["nets", ".", "pictures", "pictures/train", "pictures/test/dog"])
def test_no_run_is_written_where_an_input_lies(folder: str, original: Path, tmp_path: Path) -> None:
    spec = spec_of(tmp_path, output={"dir": str(tmp_path / folder)})
    for force in (False, True):
        with pytest.raises(OutputError, match=r"holds|lies in"):
            check_run_folder(spec, resume=True, force=force)
    check_folder(tmp_path / "pictures" / "results", inputs_of(spec))


@pytest.mark.parametrize(
    ("left", "says"),
    [
        ("summary.json", "holds the result of an earlier run"),
        ("unlearned.safetensors", "holds the result of an earlier run"),
        ("resume.pt", "holds an unfinished run"),
        ("labels.csv", "holds labels.csv, which a run would replace"),
    ],
)
def test_a_folder_with_a_result_needs_a_yes_or_going_on(left: str, says: str, original: Path, tmp_path: Path) -> None:
    spec = spec_of(tmp_path)
    (tmp_path / "out").mkdir()
    check_run_folder(spec, resume=False, force=False)
    (tmp_path / "out" / left).write_text("")
    with pytest.raises(OutputError, match=says):
        check_run_folder(spec, resume=False, force=False)
    check_run_folder(spec, resume=True, force=False)
    check_run_folder(spec, resume=False, force=True)


def test_what_is_set_aside_gets_the_next_number(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "what").write_text(str(number))
        assert set_aside(tmp_path / "out") == tmp_path / f"out-{number}"
    assert [(tmp_path / f"out-{number}" / "what").read_text() for number in (1, 2)] == ["1", "2"]


def test_a_result_protects_what_its_run_read(original: Path, tmp_path: Path) -> None:
    run = tmp_path / "out"
    run.mkdir()
    (run / "spec.toml").write_text(spec_of(tmp_path).to_toml())
    kept = inputs_of_result(run / "unlearned.safetensors")
    for target, says in ((original, "the original"), (run / "unlearned.safetensors", "checkpoint itself")):
        with pytest.raises(OutputError, match=says):
            check_file(target, kept, force=True)


def test_the_demos_own_model_is_no_folder_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``maga-desk demo --out demo`` ran into its own result."""
    (tmp_path / "demo").mkdir()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.toml").write_text(
        '[data]\nsource = "demo"\n[forget]\nclasses = ["fox"]\n[guidance]\nproposer = "mllm"\nmodel = "demo"\n'
        '[output]\ndir = "demo"\n'
    )
    spec = read_spec(tmp_path / "spec.toml")
    assert spec.guidance.model == "demo"
    assert "the model that is asked" not in {each.what for each in inputs_of(spec)}
