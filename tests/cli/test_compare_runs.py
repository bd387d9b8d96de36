"""Runs of the database and folders beside one another, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maga_desk.cli import main
from maga_desk.domain import paths
from maga_desk.domain.events import Audited, Ended
from maga_desk.store.sessions import SessionStore
from tests.cli.test_record_commands import RINGS, old_home

__all__ = ["old_home"]
MASKED = "20261128-053354"


def test_runs_by_number_and_by_folder(old_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, rings = tmp_path / "table.csv", str(old_home / "runs" / RINGS)
    assert main(["compare-runs", "1", rings, "2", "--csv", str(table), "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["groups"]
    assert [net["net"] for net in first["nets"]] == ["original", "retrained", "run"], "the folder is run 1 again"
    assert first["nets"][2]["figures"]["retain_train"]["n"] == 36 and second["forgotten"] == "class disc"
    assert len(table.read_text().splitlines()) == 1 + 3 + 2
    assert main(["compare-runs", "1", "--csv", str(table)]) == 2, "an earlier file is not replaced unasked"
    assert main(["compare-runs", "1", "--csv", rings + "/report.json", "--force"]) == 2
    capsys.readouterr()
    assert main(["compare-runs", "1", "2", "--sort", "mia"]) == 0
    said = capsys.readouterr().out
    assert "Group B is not to be compared with group A" in said and "75.6–96.2, n 36" in said
    assert "not run in any of these: " in said and "; Class-aware attack; RMIA, AUC;" in said


def test_what_has_no_figures_is_named(old_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    square = old_home / "runs" / "square"
    for asked, fault in (("99", "no run 99"), ("3", "has no figures"), (str(square), "holds no finished run")):
        assert main(["compare-runs", asked]) == 2
        assert fault in capsys.readouterr().err


def test_two_tables_want_two_files(old_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "table.csv"
    assert main(["compare-runs", "1", "--csv", str(table), "--class-csv", f"{tmp_path}/./table.csv"]) == 2
    assert "name one file" in capsys.readouterr().err and not table.exists()


def test_runs_of_one_folder_stay_apart_by_their_numbers(old_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SessionStore.open(paths.sessions_file()) as store:
        first = store.run(1)
        assert first.report is not None
        recorder = store.start_run(first.session_id, first.spec, first.folder)
        recorder.record(Audited(first.report))
        recorder.record(Ended("finished", {}))
        store.flush()
        number = str(recorder.run_id)
    assert main(["compare-runs", "1", number, number, first.folder, "--json"]) == 0
    (group,) = json.loads(capsys.readouterr().out)["groups"]
    assert [net["net"] for net in group["nets"]].count("run") == 2, "its folder holds the newer one"
