"""A cut net says what the whole net says, and shares its weights."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from maga_desk.domain.errors import MethodError
from maga_desk.models.families.registry import build
from maga_desk.models.splitting import halves


@pytest.mark.parametrize(
    ("name", "side", "shape"),
    [
        ("resnet8", 32, (32, 16, 16)),
        ("resnet18", 32, (256, 8, 8)),
        ("torchvision/resnet18", 64, (256, 4, 4)),
        ("torchvision/mobilenet_v3_small", 64, (96, 2, 2)),
    ],
)
def test_both_halves_together_are_the_net(name: str, side: int, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    net = build(name, 5).eval()
    x = torch.randn(3, 3, side, side)
    cut = halves(net, x[:2], 0.2)
    with torch.no_grad():
        features = cut.trunk(x)
        assert features.shape == (3, *shape)
        torch.testing.assert_close(cut.tail(features), net(x))
    assert 0.2 <= cut.share < 0.3
    own = {id(weight) for weight in net.parameters()}
    assert {id(weight) for weight in cut.tail.parameters()} < own
    assert not net.training


def test_a_transformer_is_cut_between_its_blocks() -> None:
    from torchvision.models import VisionTransformer

    torch.manual_seed(0)
    net = VisionTransformer(32, 8, 6, 2, 16, 32, num_classes=4).train()
    x = torch.randn(2, 3, 32, 32)
    cut = halves(net, x, 0.3)
    assert net.training
    net.eval()
    with torch.no_grad():
        torch.testing.assert_close(cut.tail(cut.trunk(x)), net(x))
    assert cut.trunk(x).shape == (2, 17, 16)
    assert 0.3 <= cut.share < 0.4  # two of six blocks


def test_the_whole_net_can_be_the_tail_but_for_its_first_layer() -> None:
    net = build("resnet8", 5).eval()
    x = torch.randn(2, 3, 16, 16)
    assert halves(net, x, 0.9).share > 0.9
    with pytest.raises(MethodError, match="no single tensor"):
        halves(TwoWays(), x, 0.5)


class TwoWays(nn.Module):
    """Two branches side by side from the picture to the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(768, 5), nn.Linear(768, 5)

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.left(x.flatten(1)) + self.right(x.flatten(1))
        return outputs


class Wilful(nn.Module):
    """Takes another way for other pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(768, 5)

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.head(x.flatten(1))
        return outputs if outputs.sum() > 0 else -outputs


def test_what_cannot_be_cut_is_said_in_one_line() -> None:
    with pytest.raises(MethodError, match="cannot be cut"):
        halves(Wilful(), torch.randn(2, 3, 16, 16), 0.2)


class Looking(nn.Module):
    """Looks at what it is given, so that it cannot be traced; and has a second way around its blocks inside of each."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.blocks = nn.ModuleList(Around(8) for _ in range(4))
        self.last = nn.ModuleDict({"norm": nn.LayerNorm(8), "head": nn.Linear(8, 5)})

    def forward(self, x: Tensor) -> Tensor:
        assert float(x.abs().max()) < 1e6
        x, size = self.stem(x).flatten(2).transpose(1, 2), x.shape[-1]
        for block in self.blocks:
            x = block(x, size=size)[0]
        outputs: Tensor = self.last["head"](self.last["norm"](x).mean(dim=1))
        return outputs


class Around(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Linear(width, width)

    def forward(self, x: Tensor, size: int) -> tuple[Tensor, int]:
        return x + torch.relu(self.inner(x)), size


def test_a_net_that_cannot_be_traced_is_cut_between_its_modules() -> None:
    net = Looking()
    cut = halves(net, torch.randn(2, 3, 16, 16), 0.2)
    names = {name for name, _ in cut.tail.named_parameters()}
    assert "last.head.weight" in names and "blocks.3.inner.weight" in names and "stem.weight" not in names
    assert names <= dict(net.named_parameters()).keys()
    pictures = torch.randn(5, 3, 16, 16)
    torch.testing.assert_close(cut.tail(cut.trunk(pictures)), net(pictures))
    assert "forward" not in net.blocks[0].__dict__, "the net is as it was"
    other = copy.deepcopy(cut.tail)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.zero_()
    torch.testing.assert_close(cut.tail(cut.trunk(pictures)), net(pictures))
    assert not other(cut.trunk(pictures)).any()
    cut.tail(cut.trunk(pictures).detach()).sum().backward()
    assert net.last["head"].weight.grad is not None and net.stem.weight.grad is None


class Optional(nn.Module):
    """Takes a mask that nobody gives, and hands it to every block, as timm's transformers do."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(nn.Linear(768, 768) for _ in range(3))
        self.head = nn.Linear(768, 5)

    def forward(self, x: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
        x = x.flatten(1)
        for block in self.blocks:
            x = torch.relu(block(x if mask is None else x * mask))
            x = -x if causal else x
        outputs: Tensor = self.head(x)
        return outputs


def test_an_argument_that_nobody_gives_does_not_stand_in_the_way() -> None:
    net = Optional()
    cut = halves(net, torch.randn(2, 3, 16, 16), 0.2)
    pictures = torch.randn(3, 3, 16, 16)
    torch.testing.assert_close(cut.tail(cut.trunk(pictures)), net(pictures))
    assert {name for name, _ in cut.tail.named_parameters()} == {
        "blocks.2.weight", "blocks.2.bias", "head.weight", "head.bias"
    }  # fmt: skip
