"""What every architecture must stand: being cut, tapped, and exported in every format.

One architecture of each kind that torchvision has, the smallest that is quick; nets without a head cannot be used, and
say so.
"""

from __future__ import annotations

import copy
import functools
import warnings
from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn
from torchvision.models import mobilenetv3

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.errors import CheckpointError
from maga_desk.models.checkpoint import restore
from maga_desk.models.families.registry import architectures, build
from maga_desk.models.formats.format import write_checked
from maga_desk.models.formats.registry import FORMATS
from maga_desk.models.heads import count_classes, head_of, head_weight
from maga_desk.models.splitting import halves
from maga_desk.models.taps import penultimate

SIDES = {
    **{each.name: 32 for each in architectures() if each.family == "resnet"},
    "torchvision/resnet18": 64,
    "torchvision/alexnet": 64,
    "torchvision/vgg11_bn": 32,
    "torchvision/densenet121": 32,
    "torchvision/mobilenet_v2": 32,
    "torchvision/mobilenet_v3_small": 32,
    "torchvision/shufflenet_v2_x0_5": 32,
    "torchvision/mnasnet0_5": 32,
    "torchvision/efficientnet_b0": 32,
    "torchvision/regnet_y_400mf": 32,
    "torchvision/convnext_tiny": 32,
}
CLASSES = 5


@functools.cache
def _net(name: str) -> nn.Module:
    with warnings.catch_warnings(), torch.random.fork_rng():
        torch.manual_seed(0)
        warnings.simplefilter("ignore", FutureWarning)  # torchvision's of initialisations to come
        return build(name, CLASSES).eval()


def _pictures(name: str, count: int = 2) -> torch.Tensor:
    return torch.randn(count, 3, SIDES[name], SIDES[name], generator=torch.Generator().manual_seed(0))


def _short_mobilenet() -> nn.Module:
    """Three of its blocks: depthwise, squeezing, hard activations, a head of two layers."""
    blocks = [(16, 3, 16, 16, True, "RE", 2), (16, 3, 24, 24, False, "RE", 2), (24, 5, 32, 24, True, "HS", 1)]
    settings = [mobilenetv3.InvertedResidualConfig(*block, 1, 1.0) for block in blocks]
    return mobilenetv3.MobileNetV3(settings, 32, CLASSES).eval()


def _short_shufflenet() -> nn.Module:
    """A block of each kind: with a stride, and with channels that are split and shuffled."""
    return torchvision.models.ShuffleNetV2([2, 1, 1], [8, 16, 16, 32, 32], CLASSES).eval()


SHORT = {"torchvision/mobilenet_v3_small": _short_mobilenet, "torchvision/shufflenet_v2_x0_5": _short_shufflenet}
"""What an exporter that looks at each operation is given: in the whole nets it sees the same ones again and again."""


@pytest.mark.parametrize("name", SIDES)
def test_it_is_cut_and_the_halves_are_the_net(name: str) -> None:
    net, pictures = _net(name), _pictures(name)
    cut = halves(net, pictures, 0.2)
    with torch.no_grad():
        torch.testing.assert_close(cut.tail(cut.trunk(pictures)), net(pictures))
    assert 0 < cut.share < 1


@pytest.mark.parametrize("name", SIDES)
def test_its_features_are_what_its_head_reads(name: str) -> None:
    net, pictures = _net(name), _pictures(name)
    with torch.no_grad(), penultimate(net) as tap:
        logits = net(pictures)
    assert tap.features is not None and tap.features.shape == (2, head_of(net).in_features)
    torch.testing.assert_close(head_of(net)(tap.features), logits)
    assert count_classes(net) == CLASSES


@pytest.mark.parametrize("name", SIDES)
def test_its_weights_alone_say_how_many_classes_it_has(name: str) -> None:
    net, pictures = _net(name), _pictures(name)
    again, _ = restore(net.state_dict(), name, where="x")
    with torch.no_grad():
        assert torch.equal(again.eval()(pictures), net(pictures))


@pytest.mark.parametrize("form", [name for name in FORMATS if name not in ("patch", "int8")])  # which need a run
@pytest.mark.parametrize("name", SHORT)
def test_it_is_exported_and_reloads(name: str, form: str, tmp_path: Path) -> None:
    """``tests/services/test_exporting.py`` does so with a net of ours."""
    info = CheckpointInfo(arch=name, size=SIDES[name], classes=tuple("abcde"))
    target = tmp_path / f"net{FORMATS[form].info.suffix}"
    net = SHORT[name]() if form in ("onnx", "torch-export") else copy.deepcopy(_net(name))
    assert write_checked(FORMATS[form], target, net, info, where="x") < 1e-3
    assert target.stat().st_size > 0


def test_a_head_that_is_a_convolution_has_rows_and_features_as_well() -> None:
    net = build("torchvision/squeezenet1_1", CLASSES).eval()
    with torch.no_grad(), penultimate(net) as tap:
        logits = net(torch.randn(2, 3, 64, 64))
    assert logits.shape == (2, count_classes(net)) == (2, CLASSES)
    assert tap.features is not None and tap.features.shape == (2, head_weight(net).shape[1])


def test_a_net_without_a_head_says_so() -> None:
    with pytest.raises(CheckpointError, match="no linear head"):
        head_of(nn.Sequential(nn.Flatten(), nn.ReLU()))
