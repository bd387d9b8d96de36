"""Runs next to one another, over the reports of real runs."""

from __future__ import annotations

import json
from pathlib import Path

from pytestqt.qtbot import QtBot

from maga_desk.domain.results import Report
from maga_desk.domain.side_by_side import JudgedRun, rows_of
from maga_desk.domain.specs.run import RunSpec
from maga_desk.ui.widgets.verify.side_by_side import SideBySide

RUNS = Path(__file__).parents[3] / "kept" / "home" / "runs"


def judged(name: str, method: str) -> JudgedRun:
    spec = RunSpec().with_changes("method", name=method).with_changes("forget", classes=("ring",))
    return JudgedRun(method, spec, Report.from_dict(json.loads((RUNS / name / "report.json").read_text())))


TWO = [judged("20261128-053351", "maga"), judged("20261128-053354", "logit-mask")]


def test_facts_and_figures_with_the_distance_to_the_first() -> None:
    rows = {row.title: row for row in rows_of(TWO)}
    assert rows["Forgotten"].cells == ("class ring", "class ring") and not rows["Forgotten"].differs
    assert rows["Method"].cells == ("maga", "logit-mask") and rows["Method"].differs
    assert rows["Retain, training"].cells == ("88.9 %", "100.0 % (+11.1)")
    assert rows["Forget, training"].cells == ("0.0 %", "0.0 % (+0.0)") and not rows["Forget, training"].differs
    assert rows["Average gap"].cells[1] == "–"


def test_they_can_be_copied(qtbot: QtBot) -> None:
    dialog = SideBySide()
    dialog.set_runs(TWO)
    qtbot.addWidget(dialog)
    rows = dialog.takeaway.rows()
    assert rows[0] == ["", "maga", "logit-mask"] and rows[2] == ["Method", "maga", "logit-mask"]
    assert dialog.table.item(1, 0).font().bold() and not dialog.table.item(0, 0).font().bold()
