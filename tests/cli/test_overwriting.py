"""No command replaces an input, or an earlier result without ``--force``: one line, status 2, nothing touched."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from maga_desk.cli import main
from maga_desk.domain import paths
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore


@pytest.fixture
def place(tiny_spec: RunSpec, tmp_path: Path) -> Path:
    """A folder with a spec, its original, an earlier result, and an earlier file of every kind."""
    shutil.copy(tiny_spec.model.checkpoint or "", tmp_path / "net.safetensors")
    quick = tiny_spec.with_changes("model", checkpoint=str(tmp_path / "net.safetensors"))
    quick = quick.with_changes("method", name="logit-mask", params={}).with_changes("audit", depth="quick")
    (tmp_path / "spec.toml").write_text(quick.to_toml())
    opened = f'[data]\npath = "{tiny_spec.data.path}"\n[model]\ncheckpoint = "net.safetensors"\n'
    ring = 'forget = { classes = ["ring"] }\n'
    (tmp_path / "stream.toml").write_text(f'{opened}[output]\ndir = "."\n[[request]]\nname = "out"\n{ring}')
    (tmp_path / "compare.toml").write_text(f'methods = ["logit-mask"]\n{opened}[[task]]\nname = "ring"\n{ring}')
    out = tmp_path / "out"
    out.mkdir()
    for name in ("summary.json", "unlearned.safetensors"):
        (out / name).write_text("{}")
    for name in ("old.json", "old.md", "old.pt", "old.safetensors", "old.txt"):
        (tmp_path / name).write_text("an earlier result")
    (tmp_path / "names.txt").write_text("train/ring/000.png\n")
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


EARLIER = [
    ["run", "spec.toml"],
    ["stream", "stream.toml"],
    ["demo", "--headless", "--out", "out"],
    ["train", "--data", "demo", "--out", "old.safetensors"],
    ["train-guide", "--out", "out"],
    ["export", "net.safetensors", "--out", "old.pt"],
    ["compare", "compare.toml", "--out", "old.md"],
    ["compare", "compare.toml", "--show", "--out", "old.json"],
    ["propose", "spec.toml", "--out", "old.json"],
    ["entangle", "spec.toml", "--out", "old.json"],
]
INPUTS = [
    ["export", "net.safetensors", "--out", "net.safetensors"],
    ["propose", "spec.toml", "--out", "net.safetensors"],
    ["propose", "spec.toml", "--out", "spec.toml"],
    ["entangle", "spec.toml", "--result", "old.safetensors", "--out", "old.safetensors"],
    ["compare", "compare.toml", "--out", "compare.json"],
    ["train", "--data", "demo", "--exclude-files", "names.safetensors", "--out", "names.safetensors"],
]


def refused(
    command: list[str], place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    monkeypatch.chdir(place)
    before = contents(place)
    assert main(command) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("maga-desk: ") and err.count("\n") == 1
    assert contents(place) == before
    return err


@pytest.mark.parametrize("command", EARLIER, ids=" ".join)
def test_an_earlier_result_stays(
    command: list[str], place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--force" in refused(command, place, monkeypatch, capsys)
    assert main(["sessions"]) == 0
    assert "no sessions yet" in capsys.readouterr().out


@pytest.mark.parametrize("command", INPUTS, ids=" ".join)
def test_an_input_stays_whatever_is_said(
    command: list[str], place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "compare.json").hardlink_to(place / "compare.toml")
    shutil.copy(place / "names.txt", place / "names.safetensors")
    for force in ([], ["--force"]):
        assert "--force" not in refused([*command, *force], place, monkeypatch, capsys)


@pytest.mark.parametrize("folder", [".", "pictures"])
def test_no_run_goes_where_an_input_lies(
    folder: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "pictures").symlink_to(place)
    text = (place / "spec.toml").read_text().replace(str(place / "out"), str(place / folder))
    (place / "spec.toml").write_text(text)
    assert "net.safetensors" in refused(["run", "spec.toml", "--force"], place, monkeypatch, capsys)


def test_no_run_replaces_the_spec_that_a_person_wrote(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = place / "mine"
    mine.mkdir()
    (mine / "spec.toml").write_text((place / "spec.toml").read_text().replace(str(place / "out"), "."))
    assert "the spec" in refused(["run", "mine/spec.toml", "--force"], place, monkeypatch, capsys)


def test_force_sets_the_earlier_result_aside_and_its_session_finds_it(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    shutil.rmtree(place / "out")
    assert main(["run", "spec.toml"]) == 0
    before = contents(place / "out")
    text = (place / "spec.toml").read_text()
    (place / "spec.toml").write_text(text.replace('"ring"', '"disc"'))
    assert main(["run", "spec.toml", "--resume"]) == 2, "another run's result is not gone on with"
    assert contents(place / "out") == before
    with SessionStore.open(paths.sessions_file()) as store:
        assert [run.status for run in store.runs_in(str(place / "out"))] == ["finished"], "what was refused is no run"
        assert len(store.recent()) == 1
    capsys.readouterr()
    assert main(["run", "spec.toml", "--force"]) == 0
    assert "is now in" in capsys.readouterr().err
    assert contents(place / "out-1") == before
    assert json.loads((place / "out" / "summary.json").read_text())["checkpoint"] == str(
        place / "out" / "unlearned.safetensors"
    )
    with SessionStore.open(paths.sessions_file()) as store:
        (first,) = store.runs_in(str(place / "out-1"))
        found = store.run(first.id)
    assert found.status == "finished"
    files = [Path(file.path) for file in found.artefacts]
    assert files and all(file.exists() and file.parent == place / "out-1" for file in files)


def test_the_list_beside_an_export_counts_too(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "out" / "forgotten.txt").write_text("train/ring/000.png\n")
    (place / "new.forgotten.txt").write_text("another's list\n")
    err = refused(["export", "out/unlearned.safetensors", "--out", "new.pt"], place, monkeypatch, capsys)
    assert "new.forgotten.txt: is there already" in err
