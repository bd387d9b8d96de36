"""Every kind of net with everything that is done to nets: head, features, cut, each method, export and reload.

The nets are tiny and random: what counts is that each method takes its steps on each, and what is refused.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from maga_desk.data.batches import DeviceSet, Normalisation, Pictures
from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.errors import MethodError
from maga_desk.domain.forget import from_indices
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.wrapping import Wrapping
from maga_desk.engine.inputs import RunInputs
from maga_desk.models.checkpoint import restore
from maga_desk.models.families.registry import build, channels_of, text_of
from maga_desk.models.formats.format import write_checked
from maga_desk.models.formats.registry import FORMATS
from maga_desk.models.heads import count_classes, head_weight
from maga_desk.models.runtime import Runtime
from maga_desk.models.splitting import halves
from maga_desk.models.taps import penultimate
from tests.engine.routines import routine_of, take
from tests.engine.test_methods import OWN

CLASSES, EACH = 4, 4
VIT = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16, "image_size": 32,
       "patch_size": 8}  # fmt: skip
SWIN = {"embed_dim": 8, "depths": [1, 1], "num_heads": [1, 2], "window_size": 4, "image_size": 32, "patch_size": 4}
TIMM_VIT = {"depth": 4, "embed_dim": 12, "num_heads": 2, "patch_size": 8, "size": 32}


def named(arch: str, **options: Any) -> Callable[[], nn.Module]:
    return lambda: build(f"{arch} {json.dumps(options)}" if options else arch, CLASSES)


def strangers(net: nn.Module) -> nn.Module:
    """A net of nobody's library, as its tensors alone tell it."""
    return restore(net.state_dict(), None, where="x")[0]


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8)
        self.layer1 = nn.ModuleList([Block(8, 8, 1), Block(8, 16, 2)])
        self.linear = nn.Linear(16, CLASSES)


class Block(nn.Module):
    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(before, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        if stride > 1:
            self.shortcut = nn.Sequential(nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width))


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 8, 3)
        self.fc1, self.fc2 = nn.Linear(8 * 6 * 6, 8), nn.Linear(8, CLASSES)


NETS: dict[str, Callable[[], nn.Module]] = {
    "ours": named("resnet8"),
    "torchvision": named("torchvision/shufflenet_v2_x0_5"),
    "1x1 convolution": named("torchvision/squeezenet1_1"),
    "MLP head": named("timm/lcnet_035", head="0=8, 1=norm, 4"),
    "timm": named("timm/lcnet_035", head="1"),
    "timm ViT": named("timm/vit_tiny_patch16_224", **TIMM_VIT),
    "grey": named("timm/lcnet_035", channels=1),
    "Hugging Face ViT": named("transformers/vit", **VIT),
    "Hugging Face Swin": named("transformers/swin", **SWIN),
    "Hugging Face ConvNeXt": named("transformers/convnext", hidden_sizes=[8, 16], depths=[1, 1], num_stages=2),
    "residual by its structure": lambda: strangers(Residual(3)),
    "four channels": lambda: strangers(Residual(4)),
    "plain by its structure": lambda: strangers(Plain()),
}
REFUSED: dict[str, set[str]] = {
    # a ReLU follows its head, which no bias gets past; and it is no linear layer
    "1x1 convolution": {"logit-mask", "cmf", "newton-head"},
    "timm": {"mu-mis"},  # a hard swish cannot be differentiated twice
    "MLP head": {"mu-mis"},
    "grey": {"mu-mis"},
}
QUICK: dict[str, Any] = {
    "passes": 1.0, "epochs": 1, "least_steps": 1, "noise_steps": 1, "search_steps": 1, "pictures": 8, "noises": 2,
    "repeats": 1, "iterations": 2, "views": 1, "critic": 4, "batch_size": 8, "retain_batch": 8, "forget_batch": 4,
}  # fmt: skip


@functools.cache
def net_of(kind: str) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return NETS[kind]().eval()


@pytest.fixture
def materials(tiny_spec: RunSpec, opened: Callable[[Any], Any]) -> Callable[[nn.Module, tuple[int, int]], RunInputs]:
    """A few of the tiny world's pictures in a net's size and channels, and the request to forget the rings."""

    def of(net: nn.Module, size: tuple[int, int]) -> RunInputs:
        images = opened(tiny_spec).images
        few = np.concatenate([np.flatnonzero(images.train.labels == label)[:EACH] for label in range(CLASSES)])
        images = replace(images, train=images.train.take(few), test=images.test.take(np.arange(0, 80, 20)))
        channels = channels_of(net)
        how = Normalisation((0.5,) * channels, (0.25,) * channels, {1: "L", 3: "RGB", 4: "RGBA"}[channels])
        splits = [Pictures(each, how, torch.device("cpu")) for each in (images.train, images.test)]
        for split in splits:
            split.images = nn.functional.interpolate(split.images.float(), size).to(torch.uint8)
        forget = from_indices(np.flatnonzero(images.train.labels == 2), images.catalogue())
        targets = torch.tensor([[0.5, 0.25, 0.0, 0.25]]).repeat(EACH, 1)
        return RunInputs(
            DeviceSet(*splits, how, images.classes), net, text_of(net), forget, Runtime(torch.device("cpu")), 0,
            TrainRecipe(epochs=1, batch_size=8), torch.zeros(EACH, dtype=torch.int64), targets,
        )  # fmt: skip

    return of


def size_of(kind: str) -> tuple[int, int]:
    return (24, 48) if kind == "residual by its structure" else (32, 32)


@pytest.mark.parametrize("kind", NETS)
def test_it_has_a_head_features_and_a_cut(kind: str) -> None:
    net = net_of(kind)
    pictures = torch.randn(3, channels_of(net), *size_of(kind), generator=torch.Generator().manual_seed(0))
    with torch.no_grad(), penultimate(net) as tap:
        logits = net(pictures)
    assert logits.shape == (3, CLASSES) == (3, count_classes(net))
    assert tap.features is not None and tap.features.shape == (3, head_weight(net).shape[1])
    cut = halves(net, pictures[:2], 0.05)
    with torch.no_grad():
        torch.testing.assert_close(cut.tail(cut.trunk(pictures)), logits, atol=1e-5, rtol=1e-4)
    weights = dict(net.named_parameters())
    own = dict(cut.tail.named_parameters())
    assert own and len(own) < len(weights) and all(weights[name] is weight for name, weight in own.items())


@pytest.mark.parametrize("kind", NETS)
def test_each_method_takes_its_steps(kind: str, materials: Callable[[nn.Module, tuple[int, int]], RunInputs]) -> None:
    net = net_of(kind)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    inputs = materials(net, size_of(kind))
    refused = set()
    for name, info in OWN.items():
        if "class" not in info.tasks:
            continue
        params = {key: value for key, value in QUICK.items() if key in info.params.model_fields}
        try:
            routine = routine_of(name, inputs, **params)
        except MethodError:
            refused.add(name)
            continue
        for step in range(min(2, routine.steps)):
            take(routine, step)
        with torch.no_grad():
            logits = routine.finish(routine.model).eval()(inputs.pictures.test.batch(torch.arange(2)))
        assert logits.shape == (2, CLASSES) and logits.isfinite().all(), name
    assert refused == REFUSED.get(kind, set())
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items()), "the original stays"


@pytest.mark.parametrize("kind", NETS)
def test_it_goes_back_in_its_own_form_and_reloads(kind: str, tmp_path: Path) -> None:
    net, arch = net_of(kind), text_of(net_of(kind))
    family, _, rest = arch.partition("/")
    came = Wrapping("PyTorch", "net.pth", keys=("model",), prefix="module.")
    if family == "transformers":
        came = Wrapping("safetensors", "model.safetensors", files={"config.json": {"model_type": rest.split()[0]}})
    height, width = size_of(kind)
    info = CheckpointInfo(arch=arch, classes=tuple("abcd"), came=came, mean=(0.5,), std=(0.25,))
    info = info.of_shape((height, width), None)
    target = tmp_path / "net"
    if came.library:
        target.mkdir()
    assert write_checked(FORMATS["own"], target, net, info, where="x") < 1e-4
