"""The five questions: answers come from figures and their intervals, and what was not run is said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from maga_desk.domain.measures import MEASURES
from maga_desk.domain.questions import ANSWER_WORDS, Answer, AuditQuestion, answered
from maga_desk.domain.results import Audit, Figure, Report, SecondJudgement
from maga_desk.domain.without_retraining import WithoutRetraining, Witnessed, told
from maga_desk.domain.yardstick import Yardstick

GOLD = Yardstick("gold.safetensors", "ab" * 32, "record")
CLASSES = ("cat", "dog", "fox")


def around(value: float, half: float = 1.0, n: int = 500) -> Figure:
    return Figure(value, value - half, value + half, n)


def audit(figures: Mapping[str, Figure], per_class: tuple[float | None, ...] = (80.0, 80.0, 80.0)) -> Audit:
    return Audit(dict(figures), per_class)


def report(
    after: Mapping[str, Figure], retrained: Mapping[str, Figure] | None = None, intent: str = "membership"
) -> Report:
    gold = audit(retrained) if retrained is not None else None
    remembered = audit({key: around(99) for key in after})
    return Report(CLASSES, remembered, audit(after), gold, 1.0, 10.0, intent=intent, task="class", yardstick=GOLD)


def of(judged: Report, key: str) -> AuditQuestion:
    return next(each for each in answered(judged, ("cat",)) if each.key == key)


@pytest.mark.parametrize(
    ("after", "gold", "intent", "answer"),
    [
        (around(50), around(50), "membership", "as"),
        (around(53), around(50), "membership", "as"),
        (around(54.5), around(50), "membership", "unsure"),
        (around(50, 9), around(50, 9), "membership", "unsure"),  # too few pictures are no success
        (around(70), around(50), "membership", "not as"),
        (around(30), around(50), "membership", "not as"),
        (around(30), around(50), "concept", "as"),  # recognised even less is what was asked for
        (around(70), around(50), "concept", "not as"),
    ],
)
def test_recognised(after: Figure, gold: Figure, intent: str, answer: Answer) -> None:
    figures = {"forget_test": after, "forget_train": around(50)}
    judged = report(figures, {"forget_test": gold, "forget_train": around(50)}, intent)
    question = of(judged, "recognised")
    assert question.answer == answer and question.decisive() is not None
    assert ANSWER_WORDS[answer] in question.text().lower()
    assert "retraining 50.0 %, bound 5" in question.evidence[0].text()


def test_the_rest_suffers_only_by_knowing_less_and_the_losers_are_named() -> None:
    better = report({"retain_test": around(90), "retain_train": around(99)},
                    {"retain_test": around(80), "retain_train": around(90)})  # fmt: skip
    assert of(better, "others").answer == "as"
    worse = report({"retain_test": around(60), "retain_train": around(90)},
                   {"retain_test": around(80), "retain_train": around(90)})  # fmt: skip
    worse = replace(worse, before=audit({}), after=replace(worse.after, per_class=(0.0, 50.0, 79.0)))
    question = of(worse, "others")
    assert question.answer == "not as" and question.losers == ("dog −30",)
    assert "lost most: dog −30" in question.text()


def test_what_was_not_run_is_named_with_its_reason() -> None:
    judged = report({"mia_auc": around(50), "mia": around(20)}, {"mia_auc": around(50), "mia": around(20)})
    question = of(judged, "membership")
    assert question.answer == "as"
    missing = {each.measure.key: each.why for each in question.not_run}
    assert missing["lira"] == missing["rmia"] == "no shadow models were trained"
    assert missing["mia_confidence"] == "the audit was a quick one" and "mia_auc" not in missing
    assert "not run: Confidence attack" in question.text()
    assert of(judged, "inside").answer == of(judged, "back").answer == "not run"
    assert "earlier_train" not in {each.measure.key for each in of(judged, "back").evidence}


def test_without_a_yardstick_there_is_not_enough_evidence() -> None:
    figures = {"forget_test": around(0), "retain_test": around(90)}
    for alone in (report(figures), replace(report(figures, figures), yardstick=replace(GOLD, standing="none"))):
        for key in ("recognised", "others"):
            question = of(alone, key)
            assert question.answer == "unsure" and question.evidence[0].why == "no retrained model to judge by"


def test_the_more_careful_of_two_guesses_counts() -> None:
    figures = {"forget_test": around(50), "forget_train": around(50)}
    judged = report(figures, figures)
    other = audit({"forget_test": around(80), "forget_train": around(50)})
    second = SecondJudgement(judged.before, judged.after, other, replace(GOLD, guessed="AdamW"))
    assert of(judged, "recognised").answer == "as"
    assert of(replace(judged, second=second), "recognised").answer == "not as"
    unfit = replace(second, yardstick=replace(GOLD, standing="none"))
    assert of(replace(judged, second=unfit), "recognised").answer == "as", "a guess that does not judge has no say"


def by_verification(signs: Mapping[str, Witnessed]) -> Report:
    """Judged by three verification models alone."""
    figures = {key: around(50) for key in ("forget_test", "retain_test", "mia_auc", *signs)}
    return replace(report(figures), yardstick=None, without=WithoutRetraining(3, 0.15, 700, signs))


def test_verification_models_speak_against_a_result_and_never_for_it() -> None:
    none = told(50, -2, 3, 5)
    quiet = by_verification({"beyond_ignorance": told(0, -2, 3, 5), "calibrated": none, "beside_curve": none})
    assert none.sign == "none" and {each.answer for each in answered(quiet)} <= {"unsure", "not run"}
    said = of(quiet, "membership").text()
    assert "Not enough evidence (Calibrated attack, AUC 50.0 %" in said
    assert "by 3 verification models 50.0 %, bound 5, no sign of it)" in said
    assert "not as" not in said.lower()
    loud = by_verification({"calibrated": told(50, 6, 20, 5), "beside_curve": told(0, -30, -6, 5, fine="higher")})
    assert of(loud, "membership").answer == of(loud, "others").answer == "not as"
    assert "bound 5, a sign of it" in of(loud, "membership").text()
    assert of(by_verification({"calibrated": told(50, 4, 9, 5)}), "membership").answer == "unsure"
    for key in ("recognised", "inside", "back"):
        answer = of(loud, key)
        assert answer.answer in ("unsure", "not run") and not any(each.by for each in answer.evidence)
    assert "verification models cannot say it" in of(loud, "recognised").evidence[0].why


def test_by_a_retrained_model_verification_models_have_no_say() -> None:
    figures = {"forget_test": around(50), "forget_train": around(50), "calibrated": around(90)}
    without = WithoutRetraining(3, 0.15, 700, {"calibrated": told(50, 30, 50, 5)})
    judged = replace(report(figures, figures), without=without)
    assert not any(each.by for question in answered(judged) for each in question.evidence)


def test_what_verification_models_say_is_read_back_and_earlier_reports_have_none() -> None:
    judged = by_verification(
        {"calibrated": told(50, 6, 20, 5), "cka_original": Witnessed(None, 0, 0, 0.25, "unsure", "why")}
    )
    raw = json.loads(json.dumps(judged.as_dict()))
    assert Report.from_dict(raw).without == judged.without
    del raw["without"]
    assert Report.from_dict(raw).without is None


def test_every_accuracy_attack_and_trace_bears_on_a_question() -> None:
    signs = {key: told(0, 0, 0, 5) for key, measure in MEASURES.items() if "verification" in measure.rests_on}
    reports = report({key: around(5) for key in MEASURES}), by_verification(signs)
    asked = {each.measure.key for one in reports for question in answered(one) for each in question.evidence}
    beside = {
        "mia_tpr01",
        "rmia_tpr01",
        "lira_tpr01",
        "cka_retrained",
        "pair",
        "pair_gain",
        "calibration",
    }  # coarse, not judged, others
    judged = {key for key, measure in MEASURES.items() if measure.group != "distance"}
    assert judged - asked <= beside
