"""What cannot be done is one line and status 2, and leaves nothing behind: no file, no folder, no session."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from maga_desk.cli import main
from maga_desk.domain import paths
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore

ALL = ["cross", "disc", "ring", "square"]
ONE = "train/ring/000.png"
FORGET = {
    "nothing": ({"classes": []}, "nothing is marked to be forgotten"),
    "every class": ({"classes": ALL}, "everything is marked to be forgotten"),
    "every picture but by a share": ({"classes": ALL[:3], "kinds": ["square"]}, "everything is marked"),
    "an unknown class": (
        {"classes": ["Größe \u2028 \n 猫"]},
        "no class is called 'Größe \\u2028 \\n 猫'; known",
    ),
    "an unknown kind": ({"classes": [], "kinds": ["ring", "wheel"]}, "no kind is called 'wheel'"),
    "a name that is none": ({"classes": [], "pictures": ["../../etc/passwd"]}, "1 of 1 names are not among"),
    "one twice and one that is none": ({"classes": [], "pictures": [ONE, ONE, "no.png"]}, "1 of 2 names are not among"),
    "an empty list": ({"classes": [], "files": "empty.txt"}, "empty.txt"),
    "a list that is not there": ({"classes": [], "files": "nowhere.txt"}, "nowhere.txt: cannot read"),
    "a list that is a folder": ({"classes": [], "files": "pictures"}, "cannot read"),
    "a list that is no text": ({"classes": [], "files": "net.safetensors"}, "net.safetensors"),
}
KEYS: dict[str, tuple[str, dict[str, Any], str]] = {
    "a method for classes alone": ("forget", {"classes": [], "fraction": 0.1}, "logit-mask cannot do the task"),
    "an original that is a folder": ("model", {"checkpoint": "pictures"}, "pictures"),
    "a list of what was forgotten that is not there": ("model", {"forgotten": "nowhere.txt"}, "nowhere.txt"),
    "the original for a yardstick": ("audit", {"retrained": "net.safetensors"}, "is the original itself"),
    "results where the original is": ("output", {"dir": "."}, "holds the original"),
    "results in a file": ("output", {"dir": "names.txt/out"}, "cannot write there"),
    "results beyond a link to the pictures": ("output", {"dir": "link/train/ring"}, "lies in the pictures"),
}
COMMANDS = {
    "a spec that is a folder": (["run", "."], "cannot read: Is a directory"),
    "a spec that is no TOML": (["run", "names.txt"], "not valid TOML"),
    "a spec that is no text": (["run", "net.safetensors"], "not UTF-8 text"),
    "a comparison for a run": (["run", "compare.toml"], "unknown key"),
    "a run for a comparison": (["compare", "spec.toml"], "a comparison has no [forget]"),
    "a run for a stream": (["stream", "spec.toml"], "a stream has no [forget]"),
    "a run for an ablation": (["ablate", "spec.toml"], "a comparison has no [forget]"),
    "nothing to compare": (["compare", "empty.txt"], "'task'"),
    "no request": (["stream", "empty.txt"], "'request'"),
    "a result that is not there": (["entangle", "spec.toml", "--result", "nowhere.pt"], "nowhere.pt"),
    "an export that is a folder": (["export", "net.safetensors", "--out", "folder.pt"], "is a folder"),
    "an export to nowhere": (["export", "net.safetensors", "--out", ""], "--out"),
    "an export over a link to the original": (["export", "net.safetensors", "--out", "soft.pt"], "is the checkpoint"),
    "an export over a hard link to it": (["export", "net.safetensors", "--out", "hard.pt"], "is the checkpoint"),
    "an export over its name in capitals": (["export", "net.safetensors", "--out", "new/../NET.safetensors"], "NET"),
    "training on nothing": (
        ["train", "--data", "pictures", *(f"--exclude-class={each}" for each in ALL), "--out", "new/x.safetensors"],
        "everything is marked",
    ),
    "training without an unknown kind": (
        ["train", "--data", "pictures", "--exclude-kind", "wheel", "--out", "new/x.safetensors"],
        "no kind is called 'wheel'",
    ),
    "a new net among the pictures": (
        ["train", "--data", "pictures", "--out", "pictures/train/ring/net.safetensors"],
        "lies in the pictures",
    ),
    "a session that is not there": (["sessions", "--show", "99"], "no session 99"),
    "a method that is not there": (["methods", "nowhere"], "no method is called"),
}


TRAIN = ["train", "--data", "pictures", "--out", "new/x.safetensors"]
MANY = "9" * 26
ODD = [
    *([*TRAIN, "--lr", value] for value in ("nan", "inf", "-1", "0", "1e400", "", "0x1")),
    *([*TRAIN, "--weight-decay", value] for value in ("nan", "-inf", "2")),
    *([*TRAIN, option, value] for option in ("--seed", "--size", "--batch-size", "--epochs") for value in (MANY, "-1")),
    *([*TRAIN, "--device", value] for value in ("", "CPU", "tpu", "cuda:-1", f"cuda:{MANY}")),
    *(["sessions", option, value] for option in ("--show", "--delete", "--limit") for value in (MANY, "0", "nan", "")),
    *([command, value] for command in ("run", "data", "model", "trust", "propose", "compare") for value in ("", " ")),
    *([command, "a" * 5000] for command in ("run", "data", "model", "propose")),
    *([*TRAIN, option, "a" * 5000] for option in ("--families", "--start", "--exclude-files")),
    *([command, "/dev/zero"] for command in ("run", "model", "trust", "stream", "entangle")),
    *(["export", value, "--out", "x.onnx"] for value in ("", ".", "/", "~")),
    ["key", "https://[", "--delete"],
    ["kept", "--nowhere"],
    ["methods", ""],
]


@pytest.mark.parametrize("command", ODD, ids=lambda command: " ".join(command)[-40:])
def test_odd_values_are_one_line(command: list[str], place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(place, command, "", capsys)


@pytest.fixture
def place(tiny_spec: RunSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all that a run reads, and a spec of a quick one."""
    folder = tmp_path / "my pictures, and Größe"
    folder.mkdir()
    shutil.copy(tiny_spec.model.checkpoint or "", folder / "net.safetensors")
    (folder / "pictures").symlink_to(tiny_spec.data.path or "")
    (folder / "link").symlink_to(folder / "pictures")
    (folder / "soft.pt").symlink_to("net.safetensors")
    (folder / "hard.pt").hardlink_to(folder / "net.safetensors")
    (folder / "names.txt").write_text(ONE)
    (folder / "folder.pt").mkdir()
    (folder / "empty.txt").write_text("\n\n")
    (folder / "compare.toml").write_text('[[task]]\nname = "ring"\nforget = { classes = ["ring"] }\n')
    quick = tiny_spec.with_changes("data", path="pictures").with_changes("model", checkpoint="net.safetensors")
    quick = quick.with_changes("method", name="logit-mask", params={}).with_changes("audit", depth="quick")
    write(folder, quick.with_changes("output", dir="out/deep"))
    monkeypatch.chdir(folder)
    return folder


def write(folder: Path, spec: RunSpec) -> None:
    (folder / "spec.toml").write_text(spec.to_toml())


def refused(place: Path, command: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.lstat().st_mtime_ns for path in place.rglob("*")}
    assert main(command) == 2
    out, err = capsys.readouterr()
    *beside, line = err.splitlines()
    assert out == "" and line.startswith("maga-desk: ") and says in line
    assert not any(each.startswith("maga-desk: ") for each in beside)
    assert {path: path.lstat().st_mtime_ns for path in place.rglob("*")} == before
    if paths.sessions_file().exists():
        with SessionStore.open(paths.sessions_file()) as store:
            assert store.recent() == []


@pytest.mark.parametrize("case", FORGET)
def test_what_to_forget(case: str, place: Path, tiny_spec: RunSpec, capsys: pytest.CaptureFixture[str]) -> None:
    from maga_desk.domain.specs.run import parse_spec, read_toml

    values, says = FORGET[case]
    write(place, parse_spec(read_toml(place / "spec.toml")).with_changes("forget", **values))
    refused(place, ["run", "spec.toml"], says, capsys)


@pytest.mark.parametrize("case", KEYS)
def test_keys_of_a_run(case: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from maga_desk.domain.specs.run import parse_spec, read_toml

    section, values, says = KEYS[case]
    write(place, parse_spec(read_toml(place / "spec.toml")).with_changes(section, **values))
    refused(place, ["run", "spec.toml", "--force"], says, capsys)


@pytest.mark.parametrize("case", COMMANDS)
def test_commands(case: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command, says = COMMANDS[case]
    refused(place, command, says, capsys)
