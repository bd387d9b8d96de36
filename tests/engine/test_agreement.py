"""Whether keeping and forgetting pull the same way; measuring it changes nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Scalars
from maga_desk.domain.specs.run import MethodSpec, RunSpec
from maga_desk.engine.agreement import EVERY, Agreement
from maga_desk.engine.loop import run
from maga_desk.engine.routine import Routine, TwoLosses, sgd
from maga_desk.models.runtime import Runtime
from maga_desk.services.workspace import Workspace
from tests.engine.materials import inputs_for

RUNTIME = Runtime(torch.device("cpu"))


def routine(model: nn.Module, parts: Any, steps: int = 100) -> Routine:
    return Routine(model, sgd(model, 0.1), lambda _step: 0.1, steps, TwoLosses(parts))


@pytest.mark.parametrize("degrees", [0, 30, 90, 135, 180])
def test_it_is_the_cosine_of_both_gradients(degrees: int) -> None:
    model = nn.Linear(2, 1, bias=False)
    angle = math.radians(degrees)
    first, second = torch.tensor([[3.0, 0.0]]), 0.5 * torch.tensor([[math.cos(angle), math.sin(angle)]])

    def parts(_step: int) -> tuple[Tensor, Tensor]:
        return (model.weight * first).sum(), (model.weight * second).sum()

    assert Agreement(routine(model, parts), RUNTIME).at(0) == pytest.approx(math.cos(angle), abs=1e-6)
    assert model.weight.grad is None


def test_statistics_and_what_is_drawn_at_random_stay() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5)).train()
    images = torch.randn(8, 4)

    def parts(_step: int) -> tuple[Tensor, Tensor]:
        outputs = model(images)
        return outputs[:4].square().sum(), outputs[4:].sum()

    before = {name: value.clone() for name, value in model.state_dict().items()}
    drawn = torch.get_rng_state()
    assert Agreement(routine(model, parts), RUNTIME).at(0) is not None
    assert torch.equal(torch.get_rng_state(), drawn)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_it_is_measured_seldom_and_not_where_there_is_no_memory() -> None:
    model, calls = nn.Linear(2, 1), []

    def parts(step: int) -> tuple[Tensor, Tensor]:
        calls.append(step)
        if step >= 2 * EVERY:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate")
        return model.weight.sum(), model.weight.square().sum()

    agreement = Agreement(routine(model, parts), RUNTIME)
    found = [agreement.at(step) for step in range(0, 4 * EVERY, 5)]
    assert calls == [0, EVERY, 2 * EVERY], "once memory was refused it is not tried again"
    assert sum(each is not None for each in found) == 2


def test_other_faults_are_not_hidden() -> None:
    model = nn.Linear(2, 1)

    def parts(_step: int) -> tuple[Tensor, Tensor]:
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        Agreement(routine(model, parts), RUNTIME).at(0)


@pytest.mark.parametrize(("name", "has_both"), [("random-labels", True), ("neggrad-plus", True), ("fine-tune", False)])
def test_a_watched_run_ends_with_the_weights_of_one_that_is_not(
    name: str, has_both: bool, tiny_spec: RunSpec, tiny_workspace: Workspace
) -> None:
    inputs = inputs_for(tiny_workspace, tiny_spec)
    nets, values = [], []
    for watched in (False, True):
        events = run(MethodSpec(name=name), inputs, RunControl(), watched=watched)
        while True:
            try:
                event = next(events)
            except StopIteration as stop:
                nets.append(stop.value.model.state_dict())
                break
            if isinstance(event, Scalars):
                values.append(event.values)
    assert all(torch.equal(nets[0][key], nets[1][key]) for key in nets[0])
    agreements = [each["agreement"] for each in values if "agreement" in each]
    assert bool(agreements) is has_both and all(-1 <= each <= 1 for each in agreements)
    assert all(each["memory"] > 0.01 for each in values)
    assert "throughput" not in values[0] and all(each["throughput"] > 0 for each in values[1:])
    assert not any("forget_apart" in each for each in values)


def test_the_distance_to_a_retrained_net(tiny_spec: RunSpec, tiny_workspace: Workspace) -> None:
    from dataclasses import replace

    from maga_desk.engine.looking import watched
    from maga_desk.models.inference import logits

    inputs = inputs_for(tiny_workspace, tiny_spec)
    same = logits(inputs.original, inputs.pictures.train, inputs.runtime, watched(inputs.forget_indices))
    events = run(MethodSpec(name="random-labels"), replace(inputs, retrained=same), RunControl())
    apart = [event.values["forget_apart"] for event in events if isinstance(event, Scalars)]
    assert apart[0] == pytest.approx(0, abs=1e-3), "nothing has been done yet, and the original is its own yardstick"
    assert 0 < apart[-1] <= 100
