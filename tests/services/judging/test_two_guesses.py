"""Two guesses of an unknown recipe: both judge, and both are shown and kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from maga_desk.cli.show import report_lines
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Audited, Message
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.verdicts import on_guesses
from maga_desk.models.checkpoint import read_info
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.audits import judge
from maga_desk.services.runs import run
from maga_desk.services.workspace import Workspace

PARTLY = {"optimizer": "sgd", "lr": 0.1, "batch_size": 32, "epochs": 4, "schedule": "one-cycle"}


def test_both_stand_in_the_report_the_summary_and_the_record(tiny_workspace: Workspace, tiny_spec: RunSpec) -> None:
    made = {"said_recipe": {"values": PARTLY, "source": "args in the checkpoint", "not_followed": ["RandAugment"]}}
    workspace = replace(tiny_workspace, info=replace(tiny_workspace.info, made=made))
    spec = tiny_spec.with_changes("method", name="logit-mask", params={}).with_changes("audit", depth="quick")
    list(run(spec, RunControl(), workspace=workspace))
    asked = spec.with_changes("audit", retrained="make", guesses=2)
    folder = Path(spec.output.dir)
    events = list(judge(Erasure.of(workspace, asked), folder / "unlearned.safetensors", RunControl()))
    report = next(event.report for event in events if isinstance(event, Audited))
    assert report.yardstick is not None and report.second is not None
    first, second = report.yardstick, report.second.yardstick
    assert first.guessed != second.guessed and first.file != second.file
    assert "flips and shifts" in first.guessed and "no augmentation" in second.guessed
    assert (first.sources["lr"], first.sources["augment"]) == ("args in the checkpoint", "guessed")
    assert first.not_followed == second.not_followed == "Not followed: RandAugment."
    assert first.tries[-1].reached is not None and first.tries[-1].wanted.accuracy > 90
    assert any(isinstance(each, Message) and each.text == on_guesses(report) for each in events)
    stored = json.loads((folder / "report.json").read_text())
    assert Report.from_dict(stored) == report
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["second"]["yardstick"]["sha256"] == second.sha256
    assert summary["second"]["retrained"]["retain_train"] == report.second.retrained.value("retain_train")
    record = read_info(folder / "unlearned.safetensors").made
    assert (record["second_yardstick"]["sha256"], record["guesses"]) == (second.sha256, on_guesses(report))
    lines = report_lines(report)
    assert on_guesses(report) in lines and any("1st guess" in line and "2nd guess" in line for line in lines)
    again = Erasure.of(workspace, asked.with_changes("audit", guesses=1))
    list(judge(again, folder / "unlearned.safetensors", RunControl()))
    record = read_info(folder / "unlearned.safetensors").made
    assert record["second_yardstick"] is None and record["guesses"] is None, "nothing of the earlier judgement is left"
