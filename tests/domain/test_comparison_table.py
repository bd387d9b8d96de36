"""Runs beside original and retrained: what is compared, what is not, and what is missing."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

from maga_desk.domain.comparison_plain import as_plain, class_sheet, sheet
from maga_desk.domain.comparison_table import NOT_MEANT, NOT_RUN, ComparedRun, Ground, comparison_table, ordered
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.results import Audit, Figure, Report
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.tables import csv_text
from maga_desk.domain.yardstick import Yardstick

GOLD = Yardstick("gold.safetensors", "ab" * 32, "record")
SAME = Ground("pictures", "original", "cats")
BEFORE = Audit({"forget_test": Figure(81.0, 70.0, 90.0, 50), "gap": Figure(20.0)}, (70.0, 81.0))
RETRAINED = Audit({"forget_test": Figure(1.0, 0.0, 4.0, 50)}, (72.0, 1.0))


def run(label: str, forget: float, ground: Ground = SAME, **report: Any) -> ComparedRun:
    after = Audit({"forget_test": Figure(forget, forget - 1, forget + 1, 50), "gap": Figure(0.5)}, (69.0, None))
    judged = Report(("dog", "cat"), BEFORE, after, RETRAINED, 8.0, 80.0, yardstick=GOLD)
    spec = RunSpec().with_changes("forget", classes=("cat",))
    return ComparedRun(label, f"{label}, class cat", spec, replace(judged, **report), ground, run_id=1)


def test_each_net_has_a_row_with_value_interval_and_verdict() -> None:
    table = comparison_table([run("one", 40.0), run("two", 2.0)])
    assert [row.label for row in table.rows] == ["Original", "Retrained", "one", "two"]
    cell = table.rows[2].cells["forget_test"]
    assert (cell.text, cell.certainty, cell.difference, cell.grade) == ("40.0 %", "39.0–41.0, n 50", 39.0, "far")
    assert table.rows[2].changes == {"dog": -1.0, "cat": None}
    assert [row.label for row in ordered(table.rows, "forget_test")] == ["Original", "Retrained", "two", "one"]


def test_nothing_is_empty() -> None:
    table = comparison_table([run("one", 2.0)])
    assert all(row.cells[key].text for row in table.rows for key in MEASURES)
    original, retrained, one = table.rows
    assert (one.cells["rmia"].text, one.cells["rmia"].why) == (NOT_RUN, "no shadow models were trained")
    assert retrained.cells["gap"].text == original.cells["cka_original"].text == NOT_MEANT
    titles, *rows = sheet(table)
    assert all(len(row) == len(titles) for row in rows) and rows[2][titles.index("rmia")] == NOT_RUN


def test_another_forget_set_is_another_group_and_what_is_unknown_is_said() -> None:
    others = replace(SAME, forgotten="dogs"), Ground.of(RunSpec(), original="original", forgotten="cats")
    table = comparison_table(
        [run("one", 2.0), run("two", 2.0, others[0]), run("three", 2.0), run("old", 2.0, others[1])]
    )
    assert [[each.label for each in group.runs] for group in table.groups] == [["one", "three"], ["two"], ["old"]]
    assert "Group B is not to be compared with group A: another forget set." in table.notes
    assert "Group C is not to be compared with group A: whether the pictures are the same is not known." in table.notes


def test_several_retrained_models_are_not_mixed() -> None:
    other = replace(GOLD, sha256="cd" * 32)
    table = comparison_table([run("one", 2.0), run("two", 2.0, yardstick=other), run("three", 2.0, retrained=None)])
    assert [row.label for row in table.rows[:3]] == ["Original", "Retrained 1", "Retrained 2"]
    assert table.rows[0].cells["gap"].text == NOT_MEANT
    assert any(note.startswith("These runs are judged by 2 retrained models") for note in table.notes)
    assert "Not judged, for want of a retrained model that counts: three." in table.notes


def test_one_net_audited_twice_with_other_figures_is_named() -> None:
    before = BEFORE.with_figures({"forget_test": Figure(79.0)})
    notes = comparison_table([run("one", 2.0), run("two", 2.0, before=before)]).notes
    assert "The original has other figures in each audit, the first run's are shown: Forget, test." in notes


def test_for_other_programs() -> None:
    table = comparison_table([run("=one", 2.0)])
    read = list(csv.reader(io.StringIO(csv_text(sheet(table)))))
    assert read[3][read[0].index("run")] == "'=one, class cat" and read[3][read[0].index("forget_test n")] == "50"
    assert class_sheet(table.groups[0])[2] == ["cat", "yes", "81", "1", "-80", "", ""]
    (group,) = json.loads(json.dumps(as_plain(table)))["groups"]
    assert group["nets"][2]["figures"]["rmia"] == {
        "value": None,
        "missing": NOT_RUN,
        "why": "no shadow models were trained",
    }


def test_verification_models_have_no_say_about_a_retrained_model() -> None:
    gold = RETRAINED.with_figures({"calibrated": Figure(55.0, 50.0, 60.0, 50)})
    retrained = comparison_table([run("one", 2.0, retrained=gold)]).rows[1]
    for key, measure in MEASURES.items():
        if "verification" in measure.rests_on:
            cell = retrained.cells[key]
            assert (cell.figure, cell.text) == (None, NOT_MEANT) and "not a retrained model" in cell.why


def test_why_the_attack_by_the_pair_is_missing() -> None:
    """A quick audit, and a full one of an earlier version, have not tried it: too few pictures are not the reason."""
    quick = comparison_table([run("one", 2.0)]).rows
    assert quick[0].cells["pair"].why == quick[2].cells["pair"].why == "the audit was a quick one"
    full = {
        key: Figure(50.0, n=50) for key, each in MEASURES.items() if each.depth == "full" and each.group != "returns"
    }
    full = {key: each for key, each in full.items() if key not in ("pair", "pair_gain")}
    old = comparison_table([run("one", 2.0, after=Audit(full))]).rows[2]
    assert old.cells["pair"].why == old.cells["pair_gain"].why == "the audit was made by an earlier version"
