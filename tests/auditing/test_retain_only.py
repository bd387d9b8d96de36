"""Pictures that stay bring back what was only suppressed, and nothing of what was never learned."""

from __future__ import annotations

from typing import Any

import torch

from maga_desk.auditing.asked import asked_of
from maga_desk.auditing.parts import parts_of
from maga_desk.auditing.retain_only import fine_tuned
from maga_desk.domain.control import RunControl
from maga_desk.domain.specs.run import RunSpec
from tests.engine.materials import inputs_for, unlearn


def test_what_was_pushed_away_comes_back_and_a_retrained_net_stays(tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    work = tiny_workspace
    inputs, asked = inputs_for(work, tiny_spec), asked_of(parts_of(work.images, work.forget_set(tiny_spec)))
    assert not set(asked.retained.tolist()) & set(work.forget_set(tiny_spec).indices.tolist())
    pushed, retrained = (unlearn(name, inputs)[1].model for name in ("gradient-ascent", "retrain"))
    before = {name: tensor.clone() for name, tensor in pushed.state_dict().items()}
    back, never = (fine_tuned(net, asked, work.pictures, work.runtime, RunControl()) for net in (pushed, retrained))
    assert back.curve[0][0] == 0 and back.curve[0][1] < 30 and back.forget.double().mean() > 0.8
    assert [step for step, _ in back.curve] == [0, 5, 10, 14] and back.unseen.double().mean() > 0.8
    assert max(value for _, value in never.curve) < 10 and not never.unseen.double().mean() > 0.1
    assert all(torch.equal(before[name], tensor) for name, tensor in pushed.state_dict().items()), "a copy is tuned"
