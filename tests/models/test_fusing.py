"""A fused net reads pictures as the plain one does, family by family."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from maga_desk.models.families.registry import build
from maga_desk.models.fusing import TOLERANCE, fused
from maga_desk.models.heads import head_of
from maga_desk.models.inference import logits_and_features
from maga_desk.models.runtime import Runtime

CPU = Runtime(torch.device("cpu"))
NORMS = (nn.modules.batchnorm._BatchNorm,)
RESIDUAL = ("resnet8", "resnet8-wide", "resnet20", "resnet18")


class Drawn:
    """Random pictures."""

    def __init__(self, count: int, side: int) -> None:
        self.images = torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(1))

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: Tensor) -> Tensor:
        return self.images[indices]


def lived(name: str, side: int) -> nn.Module:
    """A net whose normalisations have statistics and weights of their own."""
    torch.manual_seed(3)
    model = build(name, 5).train()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, NORMS):
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.uniform_(module.bias, -0.5, 0.5)
        for _ in range(3):
            model(torch.randn(4, 3, side, side))
    return model.eval()


def norms(model: nn.Module) -> int:
    return sum(isinstance(module, NORMS) for module in model.modules())


@pytest.mark.parametrize(
    ("name", "side", "left"),
    [
        *((name, 32, 0) for name in RESIDUAL),
        ("torchvision/resnet18", 64, 0),
        ("torchvision/mobilenet_v3_small", 64, 0),
        ("torchvision/regnet_y_400mf", 64, 0),
        ("torchvision/densenet121", 64, 62),  # normalisation stands before the convolutions there
    ],
)
def test_outputs_and_features_stay(name: str, side: int, left: int) -> None:
    model, pictures = lived(name, side), Drawn(6, side)
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    net, runtime = fused(model, CPU, pictures.batch(torch.tensor([0])))
    assert net is not model and runtime.channels_last and norms(net) == left
    assert head_of(net).in_features == head_of(model).in_features
    wanted = torch.tensor([4, 1, 5])
    plain, quick = (logits_and_features(each, pictures, form, wanted) for each, form in ((model, CPU), (net, runtime)))
    for one, other in zip(plain, quick, strict=True):
        torch.testing.assert_close(other, one, rtol=0, atol=TOLERANCE * float(one.abs().max()))
    assert torch.equal(plain[0].argmax(dim=1), quick[0].argmax(dim=1))
    assert all(torch.equal(before[key], tensor) for key, tensor in model.state_dict().items())


def test_features_come_in_the_order_that_was_asked_for() -> None:
    model, pictures = lived("resnet8", 32), Drawn(300, 32)  # more than one batch
    wanted = torch.tensor([299, 3, 150, 0])
    _, all_of_them = logits_and_features(model, pictures, CPU, torch.arange(300))
    _, some = logits_and_features(model, pictures, CPU, wanted)
    torch.testing.assert_close(some, all_of_them[wanted])


class Undecided(nn.Module):
    """Its way depends on the picture: it cannot be traced."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        means = x.mean(dim=(2, 3))
        outputs: Tensor = self.head(means if means.sum() > 0 else -means)
        return outputs


class Tidal(nn.Module):
    """It computes otherwise than its modules say when they are taken out of it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.head = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3), nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        share = 0.0 if isinstance(x, torch.fx.Proxy) else 1.0
        outputs: Tensor = self.head(self.norm(self.conv(x)).mean(dim=(2, 3)) + share)
        return outputs


@pytest.mark.parametrize("model", [Undecided(), Tidal()])
def test_what_cannot_be_fused_is_read_as_it_is(model: nn.Module) -> None:
    assert fused(model, CPU, torch.randn(1, 3, 4, 4)) == (model, CPU)


def test_sixteen_bits_are_left_alone() -> None:
    runtime = Runtime(torch.device("cpu"), bf16=True, channels_last=True)
    model = build("resnet8", 5)
    assert fused(model, runtime, torch.randn(1, 3, 32, 32)) == (model, runtime)
