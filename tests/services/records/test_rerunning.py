"""A checkpoint judged anew gives the record's figures, within their intervals; a figure outside of them is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maga_desk.cli import main
from maga_desk.domain.record import ErasureRecord
from maga_desk.domain.results import Report
from maga_desk.services.records.building import build_record
from maga_desk.services.records.reading import read_folder
from maga_desk.services.records.rerunning import compared


def test_a_record_is_judged_anew_and_nothing_of_the_run_changes(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(finished), "--out", str(tmp_path / "record"), "--key", str(tmp_path / "k.pem")]) == 0
    before = {path.name: path.read_bytes() for path in finished.iterdir()}
    net = finished / "unlearned.safetensors"
    arguments = ["verify-record", str(tmp_path / "record"), "--rerun"]
    assert main(arguments) == 2
    capsys.readouterr()
    assert main([*arguments, "--checkpoint", str(net), "--json"]) == 0
    found = [each for each in json.loads(capsys.readouterr().out)["findings"] if each["part"] == "judged anew"]
    assert [each["outcome"] for each in found] == ["holds"]
    assert "figures lie within the record's intervals; 5 of 5 answers are the same" in found[0]["text"]
    assert {path.name: path.read_bytes() for path in finished.iterdir()} == before
    alone = tmp_path / "alone" / net.name
    alone.parent.mkdir()
    alone.write_bytes(net.read_bytes())
    assert main([*arguments, "--checkpoint", str(alone)]) == 2
    assert "name the run's spec.toml with --spec" in capsys.readouterr().err


def kept(kept_run: Path) -> tuple[ErasureRecord, Report]:
    material = read_folder(kept_run)
    return build_record(material).record, material.report


def with_figure(report: Report, key: str, value: float) -> Report:
    raw = json.loads(json.dumps(report.as_dict()))
    raw["after"]["figures"][key]["value"] = value
    return Report.from_dict(raw)


def test_a_figure_outside_of_its_interval_is_named(kept_run: Path) -> None:
    record, report = kept(kept_run)
    assert {each.outcome for each in compared(record, report)} <= {"holds", "not looked at"}
    inside = with_figure(report, "retain_train", 90.0)  # 88.9, 75.6 to 96.2
    assert "does not hold" not in {each.outcome for each in compared(record, inside)}
    outside = [each for each in compared(record, with_figure(report, "retain_train", 60.0)) if each.outcome != "holds"]
    assert outside[0].outcome == "does not hold"
    assert outside[0].text == "Retain, training of the result is 60.0 %, in the record 88.9 % (75.6 % to 96.2 %)"


def test_figures_by_another_yardstick_are_not_compared(kept_run: Path) -> None:
    record, report = kept(kept_run)
    found = {each.outcome: each.text for each in compared(record, report)}
    assert (
        "Average gap" in found["not looked at"] and "by another retrained model, or by none" in found["not looked at"]
    )


def test_a_measure_that_is_not_known_is_named_and_answers_are_paired_by_key(kept_run: Path) -> None:
    record, report = kept(kept_run)
    judged = record.judgement
    strange = judged.measures[0].model_copy(update={"key": "of_a_later_version", "title": "Of a later version"})
    changed = judged.model_copy(
        update={"measures": (strange, *judged.measures[1:]), "questions": judged.questions[::-1]}
    )
    found = list(compared(record.model_copy(update={"judgement": changed}), report))
    assert any("does not know Of a later version: update MaGA Desk" in each.text for each in found)
    assert found[-1].text.endswith("5 of 5 answers are the same")
