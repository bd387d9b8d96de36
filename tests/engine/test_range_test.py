"""Nets of other programs: how large a rate they bear, and a run that harms what stays is stopped."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Message, Scalars, drained
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.engine import loop
from maga_desk.engine.guard import Guard
from maga_desk.engine.looking import Diverged
from maga_desk.engine.loop import run
from maga_desk.engine.range_test import bearable_share
from maga_desk.models.inference import accuracy, logits
from tests.engine.materials import finished, unlearn


@pytest.fixture
def fragile(inputs: Any) -> Any:
    """The same function with convolutions a twentieth as large: batch normalisation hides it, and a step goes as far as
    one at four hundred times the rate.
    """
    model = copy.deepcopy(inputs.original)
    with torch.no_grad():
        scales = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
        norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
        assert len(scales) == len(norms)
        for convolution in scales:
            convolution.weight /= 20
        for norm in norms:
            assert norm.running_mean is not None and norm.running_var is not None
            norm.running_mean /= 20
            norm.running_var /= 400
            norm.eps /= 400
    return replace(inputs, original=model, foreign=True)


def test_a_net_of_ours_keeps_the_defaults_and_a_fragile_one_gets_less(inputs: Any, fragile: Any) -> None:
    assert drained(bearable_share(inputs, RunControl())) == 1
    method = MethodSpec(name="fine-tune", params={"epochs": 1, "batch_size": 32})
    events, outcome = finished(run(method, fragile, RunControl()))
    (told,) = [event.text for event in events if isinstance(event, Message)]
    assert "lr 0.02 becomes" in told and 0 < outcome.scaled["lr"] < 0.005
    retain = inputs.retain_indices
    labels = inputs.pictures.train.labels[retain]
    assert (accuracy(logits(outcome.model, inputs.pictures.train, inputs.runtime, retain), labels) or 0) > 90
    tried = outcome.passes
    own = method.model_copy(update={"params": {**method.params, "lr": 1e-4}})
    events, outcome = finished(run(own, fragile, RunControl()))
    assert outcome.scaled == {} and not [event for event in events if isinstance(event, Message)]
    assert tried is not None and outcome.passes is not None
    assert tried.forward > outcome.passes.forward and tried.backward > outcome.passes.backward, "trying costs, too"


def test_a_run_that_harms_what_stays_stops_and_gives_the_last_good_net(inputs: Any) -> None:
    method = MethodSpec(name="gradient-ascent", params={"epochs": 6, "lr": 0.01, "forget_batch": 16})
    foreign = replace(inputs, foreign=True)
    seen: list[Any] = []
    with pytest.raises(Diverged, match="harmed what stays") as stopped:
        drained(run(method, foreign, RunControl()), seen.append)
    measured = [event for event in seen if isinstance(event, Scalars)]
    assert measured[-1].step < 24, "before its end"
    train, retain = inputs.pictures.train, inputs.retain_indices
    kept = accuracy(logits(stopped.value.model, train, inputs.runtime, retain), train.labels[retain]) or 0
    assert kept >= measured[0].values["retain_accuracy"] - 10


def test_what_falls_and_comes_back_is_not_lost() -> None:
    guard = Guard()
    looks = [95, 90, 60, 40, 45, 70, 92]
    good = [guard.look({"retain_accuracy": each}) for each in looks]
    assert good == [True, True, False, False, False, False, True] and not guard.lost(last=True)
    for each in (50, 40, 41, 40):
        guard.look({"retain_accuracy": each})
        assert not guard.lost(last=False) and guard.lost(last=True)
    guard.look({"retain_accuracy": 39})
    assert guard.lost(last=False) and guard.text() == "harmed what stays (accuracy 95.0 to 39.0 %)"


def test_what_was_never_far_above_chance_is_lost_near_it() -> None:
    guard = Guard(10.0)
    for each in (35, 15):
        guard.look({"retain_accuracy": each})
    assert guard.lost(last=True), "20 points lower, and a fifth of what was known"
    guesses = Guard(10.0)
    for each in (12, 9):
        guesses.look({"retain_accuracy": each})
    assert not guesses.lost(last=True), "nothing was known"


def test_a_method_that_breaks_before_it_mends_is_not_stopped_on_a_net_of_ours(
    inputs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "WATCHED_TIMES", 20)
    events, outcome = unlearn("scrub", replace(inputs, guarded=True), watched=True)
    curve = [event.values["retain_accuracy"] for event in events if isinstance(event, Scalars)]
    assert min(curve) < curve[0] - 30 and curve[-1] > curve[0] - 30 and outcome.steps > 0
    impatient, patient = Guard(), Guard(patient=True)
    for each in (95, *[40] * 5):
        impatient.look({"retain_accuracy": each})
        patient.look({"retain_accuracy": each})
    assert impatient.lost(last=False) and not patient.lost(last=False) and patient.lost(last=True)
