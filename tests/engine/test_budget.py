"""Limits that a person sets: the run stops where one is broken, and goes back to the best net within all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.events import Event, Message, Scalars, drained
from maga_desk.domain.specs.limits import LimitsSpec
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.engine import loop
from maga_desk.engine.looking import OverLimit
from maga_desk.engine.loop import Resumable, run
from maga_desk.models.inference import accuracy, logits
from tests.engine.materials import finished, forget_accuracy, short, unlearn

ASCENT = {"lr": 0.001, "epochs": 4}
"""Strong enough to take what stays along."""


@pytest.fixture(autouse=True)
def _looked_at_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "WATCHED_TIMES", 100)


def limited(inputs: Any, **limits: float) -> Any:
    return replace(inputs, guarded=True, limits=LimitsSpec(**limits))


def kept(workspace: Any, model: torch.nn.Module, inputs: Any) -> float:
    train, positions = workspace.pictures.train, inputs.retain_indices
    return accuracy(logits(model, train, workspace.runtime, positions), train.labels[positions]) or 0.0


@pytest.mark.parametrize("limits", [{"retain_accuracy": 95.0}, {"class_loss": 8.0}])
def test_a_broken_limit_ends_the_run_at_the_best_net(limits: Any, tiny_workspace: Any, inputs: Any) -> None:
    _, free = unlearn("gradient-ascent", inputs, **ASCENT)
    assert kept(tiny_workspace, free.model, inputs) < 80
    events, outcome = unlearn("gradient-ascent", limited(inputs, **limits), watched=True, **ASCENT)
    assert "broken" in outcome.stopped and 0 < outcome.steps < free.steps
    assert kept(tiny_workspace, outcome.model, inputs) >= 90
    (said,) = [event.text for event in events if isinstance(event, Message) and "Limit" in event.text]
    assert f"the net of step {outcome.steps} is taken" in said
    looks = {event.step: event.values["forget_accuracy"] for event in events if isinstance(event, Scalars)}
    within = [looks[step] for step in sorted(looks) if 0 < step < max(looks)]
    assert looks[outcome.steps] == min(within)
    assert forget_accuracy(tiny_workspace, outcome.model, inputs) == pytest.approx(looks[outcome.steps], abs=1.0)


def test_a_run_within_its_limits_is_the_run_without_them(inputs: Any) -> None:
    _, free = unlearn("fine-tune", inputs)
    _, outcome = unlearn("fine-tune", limited(inputs, retain_accuracy=1.0, class_loss=100, minutes=60), watched=True)
    assert (outcome.stopped, outcome.steps) == ("", free.steps)
    for one, two in zip(free.model.parameters(), outcome.model.parameters(), strict=True):
        assert torch.equal(one, two)


def test_the_time_that_is_over_gives_what_there_is_by_then(inputs: Any) -> None:
    _, outcome = unlearn("fine-tune", limited(inputs, minutes=1e-7), watched=True)
    assert outcome.steps == 1 and "minutes" in outcome.stopped


def test_where_no_net_is_within_the_limits_there_is_no_result(inputs: Any) -> None:
    with pytest.raises(OverLimit, match=r"had no net within the limits: limit broken: .* of what stays is right"):
        unlearn("gradient-ascent", limited(inputs, retain_accuracy=99.9), watched=True, lr=0.02)


def test_a_retraining_is_stopped_for_its_time_alone(inputs: Any) -> None:
    _, outcome = unlearn("retrain", limited(inputs, retain_accuracy=99.9, class_loss=0.1), watched=True)
    assert outcome.stopped == ""
    with pytest.raises(OverLimit, match="minutes"):
        unlearn("retrain", limited(inputs, minutes=1e-7), watched=True)


def test_an_interrupted_run_keeps_its_best_net(inputs: Any, tmp_path: Path) -> None:
    inputs, method = (
        limited(inputs, retain_accuracy=95.0),
        MethodSpec(name="gradient-ascent", params={**short("gradient-ascent"), **ASCENT}),
    )
    _, whole = finished(run(method, inputs, RunControl()))
    control, place = RunControl(), Resumable(tmp_path / "resume.pt", "digest")

    def cancel_at_the_best(event: Event) -> None:
        if isinstance(event, Scalars) and event.step == whole.steps:
            control.cancel()

    with pytest.raises(Cancelled):
        drained(run(method, inputs, control, place), cancel_at_the_best)
    _, outcome = finished(run(method, inputs, RunControl(), replace(place, go_on=True)))
    assert (outcome.steps, outcome.stopped) == (whole.steps, whole.stopped) and whole.stopped
    for one, two in zip(whole.model.parameters(), outcome.model.parameters(), strict=True):
        assert torch.equal(one, two)
