"""The critic's loss and its reversed gradient."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from maga_desk.engine.parts.critic import critic_loss


class Plain(nn.Module):
    """A linear critic."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3 + 2, 1)

    def forward(self, features: torch.Tensor, probabilities: torch.Tensor) -> torch.Tensor:
        guesses: torch.Tensor = self.layer(torch.cat([features, probabilities], dim=1)).squeeze(1)
        return guesses


def test_the_critic_descends_and_the_features_get_its_gradient_reversed() -> None:
    torch.manual_seed(0)
    critic = Plain()
    features = torch.randn(8, 3, requires_grad=True)
    outputs = torch.zeros(8, 2)
    loss = critic_loss(critic, features, outputs, 6, 0.5)
    loss.backward()
    reversed_ = features.grad.clone()  # type: ignore[union-attr]
    assert not outputs.requires_grad
    # the same loss written plainly, without reversal
    plain = features.detach().clone().requires_grad_(True)
    guesses = critic(plain * (8 / 3**0.5 / (features.detach().std() + 1e-6)), torch.full((8, 2), 0.5))
    truth = torch.tensor([0.0] * 6 + [1.0] * 2)
    weights = torch.where(truth > 0, 3.0, 1.0)
    expected = (weights * nn.functional.binary_cross_entropy_with_logits(guesses, truth, reduction="none")).mean()
    assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)
    expected.backward()
    torch.testing.assert_close(reversed_, -0.5 * plain.grad)  # type: ignore[operator]
