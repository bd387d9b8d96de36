"""Boundary Shrink and Boundary Expanding."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from maga_desk.data.batches import Shuffled
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Scalars
from maga_desk.engine.loop import drive
from maga_desk.engine.methods import boundary_shrink
from tests.engine.materials import finished
from tests.engine.routines import exact, linear_net, probabilities_of, routine_of, shown, take, value, with_net


def test_new_labels_are_what_a_linear_net_says_after_the_step(inputs: Any) -> None:
    net = linear_net(size=0.01)
    linear = exact(with_net(inputs, net))
    _, labels = finished(boundary_shrink.labels_across(linear, 0.5, RunControl()))
    images = inputs.pictures.train.batch(inputs.forget_indices)
    mean, std = (
        torch.tensor(values, dtype=torch.float64).view(1, 3, 1, 1)
        for values in (inputs.pictures.normalisation.mean, inputs.pictures.normalisation.std)
    )
    net = net.double()
    with torch.no_grad():
        before = net(images.double())
        gradient = (before.softmax(dim=1) - torch.eye(4, dtype=torch.float64)[2]) @ net[1].weight
        moved = (images.double() * std + mean + 0.5 * gradient.view_as(images).sign()).clamp(0, 1)
        after = net((moved - mean) / std)
    before[:, 2] = after[:, 2] = -torch.inf  # the own class
    assert labels.tolist() == after.argmax(dim=1).tolist()
    assert labels.tolist() != before.argmax(dim=1).tolist()  # so the step matters


def test_shrinking_is_cross_entropy_with_the_new_labels(inputs: Any) -> None:
    _, labels = finished(boundary_shrink.labels_across(inputs, 0.1, RunControl()))
    own = inputs.forget.whole_classes[0]
    assert not (labels == own).any()
    routine = routine_of("boundary-shrink", inputs)
    rows = Shuffled(torch.arange(60), 64, inputs.seed).at(0)
    p = probabilities_of(inputs, shown(inputs, rows, 0)).double()
    expected = -p[torch.arange(60), labels[rows]].log().mean()
    assert value(routine) == pytest.approx(float(expected), rel=0.02)


def test_statistics_of_normalisation_stay_the_originals(inputs: Any, erased: Any) -> None:
    for name in ("boundary-shrink", "boundary-expand", "mu-mis"):
        _, outcome = erased(name)
        original = dict(inputs.original.named_buffers())
        for key, buffer in outcome.model.named_buffers():
            assert torch.equal(buffer, original[key])


def test_expanding_adds_a_class_and_hands_over_a_net_without_it(inputs: Any) -> None:
    routine = routine_of("boundary-expand", inputs)
    images = shown(inputs, Shuffled(torch.arange(60), 64, inputs.seed).at(0), 0)
    with torch.no_grad():
        wide = routine.model(images)
        plain = routine.finish(routine.model)(images)
    assert wide.shape == (60, 5)
    assert torch.equal(wide[:, :4], plain)
    with torch.no_grad():
        torch.testing.assert_close(plain, inputs.original.eval()(images))
    expected = (wide.double().logsumexp(dim=1) - wide[:, 4]).mean()
    assert value(routine) == pytest.approx(float(expected), rel=0.02)
    take(routine, 0)
    with torch.no_grad():
        assert routine.model(images)[:, 4].mean() > wide[:, 4].mean()
    assert routine.finish(routine.model).state_dict().keys() == inputs.original.state_dict().keys()


def test_what_is_handed_over_is_a_plain_net(inputs: Any, erased: Any) -> None:
    _, outcome = erased("boundary-expand")
    assert type(outcome.model) is type(inputs.original)
    assert not outcome.model.training
    assert not any(module._forward_pre_hooks for module in outcome.model.modules())
    outcome.model.load_state_dict(inputs.original.state_dict())


def test_live_curves_are_of_the_net_that_is_handed_over(inputs: Any) -> None:
    images = inputs.pictures.train.batch(inputs.forget_indices[:2])
    routine = routine_of("boundary-expand", inputs)
    running = drive(routine, inputs.runtime, RunControl(), lambda model: {"columns": model(images).shape[1]})
    events, outcome = finished(running)
    curve = [event.values["columns"] for event in events if isinstance(event, Scalars)]
    assert len(curve) > 2 and set(curve) == {4}
    assert outcome.model(images).shape[1] == 4


@pytest.mark.parametrize("name", ["boundary-expand", "trew", "fisher", "logit-mask"])
def test_a_net_without_a_linear_head_is_refused_in_one_line(name: str, inputs: Any) -> None:
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 16), torch.nn.Flatten())
    with pytest.raises(MethodError, match="the model has no linear head"):
        routine_of(name, with_net(inputs, net))
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(768, 6), torch.nn.Unflatten(1, (6, 1, 1)))
    with pytest.raises(MethodError, match="head has 6 outputs, not 4"):
        routine_of(name, with_net(inputs, net))
