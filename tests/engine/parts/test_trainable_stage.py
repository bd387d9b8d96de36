"""The trainable stage: re-initialising it, and running it on other pictures."""

from __future__ import annotations

from copy import copy
from typing import Any

import torch
from torch import nn

from maga_desk.domain.control import RunControl
from maga_desk.engine.parts.trainable_stage import TrainedTogether, cut_off_stage, shrink_and_perturb
from maga_desk.models.families.registry import build
from maga_desk.models.inference import logits
from maga_desk.models.splitting import halves
from tests.engine.materials import finished


def test_shrinking_keeps_a_share_and_resets_the_statistics() -> None:
    torch.manual_seed(0)
    old, fresh = build("resnet8", 4), build("resnet8", 4)
    for module in old.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean += 3  # type: ignore[operator]
    before = {name: weight.detach().clone() for name, weight in old.named_parameters()}
    stage = halves(old, torch.randn(2, 3, 16, 16), 0.2).tail
    shrink_and_perturb(stage, fresh, 0.25)
    inside = dict(stage.named_parameters())
    others = dict(fresh.named_parameters())
    for name, weight in old.named_parameters():
        expected = 0.25 * before[name] + 0.75 * others[name] if name in inside else before[name]
        torch.testing.assert_close(weight, expected)
    assert all(not buffer.any() for name, buffer in stage.named_buffers() if name.endswith("running_mean"))
    assert old.stem[1].running_mean.eq(3).all()  # type: ignore[index, union-attr]


def test_a_stage_can_be_run_on_other_pictures(inputs: Any) -> None:
    pictures = copy(inputs.pictures.test)
    pictures.augmentation = "none"
    stage = finished(cut_off_stage(inputs, 0.2, RunControl(), method="maga-unseen"))[1]
    found = finished(stage.logits_of(pictures, RunControl(), stage.module.eval()))[1]
    expected = logits(inputs.original, pictures, inputs.runtime, None, RunControl())
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_all_of_a_net_is_in_training_mode_after_it_was_measured() -> None:
    """Statistics of a stage that was set to evaluation for measuring must be updated again."""
    net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
    net.eval()
    assert all(module.training for module in TrainedTogether(net, [nn.Linear(2, 1)]).modules())
