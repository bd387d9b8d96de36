"""The commands as a person and as a machine use them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from maga_desk import __version__
from maga_desk.__main__ import main as program
from maga_desk.cli import main
from maga_desk.domain.methods import TASKS
from maga_desk.domain.specs.run import RunSpec


def spec_file(spec: RunSpec, folder: Path) -> str:
    path = folder / "spec.toml"
    path.write_text(spec.to_toml())
    return str(path)


def test_run_prints_the_summary_and_is_kept_as_a_session(
    tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", spec_file(tiny_spec, tmp_path), "--guesses", "2", "--json"]) == 0
    out, err = capsys.readouterr()
    summary = json.loads(out)
    assert summary["task"] == "class" and summary["second"] is None, "there is nothing to compare with"
    assert "guesses = 2" in (Path(tiny_spec.output.dir) / "spec.toml").read_text()
    assert summary["retrain_seconds"] is None
    assert summary["metrics"]["js_to_retrained"] is None
    assert err == ""
    stored = json.loads((Path(tiny_spec.output.dir) / "summary.json").read_text())
    assert summary == {key: stored[key] for key in summary}
    assert main(["sessions", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["sessions"]
    assert [run["status"] for run in listed[0]["runs"]] == ["finished"]
    assert "forget ring" in listed[0]["title"]
    exported = tmp_path / "net.pt"
    checkpoint = os.path.relpath(Path(tiny_spec.output.dir) / "unlearned.safetensors")
    assert main(["export", checkpoint, "--out", str(exported), "--json"]) == 0
    capsys.readouterr()
    assert main(["sessions", "--show", str(listed[0]["id"]), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert len(shown["fingerprint"]) == 16 and len(shown["checkpoint_sha256"]) == 64
    (kept,) = [file for file in shown["runs"][0]["files"] if file["kind"] == "export"]
    assert (kept["format"], kept["path"], kept["bytes"]) == ("state-dict", str(exported), exported.stat().st_size)
    assert {"labels", "checkpoint", "summary", "forgotten"} <= {file["kind"] for file in shown["runs"][0]["files"]}
    assert main(["sessions", "--delete", str(listed[0]["id"]), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["folders_left"] == [str(Path(tiny_spec.output.dir).resolve())]
    assert main(["sessions"]) == 0
    assert "no sessions yet" in capsys.readouterr().out


def test_run_shows_a_person_a_table(tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["run", spec_file(tiny_spec, tmp_path)])
    out, err = capsys.readouterr()
    assert (status, "went wrong" in err) == (0, False)
    assert "Forget, training" in out
    assert "unlearning took" in out


def test_train_then_export(tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = tmp_path / "names.txt"
    names.write_text("train/disc/000.png\n")
    out = tmp_path / "net.safetensors"
    command = ["train", "--data", str(tiny_folder), "--arch", "resnet8", "--epochs", "1", "--seed", "1"]
    command += ["--exclude-class", "ring", "--exclude-files", str(names), "--out", str(out), "--json"]
    assert main(command) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["train_pictures"] == 179
    assert summary["checkpoint"] == str(out)
    assert 0 <= summary["accuracy_excluded"] <= 100
    assert main(["export", str(out), "--out", str(tmp_path / "net.pt"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["format"] == "state-dict"
    families = ["--families", str(tiny_folder / "families.toml"), "--exclude-kind", "ring"]
    assert main([*command[:7], "--seed", "1", *families, "--out", str(out), "--json"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main([*command[:7], "--seed", "1", *families, "--out", str(out), "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["train_pictures"] == 180


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "nowhere.toml"],
        ["run"],
        ["run", "a.toml", "--wrong"],
        ["nonsense"],
        ["train", "--data", "/nowhere", "--out", "x.safetensors"],
        ["train", "--data", "demo", "--arch", "resnet9", "--out", "x.safetensors"],
        ["train", "--data", "demo", "--epochs", "0", "--out", "x.safetensors"],
        ["train", "--data", "demo", "--out", "x.zip"],
        ["train", "--data", "demo", "--option", "seed=1", "--out", "x.safetensors"],
        ["train", "--data", "demo", "--option", "seed", "--out", "x.safetensors"],
        ["train", "--data", "demo", "--source", "nowhere", "--out", "x.safetensors"],
        ["sources", "nowhere"],
        ["export", "nowhere.pt", "--out", "x.onnx"],
        ["export", "nowhere.pt", "--out", "x.zip"],
        ["sessions", "--delete", "99"],
    ],
)
def test_a_users_mistake_is_one_line_and_status_2(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("maga-desk: ")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_ours_is_status_1_with_the_traceback_in_the_log(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("our fault")

    monkeypatch.setattr("maga_desk.cli.sessions.SessionStore.open", broken)
    assert main(["sessions"]) == 1
    assert "our fault" not in capsys.readouterr().err
    assert "our fault" in (home / "maga-desk.log").read_text()


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for name in ("demo", "export", "run", "sessions", "train"):
        assert name in out
        assert main([name, "--help"]) == 0
    assert main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_ctrl_c_cancels_and_resume_goes_on(tiny_spec: RunSpec, tmp_path: Path) -> None:
    spec = tiny_spec.with_changes("method", params={"passes": 50.0, "noise_steps": 2, "retain_batch": 2})
    command = [sys.executable, "-m", "maga_desk", "run", spec_file(spec, tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        events = Path(spec.output.dir) / "events.jsonl"
        end = time.monotonic() + 60
        while time.monotonic() < end and not (events.exists() and '"scalars"' in events.read_text()):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "go on with --resume" in err
    assert (Path(spec.output.dir) / "resume.pt").exists()


def test_without_a_command_the_window_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[list[str]] = []
    monkeypatch.setattr("maga_desk.__main__.open_window", lambda arguments=(): opened.append(list(arguments)) or 0)
    assert program([]) == 0
    assert opened == [[]]
    monkeypatch.setattr("maga_desk.cli.demo.has_display", lambda: True)
    assert program(["demo", "--out", "here"]) == 0
    assert opened[1] == ["--demo", "--out", "here"]


def test_methods_are_listed_with_paper_tasks_and_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods", "--json"]) == 0
    listed = {method["name"]: method for method in json.loads(capsys.readouterr().out)["methods"]}
    assert {"maga", "retrain", "fine-tune", "salun", "scrub", "delete", "logit-mask"} <= listed.keys()
    assert listed["logit-mask"]["tasks"] == ["class"]
    assert listed["maga"]["needs"] == ["guidance"]
    assert listed["scrub"]["parameters"]["temperature"]["default"] == 4.0
    assert listed["maga"]["settings"]["auto, sub-class, membership"]["noise"] == "conditioned"
    assert listed["maga-relearn"]["settings"]["auto, class, concept"] == {}
    assert listed["maga-relearn"]["settings"]["auto, class, concept, 5,000 retain pictures"]["keep"] == 0.0
    advised = {task: [name for name, one in listed.items() if task in one["recommended"]] for task in TASKS}
    assert all(len(names) == 1 for names in advised.values()), "one choice for each task"
    assert all(method["paper"] and method["summary"] for method in listed.values())
    assert main(["methods"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(listed)
    assert main(["methods", "scrub"]) == 0
    out = capsys.readouterr().out
    assert "arXiv 2302.09880" in out and "temperature" in out
    assert main(["methods", "magic"]) == 2
    assert "no method is called 'magic'; known: maga, " in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX pipe")
def test_a_reader_that_goes_away_is_no_fault_of_ours() -> None:
    done = subprocess.run(
        f"{sys.executable} -m maga_desk --help | true", shell=True, capture_output=True, text=True, check=False
    )
    assert "went wrong" not in done.stderr


def test_a_forecast_is_printed_and_goes_with_the_run(
    tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.toml"
    spec.write_text(tiny_spec.with_changes("method", name="gradient-ascent", params={}).to_toml())
    assert main(["forecast", str(spec), "--seconds", "1", "--json", "--why-not-retrained", "No time."]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["method"]["low"] <= told["method"]["seconds"] <= told["method"]["high"]
    assert told["retraining"]["host"] > 0 and told["not_retrained"] == "No time." and told["cheap"] is True
    assert not (tmp_path / "out").exists(), "nothing was unlearned"
    assert main(["run", str(spec)]) == 0
    out = capsys.readouterr().out
    assert "The method: forecast" in out and "it took" in out and "Retraining: forecast" in out
    assert main(["forecast", str(spec), "--seconds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Gradient ascent: ") and "of memory" in lines[0]
    assert "only exact answer" in lines[-1]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"method": {"name": "no-such-method"}}, "no-such-method"),
        ({"method": {"name": "fine-tune", "params": {"epochs": -1}}}, "epochs"),
        ({"forget": {"classes": ["no such class"]}}, "no class is called"),
    ],
)
def test_what_cannot_be_forecast_is_one_line(
    changes: dict[str, Any], says: str, tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.toml"
    section, values = next(iter(changes.items()))
    spec.write_text(tiny_spec.with_changes(section, **values).to_toml())
    assert main(["forecast", str(spec), "--seconds", "1", "--json"]) == 2
    out, err = capsys.readouterr()
    assert not out and says in err and err.count("\n") == 1
