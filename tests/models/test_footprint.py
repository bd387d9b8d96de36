"""What passes take is told without computing them, and parts follow from it."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from maga_desk.models import footprint as module
from maga_desk.models.families.registry import build
from maga_desk.models.footprint import at_once, footprint
from maga_desk.models.fusing import fused
from maga_desk.models.inference import logits
from maga_desk.models.pruning import keep_zeros, zeros_of
from maga_desk.models.runtime import Runtime

CPU = torch.device("cpu")


class Some:
    """Pictures of a size."""

    def __init__(self, count: int, side: int) -> None:
        self.images = torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(0))

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: Tensor) -> Tensor:
        return self.images[indices]


def test_it_follows_the_pictures_and_the_way_back() -> None:
    net = build("resnet8", 10)
    small, large = footprint(net, (3, 32, 32)), footprint(net, (3, 64, 64))
    back = footprint(net, (3, 32, 32), training=True)
    assert small and large and back
    first = 4 * 16 * 32 * 32  # bytes of the first layer's outputs
    assert 2 * first <= small.each <= 6 * first
    assert large.each == pytest.approx(4 * small.each, rel=0.1)
    assert back.each > 2 * small.each and back.fixed > 2 * sum(each.numel() for each in net.parameters())
    assert back.of(10) < back.of(20) and back.fitting(back.of(20)) in (19, 20)


def test_looking_changes_neither_the_net_nor_what_is_drawn_at_random() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(), nn.Flatten(), nn.LazyLinear(2))
    net(torch.zeros(2, 3, 8, 8))
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    state = torch.get_rng_state()
    assert footprint(net, (3, 8, 8), training=True) and footprint(net, (3, 8, 8))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert all(weight.grad is None for weight in net.parameters())


def test_parts_become_smaller_and_outputs_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    net, pictures, runtime = build("resnet8", 10).eval(), Some(20, 16), Runtime(CPU)
    whole = logits(net, pictures, runtime)
    each = footprint(net, (3, 16, 16))
    assert each
    monkeypatch.setitem(module.AT_ONCE, False, each.of(3))
    assert at_once(net, (3, 16, 16), CPU, 128) == 3
    parts = logits(net, pictures, runtime)
    assert torch.allclose(whole, parts, rtol=0, atol=1e-4 * float(whole.abs().max()))
    monkeypatch.setitem(module.AT_ONCE, False, 1)
    assert at_once(net, (3, 16, 16), CPU, 128) == 1


class _Looks(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1)[:, :3] if float(images.sum()) > 0 else images.flatten(1)[:, :2]


def test_a_net_that_looks_at_values_cannot_be_told() -> None:
    net = _Looks()
    assert footprint(net, (3, 8, 8)) is None
    assert at_once(net, (3, 8, 8), CPU, 128) == 128
    assert at_once(net, (3, 1000, 1000), CPU, 128) == 1


class _Remembers(nn.Module):
    """Keeps a table from its first pass, outside of its state."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.table, self.passes = nn.Conv2d(3, 4, 3), None, 0

    def forward(self, pictures: Tensor) -> Tensor:
        self.passes += 1
        if self.table is None:
            self.table = torch.ones(4, device=pictures.device)
        outputs: Tensor = self.layer(pictures).mean((2, 3)) * self.table
        return outputs


def test_looking_leaves_a_net_and_its_hooks_as_they_are() -> None:
    net = keep_zeros(_Remembers(), {"layer.weight": torch.rand(4, 3, 3, 3) > 0.5})
    assert footprint(net, (3, 8, 8)) and footprint(net, (3, 8, 8), training=True)
    assert net.table is None and net.passes == 0
    assert {mask.device.type for mask in zeros_of(net).values()} == {"cpu"}
    net(torch.rand(2, 3, 8, 8)).sum().backward()
    assert (net.get_parameter("layer.weight") == 0).any()


def test_copies_of_a_net_share_what_was_counted_and_other_nets_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[bool] = []
    monkeypatch.setattr(module, "_known_forms", {})
    most = module._most
    monkeypatch.setattr(module, "_most", lambda *given: looked.append(True) or most(*given))
    net = build("resnet8", 4)
    first = footprint(net, (3, 16, 16))
    assert footprint(copy.deepcopy(net), (3, 16, 16)) == footprint(build("resnet8", 4), (3, 16, 16)) == first
    assert len(looked) == 2, "two and four pictures, once"
    footprint(build("resnet8", 400), (3, 16, 16))
    assert len(looked) == 4, "another net"
    for weight in net.stages.parameters():
        weight.requires_grad_(False)
    footprint(net, (3, 16, 16))
    assert len(looked) == 6
    runtime = Runtime(CPU)
    made = [fused(build("resnet8", 4), runtime, torch.randn(1, 3, 16, 16))[0] for _ in range(2)]
    assert all(isinstance(each, torch.fx.GraphModule) for each in made)
    assert footprint(made[0], (3, 16, 16)) == footprint(made[1], (3, 16, 16)) != first
    assert len(looked) == 8, "those that were fused share it as well, and not with what they were made of"


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("mode", [False, True])
def test_batch_normalisation_is_counted_as_torch_itself_tells_it(
    training: bool, mode: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = build("resnet8", 10).train(mode)
    monkeypatch.setattr(module, "_known_forms", {})
    ours = footprint(net, (3, 32, 32), training=training)
    monkeypatch.setattr(module, "_known_forms", {})
    monkeypatch.setattr(module, "_normalised", torch.ops.aten.native_batch_norm.default)
    assert ours == footprint(net, (3, 32, 32), training=training)
