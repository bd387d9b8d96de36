"""What tuning tries, and that methods run on nets other than ours."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from maga_desk.domain.errors import MethodError
from maga_desk.domain.methods import Situation
from maga_desk.domain.registry import OURS
from maga_desk.engine.registry import METHODS
from maga_desk.models.families.registry import build
from tests.engine.routines import routine_of, take, with_net

FIXED = {"logit-mask", "retrain", "retrain-briefly"}  # there is nothing to tune; the recipe is the original's
OWN = [name for name in METHODS if METHODS.origin(name) == OURS]
TUNED = [name for name in OWN if name not in FIXED and not name.startswith("maga")]


@pytest.mark.parametrize("name", TUNED)
def test_tuning_tries_a_few_values_around_the_default(name: str) -> None:
    info = METHODS[name].info
    assert 2 <= len(info.search) <= 3
    for parameter, values in info.search.items():
        assert 2 <= len(set(values)) <= 4
        assert info.params.model_fields[parameter].default in values
        for task in info.tasks:
            for value in values:
                chosen = info.parameters(Situation.of(task), {parameter: value})
                assert getattr(chosen, parameter) == value


V2, V3 = "torchvision/mobilenet_v2", "torchvision/mobilenet_v3_small"


@pytest.mark.parametrize(
    ("name", "arch", "params"),
    [
        ("trew", V3, {"retain_batch": 8, "forget_batch": 8}),
        ("boundary-shrink", V3, {"forget_batch": 8}),
        ("boundary-expand", V3, {"forget_batch": 8}),
        ("kodge", V3, {"pictures": 12}),
        ("mu-mis", V2, {"forget_batch": 8, "lr": 1e-4}),
        ("cf-k", V3, {"batch_size": 8}),
    ],
)
def test_torchvisions_nets_too(name: str, arch: str, params: dict[str, Any], inputs: Any) -> None:
    """Depthwise and strided convolutions, squeezing, hard activations in place, a head of two layers."""
    torch.manual_seed(0)
    net = build(arch, 4)
    routine = routine_of(name, with_net(inputs, net, arch=arch), **params)
    before = {key: tensor.clone() for key, tensor in net.state_dict().items()}
    if routine.steps:
        take(routine, 0)
    result = routine.finish(routine.model).eval()
    with torch.no_grad():
        outputs = result(inputs.pictures.train.batch(inputs.forget_indices[:3]))
    assert outputs.shape == (3, 4) and outputs.isfinite().all()
    assert any(not torch.equal(tensor, before[key]) for key, tensor in result.state_dict().items())
    assert all(torch.equal(tensor, before[key]) for key, tensor in net.state_dict().items())


class Attentive(torch.nn.Module):
    """Sixteen patches, one layer of attention, their mean."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = torch.nn.Conv2d(3, 8, 4, 4)
        self.layer = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
        self.head = torch.nn.Linear(8, 4)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.layer(self.patches(images).flatten(2).mT).mean(dim=1))


@pytest.mark.parametrize("name", ["mu-mis", "kodge", "fisher", "eu-k"])
def test_nets_with_attention_too(name: str, inputs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maga_desk.engine.methods.last_layers.fresh_model", lambda *_: Attentive())
    torch.manual_seed(0)
    net = Attentive()
    routine = routine_of(name, with_net(inputs, net), **({"pictures": 20} if name in ("kodge", "fisher") else {}))
    if routine.steps:
        take(routine, 0)
    assert all(weight.isfinite().all() for weight in routine.model.parameters())
    assert any(not torch.equal(one, two) for one, two in zip(routine.model.parameters(), net.parameters(), strict=True))


def test_a_net_without_second_derivatives_is_refused_in_one_line(inputs: Any) -> None:
    with pytest.raises(MethodError, match="cannot be differentiated twice: aten::hardsigmoid_backward"):
        routine_of("mu-mis", with_net(inputs, build(V3, 4), arch=V3))
