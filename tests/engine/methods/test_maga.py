"""MaGA's loss and its parts, one step by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from maga_desk.domain.events import NoisePair
from maga_desk.domain.methods import Situation
from maga_desk.engine.methods import maga
from tests.engine.materials import unlearn
from tests.engine.routines import exact, routine_of, value


def test_a_step_is_cross_entropy_on_both_sides(inputs: Any) -> None:
    inputs = exact(inputs)
    train = inputs.pictures.train
    object.__setattr__(train, "augmentation", "none")
    routine = routine_of("maga", inputs, noise="none", forget_weight=0.3, retain_batch=180, forget_batch=60)
    net = routine.model.train()
    with torch.no_grad():
        both = torch.cat([inputs.retain_indices, inputs.forget_indices])
        outputs = net(inputs.runtime.shape(train.batch(both)))
        staying = F.cross_entropy(outputs[:180], train.labels[inputs.retain_indices])
        leaving = F.cross_entropy(outputs[180:], inputs.targets)
    assert value(routine) == pytest.approx(float(staying + 0.3 * leaving), rel=1e-3)


@pytest.mark.parametrize(("positive", "negative"), [(0.3, 0.0), (0.0, 0.3), (0.3, 0.3)])
def test_each_noise_can_stand_alone(inputs: Any, positive: float, negative: float) -> None:
    events, _ = unlearn("maga", inputs, positive=positive, negative=negative, passes=1.0)
    pairs = [event for event in events if isinstance(event, NoisePair)]
    assert pairs
    for pair in pairs:
        assert (pair.positive is not None) == (positive > 0)
        assert (pair.negative is not None) == (negative > 0)


def test_a_share_of_the_retain_pictures_makes_a_pass_shorter(inputs: Any) -> None:
    whole, half = (routine_of("maga", inputs, least_steps=1, retain_batch=30, retain_share=x) for x in (1.0, 0.5))
    assert (whole.steps, half.steps) == (6, 3)


@pytest.mark.parametrize("task", ["class", "sub-class", "random"])
def test_defaults_follow_the_intent(task: Any) -> None:
    concept, member = (maga.automatic(Situation.of(task, intent)) for intent in ("concept", "membership"))
    assert not concept
    assert bool(member) == (task != "class")


def test_the_papers_settings_do_not_depend_on_the_task() -> None:
    params = [maga.INFO.parameters(Situation.of(task), {}, "paper") for task in ("class", "sub-class", "random")]
    assert params[0] == params[1] == params[2]
    assert isinstance(params[0], maga.MagaParams)
    assert (params[0].positive, params[0].negative, params[0].forget_weight) == (1, 1, 1)
