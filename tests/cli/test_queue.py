"""``maga-desk queue``, as a person and as a machine use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maga_desk.cli import main
from maga_desk.domain import paths
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["queue", "list", "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_queue_from_the_command_line(tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quick, gone = tmp_path / "quick.toml", tmp_path / "gone.toml"
    spec = tiny_spec.with_changes("method", name="logit-mask", params={}).with_changes("output", dir="out")
    quick.write_text(spec.to_toml())
    missing = spec.with_changes("model", checkpoint="/nowhere.pt").with_changes("output", dir="elsewhere")
    gone.write_text(missing.to_toml())
    assert main(["queue", "list"]) == 0
    assert capsys.readouterr().out == "The queue is empty\n"
    assert main(["queue", "add", str(quick), "--seed", "3", "--seed", "4"]) == 0
    assert "entry 2 waits: logit-mask: forget ring, seed 4" in capsys.readouterr().out
    assert main(["queue", "add", str(gone), "--case", "GDPR-7"]) == 2
    assert "there is no case 'GDPR-7'" in capsys.readouterr().err
    assert main(["case", "new", "--reference", "GDPR-7"]) == 0
    assert main(["queue", "add", str(gone), "--case", "GDPR-7"]) == 0
    with SessionStore.open(paths.sessions_file()) as store:
        session = store.queue.entry(3).session_id
        assert session is not None
        kept = store.cases.of_session(session)
        assert kept is not None and kept.case.reference == "GDPR-7"
    assert main(["queue", "add", str(gone)]) == 2
    assert "entry 3 of the queue writes there too; choose another folder" in capsys.readouterr().err
    assert main(["queue", "move", "3", "1"]) == 0
    assert main(["queue", "pause", "2"]) == 0
    assert main(["queue", "remove", "9"]) == 2
    assert "there is no entry 9 in the queue" in capsys.readouterr().err
    assert main(["queue", "remove"]) == 2
    assert [(entry["id"], entry["state"]) for entry in listed(capsys)["entries"]] == [
        (3, "waiting"),
        (1, "waiting"),
        (2, "held"),
    ]
    assert main(["queue", "pause"]) == 0
    assert "paused; 'maga-desk queue resume' lets it go on" in capsys.readouterr().out
    assert main(["queue", "run", "--until-empty"]) == 0
    assert "the queue is paused with 3 to come" in capsys.readouterr().err
    assert main(["queue", "resume"]) == 0
    assert main(["queue", "run", "--until-empty"]) == 2, "one failed"
    said = capsys.readouterr().err
    assert "entry 3 failed: /nowhere.pt: there is no such file" in said and "1 to come, all paused" in said
    assert (tmp_path / "out-seed3" / "summary.json").exists()
    found = listed(capsys)
    assert found["runner"] is None
    assert {entry["id"]: entry["state"] for entry in found["entries"]} == {1: "finished", 2: "held", 3: "failed"}
    assert main(["queue", "cancel", "2"]) == 0
    assert main(["queue", "remove", "--done"]) == 0
    assert listed(capsys)["entries"] == []


def test_a_spec_that_is_refused_is_for_no_case(
    tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["case", "new", "--reference", "GDPR-8"]) == 0
    path = tmp_path / "spec.toml"
    path.write_text(tiny_spec.to_toml())
    assert main(["queue", "add", str(path)]) == 0
    capsys.readouterr()
    assert main(["queue", "add", str(path), "--case", "GDPR-8"]) == 2, "another entry writes there"
    (Path(tiny_spec.output.dir)).mkdir()
    (Path(tiny_spec.output.dir) / "summary.json").write_text("{}")
    assert main(["queue", "add", str(path), "--case", "GDPR-8"]) == 2
    with SessionStore.open(paths.sessions_file()) as store:
        assert store.recent() == []
        assert [kept.called for kept in store.cases.recent()] == ["GDPR-8"]
