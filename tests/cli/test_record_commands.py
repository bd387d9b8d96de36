"""A record from the command line: made, checked, and what is wrong with it in one line."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from maga_desk.cli import main
from maga_desk.domain import paths
from maga_desk.store.sessions import SessionStore

KEPT = Path(__file__).parents[1] / "kept" / "home"
RINGS = "20261128-053351"


@pytest.fixture
def old_home(home: Path) -> Path:
    """The home that version 0.1.0 left, where it is now."""
    shutil.copytree(KEPT, home, dirs_exist_ok=True)
    with closing(sqlite3.connect(home / "sessions.sqlite")) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for _, column, kind, *_ in db.execute(f"PRAGMA table_info({table})").fetchall():
                if kind == "TEXT":
                    moved = f"UPDATE {table} SET {column} = replace({column}, '/tmp/kept/home', ?)"
                    db.execute(moved, (home.as_posix(),))
        db.commit()
    return home


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    status = main([*arguments, "--json"])
    said = capsys.readouterr()
    return status, json.loads(said.out) if said.out else {}, said.err


def test_a_session_and_its_folder_give_the_same_record(
    old_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, net = str(tmp_path / "key.pem"), str(old_home / "runs" / RINGS / "unlearned.safetensors")
    status, of_session, _ = told(capsys, "report", "1", "--out", str(tmp_path / "a"), "--key", key)
    assert status == 0 and of_session["answers"]["recognised"] == "not enough evidence"
    status, of_folder, _ = told(capsys, "report", str(Path(net).parent), "--out", str(tmp_path / "b"), "--key", key)
    assert status == 0 and of_folder["files"] == of_session["files"]
    status, checked, _ = told(capsys, "verify-record", str(tmp_path / "a"), "--checkpoint", net)
    assert (status, checked["holds"]) == (0, True)
    assert main(["verify-record", str(tmp_path / "a" / "manifest.dsse.json")]) == 0
    assert "the record holds" in capsys.readouterr().out
    with (tmp_path / "a" / "record.html").open("a") as page:
        page.write(" ")
    assert main(["verify-record", str(tmp_path / "a")]) == 1
    said = capsys.readouterr().out
    assert "record.html: does not hold, it was changed" in said and said.endswith("the record does not hold\n")


def test_a_session_whose_folder_is_gone_gives_what_the_database_has(
    old_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = tmp_path / "moved.safetensors"
    folder = old_home / "runs" / RINGS
    shutil.move(folder / "unlearned.safetensors", net)
    shutil.rmtree(folder)
    arguments = ("report", "1", "--out", str(tmp_path / "a"), "--key", str(tmp_path / "key.pem"))
    status, _, error = told(capsys, *arguments)
    assert status == 2 and "say where it is now with --checkpoint" in error and error.count("\n") == 1
    status, made, _ = told(capsys, *arguments, "--checkpoint", str(net))
    assert status == 0 and made["root"] is None and made["checkpoint_sha256"]
    assert main(["verify-record", str(tmp_path / "a"), "--checkpoint", str(net)]) == 0


@pytest.mark.parametrize(
    ("run", "says"),
    [
        ("4", "no finished run: there is nothing to report yet"),
        ("3", "no run yet"),
        ("99", "there is no session 99"),
        ("square", "not finished: there is nothing to report yet"),
        ("nowhere", "is no run's folder"),
    ],
)
def test_what_cannot_be_reported_is_one_line(
    old_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], run: str, says: str
) -> None:
    place = run if run.isdigit() else str(old_home / "runs" / run)
    status, _, error = told(capsys, "report", place, "--out", str(tmp_path / "a"), "--key", str(tmp_path / "k.pem"))
    assert status == 2 and says in error and error.count("\n") == 1
    assert not (tmp_path / "a").exists() and not (tmp_path / "k.pem").exists()


def test_a_request_stands_in_the_record(old_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["case", "new", "--reference", "AZ-17", "--received", "2026-01-31", "--handler", "Ada"]) == 0
    with SessionStore.open(paths.sessions_file()) as store:
        case = next(each for each in store.cases.recent() if each.case.reference == "AZ-17")
        store.cases.assign_run(1, case.id)
    assert main(["case", "approve", "AZ-17", "--by", "Grace"]) == 0
    capsys.readouterr()
    assert told(capsys, "report", "1", "--out", str(tmp_path / "a"), "--key", str(tmp_path / "k.pem"))[0] == 0
    found = json.loads((tmp_path / "a" / "record.json").read_text())["case"]
    assert (found["reference"], found["handler"], found["due"], found["state"]) == (
        "AZ-17", "Ada", "2026-02-28", "approved",
    )  # fmt: skip
    assert [each["name"] for each in found["approvals"]] == ["Grace"]


def test_a_database_of_a_newer_version_is_one_line_and_a_folder_does_not_need_it(
    old_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(old_home / "sessions.sqlite")) as db:
        db.execute("PRAGMA user_version = 9999")
    ways = ("--out", str(tmp_path / "a"), "--key", str(tmp_path / "k.pem"))
    status, _, error = told(capsys, "report", "1", *ways)
    assert status == 2 and "newer" in error and error.count("\n") == 1
    status, _, error = told(capsys, "report", str(old_home / "runs" / RINGS), *ways)
    assert status == 0 and "the request behind the run is not in the record" in error
