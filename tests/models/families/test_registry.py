"""Architectures by name, family by family."""

from __future__ import annotations

import pytest
import torch

from maga_desk.domain.errors import CheckpointError
from maga_desk.models.checkpoint import restore
from maga_desk.models.families.registry import FAMILIES, architectures, build, shapes
from maga_desk.models.heads import count_classes, count_parameters


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("resnet8", 70_000, 85_000), ("resnet8-wide", 4e5, 6e5), ("resnet20", 2.6e5, 2.9e5), ("resnet18", 1.1e7, 1.2e7)],
)
def test_sizes_are_those_of_the_papers(name: str, least: float, most: float) -> None:
    model = build(name, 10)
    assert least < count_parameters(model) < most
    assert model(torch.randn(2, 3, 32, 32)).shape == (2, 10)


def test_torchvisions_nets_by_name() -> None:
    model = build("torchvision/mobilenet_v3_small", 4)
    assert count_classes(model) == 4
    again, _ = restore(model.state_dict(), "torchvision/mobilenet_v3_small", where="x")
    one, two = model.state_dict(), again.state_dict()
    assert one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def test_the_seed_alone_decides_the_weights() -> None:
    for name in ("resnet8", "torchvision/squeezenet1_1"):
        nets = []
        for _ in range(2):
            torch.manual_seed(3)
            nets.append(build(name, 4).state_dict())
        assert all(torch.equal(nets[0][key], nets[1][key]) for key in nets[0])


def test_listing_by_pattern() -> None:
    names = [each.name for each in architectures()]
    assert names[:4] == ["resnet8", "resnet8-wide", "resnet20", "resnet18"]
    assert "torchvision/mobilenet_v3_small" in names
    assert [each.name for each in architectures("resnet8*")] == ["resnet8", "resnet8-wide"]
    assert [each.summary for each in architectures("torchvision/resnet18")] == ["11.7 M parameters with 1,000 classes"]
    built_by_name = {name for name, family in FAMILIES.items() if family.architectures()}
    assert {each.family for each in architectures()} == built_by_name == {"resnet", "torchvision", "timm"}
    assert architectures("nothing*") == []


def test_unknown_names_say_what_there_is() -> None:
    with pytest.raises(CheckpointError, match="torchvision has no model 'nothing'"):
        build("torchvision/nothing", 2)
    with pytest.raises(CheckpointError, match=r"no architecture is called 'resnet9'.*resnet18, torchvision/NAME"):
        build("resnet9", 2)


@pytest.mark.parametrize("name", ["resnet8", "torchvision/regnet_y_400mf"])
def test_shapes_are_those_of_the_net_and_draw_nothing(name: str) -> None:
    torch.manual_seed(3)
    found = shapes(name, 4)
    after = torch.rand(1)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(1), after)
    assert found == {key: tuple(tensor.shape) for key, tensor in build(name, 4).state_dict().items()}
