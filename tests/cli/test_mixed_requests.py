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
    assert len((folders[1] / "forgotten.txt").read_text().splitlines()) == 1 + 97
    # again: nothing is overwritten; going on finds both done
    assert main(["run", str(spec)]) == 2
    assert "1-class: holds the result" in capsys.readouterr().err
    assert main(["run", str(spec), "--resume"]) == 0
    assert capsys.readouterr().err.count("already finished") == 2


def test_facts_are_of_each_request_unless_they_are_one(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["select", str(spec), "--facts", "--json"]) == 0
    told = dict(json.loads(capsys.readouterr().out)["told"])
    assert told["Task"] == "2 requests, one after the other: Whole class, then Single pictures"
    assert told["Request 1"].startswith("Class ring: ") and "Intent" not in told
    spec.write_text(spec.read_text().replace("together = false", "together = true"))
    assert main(["select", str(spec), "--facts", "--json"]) == 0
    assert dict(json.loads(capsys.readouterr().out)["told"])["Task"] == "Single pictures"


def test_together_is_one_run_that_says_what_that_means(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_text(spec.read_text().replace("together = false", "together = true").replace("logit-mask", "fine-tune"))
    assert main(["run", str(spec)]) == 0
    err = " ".join(capsys.readouterr().err.split())
    assert "Forgotten together: class ring, 37 pictures. All are treated as single pictures" in err
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["task"], summary["forget_pictures"]) == ("random", 97)


def test_a_mixed_request_of_a_stream_is_divided_as_well(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = read_spec(spec)
    text = (
        f'device = "cpu"\n[data]\npath = "{wanted.data.path}"\n[model]\ncheckpoint = "{wanted.model.checkpoint}"\n'
        '[method]\nname = "logit-mask"\n[audit]\ndepth = "quick"\n[output]\ndir = "stream"\n'
        '[[request]]\nname = "one"\nforget = { classes = ["square"] }\n'
        '[[request]]\nname = "two"\nforget = { classes = ["ring"], files = "names.txt" }\n'
    )
    (tmp_path / "stream.toml").write_text(text)
    command = ["stream", str(tmp_path / "stream.toml"), "--json"]
    assert main(command) == 2
    assert "3 of 40 names" in capsys.readouterr().err
    assert not (tmp_path / "stream").exists(), "before the first is answered"
    (tmp_path / "stream.toml").write_text(text.replace("ring", "rign"))
    assert main([*command, "--allow-missing"]) == 2
    assert "request 'two': no class is called 'rign'" in capsys.readouterr().err
    (tmp_path / "stream.toml").write_text(text)
    assert main([*command, "--allow-missing"]) == 0
    out, err = capsys.readouterr()
    assert "request 'two' is two requests: class ring; 37 pictures. They are answered one after the other" in err
    done = json.loads(out)["requests"]
    assert [(each["request"], each["task"], each["forget_pictures"]) for each in done] == [
        ("one", "class", 60), ("two-1-class", "class", 60), ("two-2-pictures", "random", 37),
    ]  # fmt: skip
    assert done[2]["retain_pictures"] == 240 - 60 - 60 - 37 and done[2]["not_found"] == GONE


@pytest.mark.parametrize("command", ["compare", "ablate"])
def test_a_comparison_has_one_goal_for_each_task(
    command: str, spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = read_spec(spec)
    rows = '[ablate]\nmethod = "logit-mask"\n' if command == "ablate" else ""
    text = (
        ("" if rows else 'methods = ["fine-tune"]\n')
        + f'device = "cpu"\n[data]\npath = "{wanted.data.path}"\n[model]\ncheckpoint = "{wanted.model.checkpoint}"\n'
        + f'{rows}[[task]]\nname = "discs"\nforget = {{ classes = ["disc"] }}\n'
        + '[[task]]\nname = "mixed"\nforget = { classes = ["ring"], files = "names.txt" }\n'
    )
    (tmp_path / "compare.toml").write_text(text)
    asked = [command, str(tmp_path / "compare.toml"), "--out", str(tmp_path / "tables.md")]
    for more, says in (
        ([], "3 of 40 names"),
        (["--allow-missing"], "task 'mixed': this is two requests: class ring; 37 pictures; a comparison has one goal"),
        (["--allow-missing", "--show"], "write a [[task]] for each of them, or together = true in its forget"),
    ):
        assert main([*asked, *more]) == 2
        out, err = capsys.readouterr()
        assert out == "" and says in err and "discs, " not in err, "before any trial"
    assert not (tmp_path / "tables.md").exists()
    (tmp_path / "compare.toml").write_text(text.replace('"names.txt"', '"names.txt", together = true'))
    assert main([*asked, "--allow-missing", "--show"]) == 0
    err = " ".join(capsys.readouterr().err.split())
    assert "Forgotten together: class ring, 37 pictures. All are treated as single pictures" in err
    assert "3 names of the request are no picture here" in err
