"""Results that changed nothing, and results that forgot too much, are called so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from maga_desk.cli.show import report_lines
from maga_desk.domain.effects import over_unlearned, unchanged
from maga_desk.domain.findings import findings, result_sentence
from maga_desk.domain.results import Figure, Report
from maga_desk.domain.summary import judged_part
from maga_desk.domain.yardstick import Yardstick

RUN = Path(__file__).parents[1] / "kept" / "home" / "runs" / "20261128-053351"


@pytest.fixture
def report() -> Report:
    """A class forgotten, judged by a retrained model."""
    found = Report.from_dict(json.loads((RUN / "report.json").read_text()))
    return replace(found, yardstick=Yardstick("gold.safetensors", "ab" * 32, "record"))


def with_figure(report: Report, key: str, after: Figure, *, before: float, gold: float | None = None) -> Report:
    assert report.retrained is not None
    retrained = None if gold is None else report.retrained.with_figures({key: Figure(gold)})
    return replace(
        report,
        before=report.before.with_figures({key: Figure(before)}),
        after=report.after.with_figures({key: after}),
        retrained=retrained,
        yardstick=None if gold is None else report.yardstick,
    )


def test_a_result_that_names_every_picture_as_before_changed_nothing(report: Report) -> None:
    assert unchanged(report) == "" and judged_part(report)["unchanged"] is False
    same = replace(report, moved={"pictures": 0, "of": 320})
    assert result_sentence(same).startswith("Nothing changed; What was to be forgotten: ")
    assert findings(same)[0].kind == "unchanged" and "of 320 pictures not one" in findings(same)[0].what
    assert judged_part(same)["unchanged"] is True
    assert unchanged(replace(report, moved={"pictures": 1, "of": 320})) == ""


def test_a_change_within_its_interval_forgot_nothing_measurable(report: Report) -> None:
    weak = with_figure(report, "forget_train", Figure(38.3, 27.0, 51.0, 60), before=40.0)
    assert unchanged(weak).startswith(
        "Nothing measurable was forgotten: 40.0 % of what was to go"
    ) and "27.0" in unchanged(weak)
    assert result_sentence(weak).startswith("Nothing measurable was forgotten; ")
    assert any("Nothing measurable" in line for line in report_lines(weak))
    assert unchanged(with_figure(report, "forget_train", Figure(20.0, 12.0, 29.0, 60), before=40.0)) == ""
    single = replace(weak, task="random", intent="membership")
    assert unchanged(single) == "", "single pictures need not become unrecognisable, and nothing is there to compare"
    single = replace(report, task="random", intent="membership")
    as_gold = with_figure(single, "forget_train", Figure(38.3, 27.0, 51.0, 60), before=40.0, gold=37.0)
    assert unchanged(as_gold) == "", "that is what retraining gives"
    weak = with_figure(single, "forget_train", Figure(38.3, 27.0, 51.0, 60), before=40.0, gold=26.7)
    weak = with_figure(weak, "mia_auc", Figure(59.0, 55.0, 64.0, 60), before=60.0, gold=50.0)
    assert unchanged(weak), "neither is named otherwise nor harder to tell from unseen ones"
    assert not unchanged(with_figure(weak, "mia_auc", Figure(52.0, 48.0, 56.0, 60), before=60.0, gold=50.0))


def test_an_attack_far_below_guessing_is_no_success(report: Report) -> None:
    over = with_figure(report, "mia_auc", Figure(39.2, 33.0, 45.0, 60), before=60.0, gold=52.1)
    told = over_unlearned(over)
    assert told.startswith("Over-unlearned: Loss attack, AUC is 39.2 % (33.0 to 45.0 %), below the 50 % of guessing")
    assert "retraining gives 52.1 %" in told and "gives them away as well" in told
    assert "Over-unlearned" in result_sentence(over) and judged_part(over)["over_unlearned"] is True
    assert [each.what for each in findings(over) if each.kind == "membership"] == [told]
    assert any(line.startswith("Over-unlearned") for line in report_lines(over))
    for harmless in (
        with_figure(report, "mia_auc", Figure(39.2, 33.0, 51.0, 60), before=60.0, gold=52.1),  # not surely
        with_figure(report, "mia_auc", Figure(48.9, 48.1, 49.7, 9_000), before=60.0),  # not far
        with_figure(report, "mia_auc", Figure(39.2, 33.0, 45.0, 60), before=60.0, gold=38.0),  # as retraining
        with_figure(report, "mia_auc", Figure(39.2, 33.0, 45.0, 60), before=40.0, gold=52.1),  # as it was before
    ):
        assert over_unlearned(harmless) == "" and "Over-unlearned" not in result_sentence(harmless)


def test_every_output_says_what_a_figure_is_and_should_be(report: Report) -> None:
    explained = "\n".join(report_lines(report, explain=True))
    assert (
        "Retain, test (TA): Accuracy on test pictures of what stays. Should not drop. Target: the retrained"
        in explained
    )
    assert "lower is better" in explained and "--explain" not in explained
    assert "--explain says what each figure is and should be" in report_lines(report)
