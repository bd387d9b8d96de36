"""Judging by verification models: asked for, forecast, kept, and able to tell a net that has seen the pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import ForgetError
from maga_desk.domain.events import Audited, Event, Message, Progress, drained
from maga_desk.domain.paths import references_dir
from maga_desk.domain.questions import answered
from maga_desk.domain.results import Report
from maga_desk.domain.specs.run import RunSpec
from maga_desk.engine import loop
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.audits import judge
from maga_desk.services.judging.trainings import Training, find_trained, train_without
from maga_desk.services.judging.verification import estimate_verification, verification_trainings
from maga_desk.services.workspace import open_workspace
from tests.conftest import with_record

RECIPE = {"epochs": 3, "batch_size": 16, "lr": 0.1}


@pytest.fixture
def erasure(tiny_spec: RunSpec, tiny_model: Path, tmp_path: Path) -> Erasure:
    """Forget the rings, by two verification models."""
    original = with_record(tiny_model, tmp_path / "original.safetensors", recipe=RECIPE)
    spec = tiny_spec.with_changes("model", checkpoint=str(original))
    spec = spec.with_changes("audit", without_retraining=True, verification_models=2)
    return Erasure.of(drained(open_workspace(spec, RunControl())), spec)


def judged(erasure: Erasure, checkpoint: str | Path) -> tuple[Report, list[Event]]:
    events = list(judge(erasure, checkpoint, RunControl()))
    return next(event.report for event in events if isinstance(event, Audited)), events


def answers(report: Report) -> dict[str, str]:
    return {each.key: each.answer for each in answered(report)}


def test_the_original_is_found_out_and_a_net_that_never_saw_the_pictures_is_not(
    erasure: Erasure, tmp_path: Path
) -> None:
    report, events = judged(erasure, str(erasure.spec.model.checkpoint))
    assert answers(report)["recognised"] == "not as"
    said = next(event.text for event in events if isinstance(event, Message))
    assert said.startswith("2 verification models to train, each on 15 % of what stays: ") and "picture passes" in said
    assert "by 2 verification models" in report.notes[-1]
    as_well = erasure.spec.with_changes("audit", recipe={**RECIPE, "epochs": 20})  # as long as the original
    asked = Erasure.of(erasure.workspace, as_well)
    made = drained(train_without(asked, Training(asked.gone, 5), RunControl(), "Retraining"))
    never = made.path.rename(tmp_path / "never.safetensors")  # among the kept ones it would be the yardstick itself
    without, events = judged(erasure, never)
    assert "All verification models were trained before" in [each.text for each in events if isinstance(each, Message)]
    assert set(answers(without).values()) <= {"unsure", "not run"}
    assert without.without is not None and without.without.told["beyond_ignorance"].sign != "found"


def test_nobody_trains_them_unasked(erasure: Erasure) -> None:
    unasked = erasure.spec.with_changes("audit", without_retraining=False)
    report, _ = judged(Erasure.of(erasure.workspace, unasked), str(erasure.spec.model.checkpoint))
    assert report.without is None and not list(references_dir().glob("*.safetensors"))
    assert Erasure.of(erasure.workspace, unasked).audit_digest != erasure.audit_digest
    fewer = unasked.with_changes("audit", verification_models=9)
    same = Erasure.of(erasure.workspace, fewer)
    assert same.audit_digest == Erasure.of(erasure.workspace, unasked).audit_digest, "as in earlier run folders"


def test_none_of_them_sees_the_forget_set_and_each_sees_another_share(erasure: Erasure) -> None:
    one, other = verification_trainings(erasure)
    everything = set(range(len(erasure.workspace.images.train)))
    seen = [everything - set(each.left_out.tolist()) for each in (one, other)]
    assert all(len(each) == 27 and not each & set(erasure.gone.tolist()) for each in seen)
    assert seen[0] != seen[1] and one.seed != other.seed


def test_an_interrupted_audit_goes_on_with_those_that_were_trained(
    erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "REPORT_EVERY_SECONDS", 0.0)  # a fast machine trains one between two reports
    control = RunControl()

    def until_the_second(events: Iterator[Event]) -> None:
        for event in events:
            if isinstance(event, Progress) and event.stage.startswith("Verification model 2"):
                control.cancel()

    with pytest.raises(Cancelled):
        until_the_second(judge(erasure, str(erasure.spec.model.checkpoint), control))
    first, second = verification_trainings(erasure)
    assert find_trained(erasure, first) is not None and find_trained(erasure, second) is None
    (told,) = [event for event in estimate_verification(erasure, RunControl()) if isinstance(event, Message)]
    assert told.text.startswith("1 verification model to train")


def test_too_few_pictures_are_refused_in_words(erasure: Erasure) -> None:
    few = erasure.spec.with_changes("forget", classes=("ring", "disc", "cross"))
    with pytest.raises(ForgetError, match="are only 9: too few"):
        verification_trainings(Erasure.of(erasure.workspace, few))
