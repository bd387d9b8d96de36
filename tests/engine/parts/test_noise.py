"""The noise pair does what its names say."""

from __future__ import annotations

from typing import Any

import torch

from maga_desk.domain.control import RunControl
from maga_desk.engine.parts.noise import NoiseRecipe, conditioned_noise, make_bank, without_weight_gradients


def bank_of(workspace: Any, wanted: torch.Tensor, *, negative: bool, **recipe: Any) -> Any:
    return make_bank(
        workspace.model, wanted, (16, 16), workspace.runtime, NoiseRecipe(steps=30, **recipe),
        torch.Generator().manual_seed(0), negative=negative, control=RunControl(),
    )  # fmt: skip


def confidence(workspace: Any, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return torch.softmax(workspace.model(images), 1)[torch.arange(len(labels)), labels]


def test_positive_noise_gathers_its_label_and_negative_noise_avoids_it(tiny_workspace: Any) -> None:
    wanted = torch.tensor([1, 3, 1])
    positive = bank_of(tiny_workspace, wanted, negative=False)
    negative = bank_of(tiny_workspace, wanted, negative=True)
    assert positive.labels == (1, 3)
    assert positive.noises.shape == (2, 8, 3, 16, 16)
    assert positive.row_of.tolist() == [0, 1, 0]
    start = torch.randn(8, 3, 16, 16, generator=torch.Generator().manual_seed(5)) / 2
    for label in (1, 3):
        labels = torch.full((8,), label)
        untouched = confidence(tiny_workspace, start, labels).mean()
        assert confidence(tiny_workspace, positive.of(label), labels).mean() > untouched + 0.2
        assert confidence(tiny_workspace, negative.of(label), labels).mean() < min(0.05, float(untouched))


def test_noise_is_bounded_weighted_and_drawn_by_picture(tiny_workspace: Any) -> None:
    bank = bank_of(tiny_workspace, torch.tensor([2, 0]), negative=False, weight=0.5)
    assert bank.noises.abs().max() <= 1.0  # clamped to 2, times the weight
    drawn = bank.draw(torch.tensor([0, 1, 0]), torch.Generator().manual_seed(1))
    assert any(torch.equal(drawn[0], member) for member in bank.of(2))
    assert any(torch.equal(drawn[1], member) for member in bank.of(0))


def test_conditioned_noise_stays_within_its_bound_and_moves_the_prediction(tiny_workspace: Any) -> None:
    train = tiny_workspace.pictures.train
    images, labels = train.batch(torch.arange(0, 240, 12)), train.labels[::12]
    noise = conditioned_noise(tiny_workspace.model, images, labels, tiny_workspace.runtime, bound=0.25, negative=True)
    assert noise.abs().max() <= 0.25
    before, after = (confidence(tiny_workspace, pictures, labels).mean() for pictures in (images, images + noise))
    assert after < before - 0.1


def test_the_net_is_left_as_it_was(tiny_workspace: Any) -> None:
    model = tiny_workspace.model
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    bank_of(tiny_workspace, torch.tensor([0]), negative=True)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(parameter.grad is None for parameter in model.parameters())
    with without_weight_gradients(model):
        assert not any(parameter.requires_grad for parameter in model.parameters())
