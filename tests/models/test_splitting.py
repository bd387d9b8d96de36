"""A cut net says what the whole net says, and shares its weights."""

from __future__ import annotations

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


def test_what_cannot_be_traced_is_said_in_one_line() -> None:
    with pytest.raises(MethodError, match="cannot be traced"):
        halves(Wilful(), torch.randn(2, 3, 16, 16), 0.2)
