"""Rounding and pruning do what they say, and show a memory that lay in the small weights."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from maga_desk.auditing.asked import Asked
from maga_desk.auditing.compressing import FORMS, pruned, rounded, smaller, weights_of
from maga_desk.data.batches import Normalisation, to_device
from maga_desk.domain.control import RunControl
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.models.runtime import Runtime


@pytest.mark.parametrize(("bits", "levels"), [(8, 255), (4, 15)])
def test_each_channel_is_rounded_by_its_own_scale(bits: int, levels: int) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(8, 4, 5), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))
    with torch.no_grad():
        net[0].weight[0] *= 100
        net[0].weight[3] = 0
    was = copy.deepcopy(net.state_dict())
    rounded(net, bits)
    for name in ("0.weight", "3.weight"):
        for old, new in zip(was[name].flatten(1), net.state_dict()[name].flatten(1), strict=True):
            assert len(new.unique()) <= levels
            assert (old - new).abs().max() <= old.abs().max() / (levels - 1) * 1.001
    assert not torch.equal(was["0.weight"], net[0].weight)
    for name in ("0.bias", "1.weight", "3.bias"):
        assert torch.equal(was[name], net.state_dict()[name])


def test_the_smallest_of_all_layers_are_pruned() -> None:
    net = nn.Sequential(nn.Linear(10, 10), nn.Linear(10, 10))
    with torch.no_grad():
        net[0].weight.copy_(torch.arange(1, 101).view(10, 10))
        net[1].weight.copy_(-torch.arange(101, 201).view(10, 10))
    pruned(net, 0.3)
    assert net[0].weight.flatten()[:60].eq(0).all() and net[0].weight.flatten()[60:].ne(0).all()
    assert net[1].weight.ne(0).all()


def test_attention_is_changed_too_and_tables_of_words_are_not() -> None:
    net = nn.ModuleList([nn.MultiheadAttention(4, 2), nn.Embedding(5, 4), nn.BatchNorm1d(4)])
    assert [tuple(weight.shape) for weight in weights_of(net)] == [(12, 4), (4, 4)]


def index(labels: list[int]) -> PictureIndex:
    """White pictures of class 0, black ones of class 1, 2 x 2."""
    pixels = np.array([np.full((3, 2, 2), 0 if label else 255) for label in labels], dtype=np.uint8)
    return PictureIndex(InMemory(pixels), np.array(labels), np.array(labels), tuple(f"{i}.png" for i in labels))


def test_a_memory_under_small_weights_shows_in_four_bits_and_not_in_eight() -> None:
    runtime = Runtime(torch.device("cpu"))
    images = ImageSet(index([0, 0, 0, 1]), index([0, 0, 1, 1]), ("white", "black"), ("white", "black"))
    pictures = to_device(images, Normalisation((0.0,) * 3, (1.0,) * 3), runtime.device, augmentation="none")
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    with torch.no_grad():
        net[1].weight.copy_(torch.tensor([[0.6] + [-0.04] * 11, [0.3] + [0.0] * 11]))
        net[1].bias.copy_(torch.tensor([0.0, 0.1]))
    white, black = torch.tensor([0, 0, 0]), torch.tensor([1, 1])
    asked = Asked(
        torch.tensor([0, 1, 2]), white, torch.tensor([0, 1]), white[:2], True, torch.tensor([2, 3]), black,
        torch.tensor([3]),
    )  # fmt: skip
    found = smaller(net.eval(), 100.0, asked, pictures, runtime, RunControl())
    assert set(found) == set(FORMS) and all(form.works for form in found.values())
    assert not found["int8"].right.any() and found["int4"].right.all() and found["pruned"].right.all()
    assert (found["int4"].forget > found["int8"].forget).all() and len(found["int4"].unseen) == 2
    with torch.no_grad():
        net[1].bias.copy_(torch.tensor([0.0, -0.1]))  # names no black one
    assert not smaller(net, 100.0, asked, pictures, runtime, RunControl())["int4"].works
