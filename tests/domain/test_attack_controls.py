"""An attack that finds the same in a net that remembers as in one that never saw gives no verdict."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from maga_desk.domain.attack_controls import ATTACKS, attack_control, controls, silent
from maga_desk.domain.findings import findings
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.questions import answered
from maga_desk.domain.results import Audit, Figure, Report
from maga_desk.domain.verdicts import verdict
from maga_desk.domain.yardstick import Yardstick

GOLD = Yardstick("gold.safetensors", "ab" * 32, "record")
RUNS = Path(__file__).parents[1] / "kept" / "home" / "runs"


def around(value: float, half: float = 1.0) -> Figure:
    return Figure(value, value - half, value + half, 500)


def report(key: str, before: Figure | None, after: Figure, gold: Figure | None) -> Report:
    nets = [Audit({} if figure is None else {key: figure}) for figure in (before, after, gold)]
    return Report(("a", "b"), *nets, 1.0, 10.0, intent="membership", task="class", yardstick=GOLD)


@pytest.mark.parametrize(
    ("before", "gold", "tells"),
    [
        (around(90), around(50), True),
        (around(52), around(50), False),  # the original itself would count as forgotten
        (around(60, 12), around(50, 2), False),  # the interval of the difference includes 0
        (around(20), around(50), True),  # an attack may be wrong way round
        (None, around(50), False),
        (around(90), None, False),
    ],
)
def test_an_attack_must_tell_the_original_from_the_retrained_model(
    before: Figure | None, gold: Figure | None, tells: bool
) -> None:
    judged = report("mia_auc", before, around(50), gold)
    control = attack_control(judged, "mia_auc")
    assert control is not None and control.tells == tells
    evidence = next(each for each in answered(judged)[1].evidence if each.measure.key == "mia_auc")
    if gold is not None:
        assert verdict(judged, "mia_auc").grade == ("close" if tells else "unsure")
        assert evidence.answer == ("as" if tells else "unsure")
        assert evidence.why == control.why and control.why in evidence.text()
    if before is not None and gold is not None and not tells:
        assert control.why.startswith("the attack does not tell a net that remembers from one that never saw (original")
    assert controls(judged)["mia_auc"]["tells"] == tells
    assert ("Loss attack, AUC (original" in silent(judged)) == (not tells)


def test_what_is_no_attack_and_what_nothing_is_judged_by_has_no_control() -> None:
    assert attack_control(report("forget_test", around(50), around(50), around(50)), "forget_test") is None
    unjudged = replace(report("mia_auc", around(50), around(50), around(50)), yardstick=None)
    assert attack_control(unjudged, "mia_auc") is None and controls(unjudged) == {}
    assert {"mia_auc", "lira", "probe", "relearn", "from_retained", "int4", "which_class"} <= ATTACKS
    assert not {"retain_test", "gap", "cka_original", "pair_gain", "earlier_auc"} & ATTACKS


def test_what_tells_a_result_from_retraining_is_controlled_by_guessing() -> None:
    assert verdict(report("lira", around(95), around(50), None), "lira").grade == "close"
    assert verdict(report("lira", around(53), around(50), None), "lira").grade == "unsure"


def test_reports_of_earlier_versions_are_read_and_say_what_was_not_run() -> None:
    for file in RUNS.glob("*/report.json"):
        old = replace(Report.from_dict(json.loads(file.read_text())), yardstick=GOLD)
        back = next(each for each in answered(old) if each.key == "back")
        missing = {each.measure.key: each.why for each in back.not_run}
        assert "from_retained" in missing and ("earlier version" in missing["int4"] or "quick" in missing["int4"])
        assert set(controls(old)) == ATTACKS & set(old.after.figures) if old.judged else not controls(old)


def test_both_models_are_not_handed_out_where_together_they_tell_more() -> None:
    figures = {"pair": around(60), "pair_gain": around(5)}
    told = replace(report("pair", None, around(60), None), after=Audit(figures))
    (said,) = [each for each in findings(told) if each.kind == "pair"]
    assert "5.0 points more" in said.what and "Do not hand out both" in said.todo
    for figure in ({"pair": around(50)}, {"pair_gain": around(0.5, 0.1)}, {"pair_gain": around(5, 9)}):
        quiet = replace(told, after=Audit({**figures, **figure}))
        assert not [each for each in findings(quiet) if each.kind == "pair"]


def test_what_comes_back_is_a_trace_and_its_retained_people_are_none() -> None:
    back = report("from_retained", around(99), around(80), around(1))
    assert [each.kind for each in findings(back) if "Back from what stays 80 %" in each.what.replace(".0", "")] == [
        "inside"
    ]
    assert not [
        each for each in findings(report("pair", around(70), around(90), around(70))) if each.kind == "membership"
    ]


def test_what_earlier_requests_removed_must_not_come_back() -> None:
    back = report("earlier_train", around(2), around(30), around(1))
    assert any(each.kind == "earlier" and "2 % of those pictures" in each.what for each in findings(back))
    assert not any(each.kind == "earlier" for each in findings(report("earlier_train", around(2), around(3), None)))
    assert {"earlier_train", "earlier_test", "earlier_auc"} <= set(MEASURES)
