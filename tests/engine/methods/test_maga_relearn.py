"""MaGA relearned: what is trained, on what, and what is not looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from maga_desk.domain.errors import MethodError
from maga_desk.domain.methods import Situation
from maga_desk.domain.specs.run import RunSpec
from maga_desk.engine.methods.maga_relearn import INFO, MagaRelearnParams
from maga_desk.engine.parts.trainable_stage import TrainableStage
from maga_desk.engine.routine import fresh_model
from tests.engine.materials import inputs_for, unlearn
from tests.engine.routines import routine_of


def test_the_last_passes_are_over_the_pictures_as_they_are(inputs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    views = []
    logits = TrainableStage.logits

    def noted(self: TrainableStage, rows: torch.Tensor, view: int = 0, module: nn.Module | None = None) -> torch.Tensor:
        views.append(view)
        return logits(self, rows, view, module)

    inputs.pictures.train.augmentation = "shift"
    routine = routine_of("maga-relearn", inputs, views=2, plain=0.25, passes=8, least_steps=1)
    monkeypatch.setattr(TrainableStage, "logits", noted)
    for step in range(routine.steps):
        routine.loss(step)
    per_pass = routine.steps // 8
    assert views == [step // per_pass % 2 for step in range(6 * per_pass)] + [2] * (2 * per_pass)


def test_the_trunk_stays_and_the_trainable_stage_moves(tiny_workspace: Any, inputs: Any, erased: Any) -> None:
    _, outcome = erased("maga-relearn")
    before = tiny_workspace.model.state_dict()
    for name, tensor in outcome.model.state_dict().items():
        moved = name.startswith(("stages.2", "head"))
        assert torch.equal(tensor, before[name]) != moved, name
    fresh = fresh_model("resnet8", 4, 9, inputs.runtime)
    assert type(outcome.model) is type(fresh)


def test_it_needs_targets(inputs: Any) -> None:
    bare = replace(inputs, targets=torch.empty(0, 0))
    with pytest.raises(MethodError, match="propose labels first"):
        unlearn("maga-relearn", bare)


def test_without_the_forget_pictures_nothing_of_them_is_read(tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    """Their targets do not matter then, and neither does what they show."""
    some = inputs_for(tiny_workspace, tiny_spec.with_changes("", intent="membership"), range(0, 240, 10))
    nets = [
        unlearn("maga-relearn", replace(some, intent="membership", targets=targets))[1].model
        for targets in (some.targets, some.targets.roll(1, dims=1))
    ]
    for one, other in zip(nets[0].state_dict().values(), nets[1].state_dict().values(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("retain", "keep", "passes", "views", "plain"),
    [(1_000, 0.0, 15, 2, 0.27), (9_000, 0.0, 10, 2, 0.27), (18_000, 0.25, 5, 1, 0.0)],
)
def test_small_sets_are_relearned_from_nothing_and_for_longer(
    retain: int, keep: float, passes: float, views: int, plain: float
) -> None:
    """However small the set, no more looks at retain pictures than large sets' five passes over 18,000."""
    params = INFO.parameters(Situation("class", retain=retain), {})
    assert isinstance(params, MagaRelearnParams)
    assert (params.keep, params.passes, params.views, params.plain) == (keep, passes, views, plain)
    assert params.passes * retain <= 5 * 18_000


def test_a_membership_request_keeps_its_defaults_in_small_sets() -> None:
    params = INFO.parameters(Situation("sub-class", "membership", retain=1_000), {})
    assert isinstance(params, MagaRelearnParams)
    assert (params.keep, params.views, params.plain, params.forget_weight) == (0.25, 1, 0.0, 0.0)
