"""Forgetting under constraints: an augmented Lagrangian, projected gradients, and a distance of outputs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def lagrangian(over: Tensor, multiplier: Tensor, penalty: float) -> Tensor:
    """(max(0, l + r c)^2 - l^2) / 2r for c = ``over`` <= 0; l, a buffer, becomes max(0, l + r c)."""
    before = multiplier.clone()
    pressed = (before + penalty * over).clamp_min(0)
    multiplier.copy_(pressed.detach())
    return (pressed.square() - before.square()) / (2 * penalty)


def gaussian_distance(one: Tensor, two: Tensor) -> Tensor:
    """W2 squared of two batches ``(b, K)`` as Gaussians with independent coordinates."""
    means = (one.mean(dim=0) - two.mean(dim=0)).square().sum()
    spreads = [(each.var(dim=0, unbiased=False) + 1e-12).sqrt() for each in (one, two)]
    return means + (spreads[0] - spreads[1]).square().sum()


def projected(mend: Tensor, forgetting: Tensor, weights: Sequence[Tensor]) -> list[Tensor]:
    """The gradient of ``mend`` without what would lower ``forgetting``, by weight."""
    ours = torch.autograd.grad(mend, weights, retain_graph=True, allow_unused=True, materialize_grads=True)
    theirs = torch.autograd.grad(forgetting, weights, retain_graph=True, allow_unused=True, materialize_grads=True)
    along_it = sum(((one * two).sum() for one, two in zip(ours, theirs, strict=True)), torch.zeros(()).to(mend))
    size = sum((each.square().sum() for each in theirs), torch.zeros(()).to(mend)).clamp_min(1e-12)
    share = along_it.clamp_min(0) / size  # a descent along ours lowers forgetting where the product is positive
    return [one - share * two for one, two in zip(ours, theirs, strict=True)]


def along(gradient: Sequence[Tensor], weights: Sequence[Tensor], value: Tensor) -> Tensor:
    """A scalar of this value whose gradient is ``gradient``: what the loop differentiates."""
    total = sum(
        ((one.detach() * weight).sum() for one, weight in zip(gradient, weights, strict=True)), value.detach() * 0
    )
    return total - total.detach() + value.detach()
