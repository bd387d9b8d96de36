"""What comes back: soon where a trace was kept, later where there never was one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from maga_desk.auditing.looking import make_case
from maga_desk.auditing.outputs import compute_outputs
from maga_desk.auditing.parts import parts_of
from maga_desk.auditing.probe import shown
from maga_desk.auditing.relearning import prototype_curve, relearning_curve, steps_needed
from maga_desk.domain.control import RunControl
from maga_desk.domain.specs.run import RunSpec
from maga_desk.engine.routine import fresh_model
from maga_desk.models.inference import logits
from tests.engine.materials import inputs_for, unlearn


def test_steps_are_read_off_the_curve() -> None:
    curve = [(0, 0.0), (5, 40.0), (10, 80.0), (15, 95.0)]
    assert steps_needed(curve, 60) == pytest.approx(7.5)
    assert steps_needed(curve, 0) == 0
    assert steps_needed(curve, 99) == 15
    assert steps_needed([(0, 90.0)], 60) == 0


@pytest.fixture
def case(tiny_workspace: Any, tiny_spec: RunSpec) -> Any:
    work = tiny_workspace
    fresh = fresh_model("resnet8", 4, 3, work.runtime)
    return make_case(
        work.images, work.pictures, work.runtime, work.forget_set(tiny_spec), work.outputs,
        lambda pictures, positions: logits(fresh, pictures, work.runtime, positions), "full",
    )  # fmt: skip


def test_a_mask_comes_back_at_once_and_retraining_takes_its_time(
    tiny_workspace: Any, tiny_spec: RunSpec, case: Any
) -> None:
    inputs = inputs_for(tiny_workspace, tiny_spec)
    masked, retrained = (unlearn(name, inputs)[1].model for name in ("logit-mask", "retrain"))
    gone, work = case.forget.whole_classes, tiny_workspace
    before = {name: tensor.clone() for name, tensor in masked.state_dict().items()}
    curves = [
        relearning_curve(net, case.relearning, gone, work.pictures, work.runtime, RunControl())
        for net in (masked, retrained)
    ]
    needed = [steps_needed(curve, case.relearning.level) for curve in curves]
    assert needed[0] < needed[1]
    assert curves[0][-1][1] >= case.relearning.level
    assert all(torch.equal(before[name], tensor) for name, tensor in masked.state_dict().items())
    found = [
        prototype_curve(case.probing, shown(net, case.probing, work.pictures, work.runtime, RunControl()))
        for net in (masked, retrained)
    ]
    assert found[0][10].mean() > 0.9
    for count in found[0]:
        assert found[0][count].mean() > found[1][count].mean(), "the mask changes nothing inside"


def test_single_pictures_are_not_relearned(tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    some = tiny_spec.with_changes("forget", classes=(), fraction=0.1)
    work = tiny_workspace
    case = make_case(
        work.images, work.pictures, work.runtime, work.forget_set(some), work.outputs,
        lambda pictures, positions: torch.zeros(len(positions), 4), "full",
    )  # fmt: skip
    assert case.relearning is None and case.probing is None


def test_earlier_requests_are_neither_kept_nor_forgotten(tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    import numpy as np

    earlier = np.arange(60)  # all crosses
    work = replace(tiny_workspace, earlier=earlier)
    forget = work.forget_set(tiny_spec)
    parts = parts_of(work.images, forget)
    assert int(parts.forget_train.sum()) == 60 and int(parts.earlier_train.sum()) == 60
    assert int(parts.retain_train.sum()) == 120
    assert parts.gone == (0, 2)
    assert not parts.retain_test[parts.test_labels == 0].any()
    assert int(parts.forget_test.sum()) == 20
    assert compute_outputs(work.model, work.pictures, work.runtime, RunControl()).test.shape == (80, 4)
