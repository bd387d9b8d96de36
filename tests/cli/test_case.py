"""A request from the day it came until what was kept of it is purged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from maga_desk.cli import main
from maga_desk.data.keeping import DiskShelf
from maga_desk.domain import paths
from maga_desk.domain.cases import ErasureCase
from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.specs.run import RunSpec
from maga_desk.models.checkpoint import write_state
from maga_desk.services.judging.trainings import SHADOW_SEEDS
from maga_desk.store.sessions import SessionStore


def _case(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["case", *arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_request_from_its_first_day_to_the_purge(
    tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _case(capsys, "new", "--reference", "AZ-17", "--received", "2026-01-31", "--handler", "Ada")
    assert (made["state"], made["due"], made["approvals_missing"]) == ("open", "2026-02-28", 1)
    spec = tmp_path / "spec.toml"
    spec.write_text(tiny_spec.to_toml())
    assert main(["run", str(spec), "--case", "AZ-18"]) == 2
    assert "there is no case 'AZ-18'" in capsys.readouterr().err
    assert main(["run", str(spec), "--case", "AZ-17", "--json"]) == 0
    capsys.readouterr()
    shown = _case(capsys, "show", "AZ-17")
    assert (shown["state"], shown["runs"]) == ("judged", [1])
    assert main(["case", "hand-over", "AZ-17"]) == 2
    assert "approvals are missing: 1 of 1" in capsys.readouterr().err
    assert _case(capsys, "approve", "AZ-17", "--by", "Grace")["state"] == "approved"
    assert main(["case", "purge", "AZ-17", "--yes"]) == 2
    assert "AZ-17 is approved; close or refuse it" in capsys.readouterr().err
    _case(capsys, "told", "AZ-17", "--who", "Hosting Ltd", "--on", "2026-02-03")
    _case(capsys, "hand-over", "AZ-17")
    assert _case(capsys, "close", "AZ-17")["state"] == "closed"

    with SessionStore.open(paths.sessions_file()) as store:
        (session,) = store.recent()
        card = store.session(session.id).card
        assert card is not None
        assert store.proposal(session.id) is not None
    other = tmp_path / "earlier copy.safetensors"
    for path, seed in ((paths.references_dir() / "a.safetensors", SHADOW_SEEDS[0]), (other, 1)):
        path.parent.mkdir(exist_ok=True)
        info = CheckpointInfo(made={"by": "train", "seed": seed, "data": card.fingerprint})
        write_state(path, {"weight": torch.zeros(1)}, info)
    with SessionStore.open(paths.sessions_file()) as store:
        elsewhere = tiny_spec.with_changes("model", checkpoint=str(other))
        store.create_session("the same pictures", elsewhere, replace(card, checkpoint=str(other)))
    assert DiskShelf(paths.kept_dir(), 0).size > 0
    record = tmp_path / "record of AZ-17"
    key = tmp_path / "key.pem"
    assert main(["report", str(tiny_spec.output.dir), "--out", str(record), "--key", str(key)]) == 0
    capsys.readouterr()
    (purge,) = _case(capsys, "purge", "AZ-17", "--yes")["purges"]
    assert f"{record}: a record of the erasure" in purge["left"]
    assert purge["removed"][-1] == "old pages of the database, and the log"
    assert DiskShelf(paths.kept_dir(), 0).size == 0
    assert not (paths.references_dir() / "a.safetensors").exists()
    assert any(line.startswith("1 shadow models") for line in purge["removed"])
    assert f"{other}: a checkpoint that was trained on the same pictures" in purge["left"]
    assert any(line.startswith(f"{tiny_spec.data.path}: the pictures themselves") for line in purge["left"])
    with SessionStore.open(paths.sessions_file()) as store:
        assert store.proposal(session.id) is None
    assert main(["case", "show", "1"]) == 0
    text = capsys.readouterr().out
    assert "told: Hosting Ltd, 2026-02-03" in text and "Grace" in text and "backups" in text
    assert main(["case", "delete", "AZ-17", "--yes"]) == 0
    assert "AZ-17 is erased" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "nobody"], "there is no case 'nobody'"),
        (["new", "--received", "yesterday"], "does not match the format"),
        (["new", "--received", "2026-02-02", "--due", "2026-02-01"], "before it was received"),
        (["new", "--session", "99"], "there is no session 99"),
        (["assign", "twice", "--run", "1"], "several cases have the reference 'twice'; give the number: 2, 1"),
        (["assign", "1"], "--session or --run"),
        (["assign", "1", "--run", "99"], "there is no run 99"),
        (["refuse", "1", "--why", " "], "why it is refused"),
        (["reopen", "1"], "the case is open"),
        (["change", "1", "--scope", "x" * 5000], "4,000 at most"),
    ],
)
def test_what_cannot_be_is_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert main(["case", "new", "--reference", "twice"]) == 0
    capsys.readouterr()
    assert main(["case", *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1


def test_an_empty_day_takes_it_back(capsys: pytest.CaptureFixture[str]) -> None:
    _case(capsys, "new", "--reference", "AZ-1", "--received", "2026-01-01", "--kept-until", "2027-01-01")
    changed = _case(capsys, "change", "AZ-1", "--due", "", "--kept-until", "")
    assert (changed["received"], changed["due"], changed["kept_until"]) == ("2026-01-01", None, None)
    assert _case(capsys, "new", "--received", "2026-01-01", "--due", "")["due"] is None


def test_a_case_is_found_however_many_are_newer(capsys: pytest.CaptureFixture[str]) -> None:
    with SessionStore.open(paths.sessions_file()) as store:
        store.cases.new(ErasureCase(reference="the first"))
        for number in range(1001):
            store.cases.new(ErasureCase(reference=f"AZ-{number}"))
    assert _case(capsys, "show", "the first")["id"] == 1
    assert main(["case", "list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1002


def test_the_list_begins_with_what_is_due_first(capsys: pytest.CaptureFixture[str]) -> None:
    for name, received in (("later", "2026-05-05"), ("first", "2026-01-01"), ("refused", "2025-01-01")):
        _case(capsys, "new", "--reference", name, "--received", received)
    _case(capsys, "refuse", "refused", "--why", "not ours")
    assert main(["case", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["first", "later", "refused"]
    assert "ago" in lines[0] and "due" not in lines[2]
    assert main(["case", "list", "--open"]) == 0
    assert "refused" not in capsys.readouterr().out
