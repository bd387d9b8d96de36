"""EU-k and CF-k: which layers are last, and that the others stay."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from maga_desk.engine.methods import last_layers
from maga_desk.engine.routine import fresh_model
from maga_desk.models.families.registry import build
from maga_desk.models.inference import logits
from tests.engine.routines import routine_of


@pytest.mark.parametrize(
    ("arch", "roots"),
    [
        ("resnet8", {"stages.2", "head"}),
        ("resnet20", {"stages.2", "head"}),
        ("resnet18", {"stages.3", "head"}),
        ("torchvision/resnet18", {"layer4", "fc"}),
    ],
)
def test_the_default_is_the_last_stage_and_the_head(arch: str, roots: set[str]) -> None:
    model = build(arch, 10)
    found = last_layers.last_modules(model, 0.7)
    inside = {
        name
        for name, module in model.named_modules()
        if any(name == root or name.startswith(f"{root}.") for root in roots)
        and any(True for _ in module.parameters(recurse=False))
    }
    assert found == inside


def test_the_last_modules_are_the_fewest_that_are_large_enough() -> None:
    model = nn.Sequential(nn.Linear(10, 5, bias=False), nn.ReLU(), nn.Linear(5, 4, bias=False), nn.Linear(4, 3))
    assert last_layers.last_modules(model, 1e-9) == {"3"}  # 15 of 85 weights
    assert last_layers.last_modules(model, 15 / 85) == {"3"}
    assert last_layers.last_modules(model, 16 / 85) == {"3", "2"}
    assert last_layers.last_modules(model, 1) == {"0", "2", "3"}


@pytest.mark.parametrize("name", ["eu-k", "cf-k"])
def test_what_comes_before_the_last_layers_does_not_move(name: str, inputs: Any, erased: Any) -> None:
    _, outcome = erased(name)
    original = inputs.original.state_dict()
    for key, tensor in outcome.model.state_dict().items():
        last = key.startswith(("stages.2", "head"))
        if last and key.endswith("weight"):
            assert not torch.equal(tensor, original[key])
        if not last:
            assert torch.equal(tensor, original[key]), key  # statistics too, though the net is measured in between


def test_eu_k_starts_re_initialised_and_cf_k_from_the_original(inputs: Any) -> None:
    train, runtime = inputs.pictures.train, inputs.runtime
    anew, on = (routine_of(name, inputs, lr=0.1).model for name in ("eu-k", "cf-k"))
    fresh = fresh_model(inputs.arch, 4, inputs.seed + 1, runtime)
    for key, tensor in anew.state_dict().items():
        source = fresh if key.startswith(("stages.2", "head")) else inputs.original
        assert torch.equal(tensor, source.state_dict()[key])
    assert torch.equal(logits(on, train, runtime), logits(inputs.original, train, runtime))


def test_all_layers_re_initialised_are_a_new_net(inputs: Any) -> None:
    routine = routine_of("eu-k", inputs, share=1.0)
    fresh = fresh_model(inputs.arch, 4, inputs.seed + 1, inputs.runtime)
    for one, two in zip(routine.model.state_dict().values(), fresh.state_dict().values(), strict=True):
        assert torch.equal(one, two)
    assert routine.steps == inputs.recipe.epochs * -(-180 // inputs.recipe.batch_size)
