"""One sentence of result and what to do next, over the reports of real runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from maga_desk.cli.show import report_lines
from maga_desk.domain.advice import NO_DEEPER, Used, turned
from maga_desk.domain.findings import explanation, findings, result_sentence
from maga_desk.domain.limits import LimitCheck
from maga_desk.domain.methods import GROUPS, NOT_FOR_TASK, RECOMMENDED, arranged, expected_cost
from maga_desk.domain.results import Audit, Figure, Report
from maga_desk.domain.specs.forget import ForgetSpec
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.domain.summary import judged_part
from maga_desk.domain.yardstick import Yardstick
from maga_desk.engine.registry import METHODS

RUNS = Path(__file__).parents[1] / "kept" / "home" / "runs"
INFOS = [method.info for method in METHODS.values()]
BY_RECORD = Yardstick("gold.safetensors", "ab" * 32, "record")


def real(name: str) -> Report:
    return Report.from_dict(json.loads((RUNS / name / "report.json").read_text()))


@pytest.fixture
def judged() -> Report:
    """A class forgotten by MaGA, judged by a retrained model."""
    return replace(real("20261128-053351"), yardstick=BY_RECORD)


@pytest.fixture
def alone() -> Report:
    """A class masked at the output; no retrained model."""
    return real("20261128-053354")


def having(report: Report, **values: float) -> Report:
    figures = {key: Figure(value, value - 1, value + 1, 100) for key, value in values.items()}
    return replace(report, after=report.after.with_figures(figures))


def kinds(report: Report, used: Used | None = None) -> dict[str, str]:
    return {each.kind: each.todo for each in findings(report, used)}


def by(name: str, **params: float) -> Used:
    return Used(MethodSpec(name=name, params=params), INFOS)


def test_a_net_that_lost_what_stays_is_no_result_whatever_it_forgot(judged: Report, alone: Report) -> None:
    for report in (judged, alone):
        lost = having(report, retain_test=38.0)
        assert lost.ruined and not report.ruined
        assert result_sentence(lost, "class ring").startswith("What stays is lost; Class ring: 100 % → 0 % recognised;")
        first = findings(lost)[0]
        assert first.kind == "others" and first.what.startswith("What stays is lost: 100 % before, 38 % after")
        assert first.what.endswith("This is no result.")
        assert judged_part(lost)["ruined"] is True and judged_part(report)["ruined"] is False
    weak = replace(alone, before=alone.before.with_figures({"retain_test": Figure(49.0, 45, 53, 60)}))
    assert having(weak, retain_test=31.0).ruined, "near chance, which is 25 %, though not 30 points lower"
    assert not having(weak, retain_test=40.0).ruined


def test_the_sentence_says_what_goes_what_stays_and_how_much_is_as_after_retraining(judged: Report) -> None:
    assert result_sentence(judged, "class ring") == (
        "Class ring: 100 % → 0 % recognised; the others 100 % → 100 %; 4 of 18 figures are as after retraining; "
        "of 4 nothing sure can be said."
    )
    assert result_sentence(replace(judged, task="random", intent="membership"), "37 pictures").startswith(
        "37 pictures: 100 % → 0 % recognised (0 % after retraining); the others"
    )


def test_without_a_yardstick_the_sentence_says_so_and_the_next_thing_is_to_retrain(alone: Report) -> None:
    assert result_sentence(alone, "class disc").endswith("the others 100 % → 100 %; not compared with retraining.")
    (only,) = findings(alone, by("logit-mask"))
    assert only.kind == "yardstick" and only.todo.startswith("Press Retrain to compare")


def test_what_is_no_yardstick_can_be_declared_or_is_retrained(judged: Report) -> None:
    stranger = Yardstick("net.pt", "cd" * 32, "none", declarable=True)
    assert "Declare it retrained" in kinds(replace(judged, yardstick=stranger))["yardstick"]
    assert "Declare" not in kinds(replace(judged, yardstick=replace(stranger, declarable=False)))["yardstick"]
    assert "compare with the file again" in kinds(replace(judged, yardstick=None))["yardstick"]


def test_where_it_is_still_recognised_the_recommended_method_is_named_and_then_a_parameter(judged: Report) -> None:
    still = having(judged, forget_test=40.0)
    (first, *_) = findings(still, by("fine-tune"), "class ring")
    assert first.what == "Class ring is still recognised: 40 %, where retraining gives 0 %."
    assert first.todo.startswith("Choose MaGA, relearned on the Run page")
    assert kinds(still, by("maga-relearn"))["recognised"] == "Run again with Disentangle raised from 0.1 to 0.3."
    assert kinds(still, by("maga-relearn", disentangle=0.5))["recognised"].endswith("raised from 0.5 to 1.")
    assert kinds(having(real("20261128-053354"), forget_test=40.0), by("maga"))["recognised"].startswith("Choose MaGA")


def test_where_others_have_suffered_less_is_to_be_done(judged: Report) -> None:
    hurt = having(judged, retain_test=60.0)
    assert kinds(hurt, by("maga-relearn"))["others"] == "Run again with Distillation raised from 1 to 2."
    (what,) = (each.what for each in findings(hurt) if each.kind == "others")
    assert what == "What stays has suffered: 100 % before, 60 % after, where retraining gives 72.2 %."
    assert "others" not in kinds(having(judged, retain_test=73.0)), "retraining does not keep more"


def test_membership_and_traces_lead_to_other_methods_and_at_last_to_retraining(judged: Report) -> None:
    found = kinds(judged, by("maga"))
    assert "set Result" in found["membership"] and "MaGA, as if unseen" in found["membership"]
    assert found["inside"].startswith("Choose MaGA, relearned")
    assert kinds(judged, by("maga-relearn"))["inside"] == NO_DEEPER
    single = replace(judged, task="random", intent="membership")
    assert kinds(single, by("maga"))["membership"].startswith("Choose MaGA, as if unseen")
    assert "raised" in kinds(single, by("maga-unseen", forget_weight=1.0))["membership"]
    less = having(judged, probe=10.0, prototype=5.0, relearn=90.0)
    assert "inside" not in kinds(less, by("maga")), "less than retraining leaves is no trace"


def test_a_loss_that_tells_pictures_apart_is_seen_without_a_yardstick(alone: Report) -> None:
    assert "membership" in kinds(having(alone, mia_auc=72.0))
    assert "membership" not in kinds(having(alone, mia_auc=53.0))


def test_nothing_is_to_do_where_all_is_as_after_retraining(judged: Report) -> None:
    assert judged.retrained is not None
    like = Audit({**judged.retrained.figures}, judged.retrained.per_class)
    assert findings(replace(judged, after=like)) == ()


def test_single_pictures_may_be_named_rightly_still(judged: Report) -> None:
    single = replace(judged, task="random", intent="membership")
    assert "no fault" not in explanation(single) and explanation(single).startswith("Single pictures need not")
    before = Audit({**single.before.figures, "forget_train": Figure(62.2)})
    risen = replace(having(single, forget_train=67.6), before=before)
    assert "a rise from 62.2 % to 67.6 % is no fault in itself" in explanation(risen)
    assert explanation(judged) == ""
    worse = having(replace(single, retrained=replace(having(single, forget_train=70.0).after)), forget_train=20.0)
    assert kinds(worse, by("maga-unseen", forget_weight=2.0))["overdone"].endswith("lowered from 2 to 1.")


def test_a_request_is_said_with_what_kind_of_thing_it_is() -> None:
    assert ForgetSpec(classes=("cat",)).said() == "class cat"
    assert ForgetSpec(kinds=("fox", "owl"), pictures=("a", "b")).said() == "kinds fox, owl and 2 pictures"
    assert ForgetSpec(fraction=0.02).said() == "2 % of the pictures"


def test_methods_stand_under_headings_with_the_recommended_one_first() -> None:
    for task, best in (("class", "maga-relearn"), ("sub-class", "maga-unseen"), ("random", "maga-unseen")):
        (first, *groups) = arranged(INFOS, task)  # type: ignore[arg-type]
        assert (first[0], [info.name for info in first[1]]) == (RECOMMENDED, [best])
        offered = [info.name for _, group in (first, *groups) for info in group]
        assert sorted(offered) == sorted(info.name for info in INFOS), "each stands there once"
        apart = dict(groups).get(NOT_FOR_TASK, [])
        assert {info.name for info in apart} == {info.name for info in INFOS if task not in info.tasks}
    titles = [title for key, title in GROUPS.items() if key != "other"]
    assert [heading for heading, _ in arranged(INFOS, None)] == titles


def test_what_a_method_costs_is_what_was_measured() -> None:
    text = (Path(__file__).parents[2] / "resources" / "docs" / "results.md").read_text()
    measured: dict[tuple[str, str], float] = {}
    for begin, task in (("A whole class:", "class"), ("A sub-class:", "sub-class"), ("Random 1 %", "random")):
        table = text.split(f"### {begin}", 1)[1].split("\n### ", 1)[0]
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
        place = rows[0].index("% of retraining")
        measured |= {(row[0], task): float(row[place]) for row in rows[2:]}
    said = {(info.name, task): share for info in INFOS for task, share in info.cost.items()}
    others = {key for key in measured if key[0] in ("retrained again", "maga, paper")}
    assert said == {key: share for key, share in measured.items() if key not in others}
    by_name = {info.name: info for info in INFOS}
    assert expected_cost(by_name["maga-relearn"], "class", 43.0) == (
        "Takes about 10 % of the time of a retraining, by our measurements; the last run of it here took 43 s."
    )
    assert expected_cost(by_name["retrain"], "class") == "Takes as long as training the original did."
    assert expected_cost(by_name["kodge"], "random") == ""


@pytest.mark.parametrize("info", INFOS, ids=lambda info: info.name)
def test_every_method_stands_in_a_group_and_names_parameters_that_it_has(info) -> None:  # type: ignore[no-untyped-def]
    assert info.group in GROUPS and info.group != "other"
    for turn in (info.firmer, info.gentler):
        if turn is None:
            continue
        now = info.params.model_fields[turn.field].default
        value = turned(info, turn, now)
        assert (value > now) == turn.up and value != now
        info.params.model_validate({turn.field: value})


def test_limits_that_ended_the_run_or_could_not_be_measured_are_findings(judged: Report) -> None:
    time_over, unmeasured = LimitCheck("minutes", 2.0, 2.1, ended=True), LimitCheck("class_loss", 5.0, None)
    few = LimitCheck("class_loss", 5.0, 1.0, "ring", "test pictures (n 20)", few=("disc (3)",))
    kept, broken = LimitCheck("minutes", 2.0, 1.0), LimitCheck("retain_accuracy", 90.0, 80.0)
    assert not [each for each in findings(replace(judged, limits=(kept,))) if each.kind == "limit"]

    def said(*limits: LimitCheck, stopped: str = "") -> str:
        (found,) = [each for each in findings(replace(judged, limits=limits, stopped=stopped)) if each.kind == "limit"]
        return f"{found.what} {found.todo}"

    over = said(time_over, stopped=time_over.text())
    assert over.count("it took 2.1 minutes") == 1 and over.startswith("A limit ended the run early. Time over: it took")
    assert "gentler" not in over
    assert said(unmeasured).startswith("Limit not measured: what classes lost")
    assert "disc (3)" in said(few) and "gentler" not in said(few)
    assert "gentler" in said(broken, unmeasured)


def test_the_command_line_lists_the_limits_that_were_kept(judged: Report) -> None:
    kept, broken = LimitCheck("minutes", 2.0, 1.0), LimitCheck("retain_accuracy", 90.0, 80.0)
    lines = report_lines(replace(judged, limits=(kept, broken)))
    assert lines.count(f"{kept.text()}.") == 1
    assert sum(broken.text() in line for line in lines) == 1
