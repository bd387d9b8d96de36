"""Fragment-Absorb: MaGA's positive and negative feature noise, optimised against the frozen original.

The positive noise supports the perturbing label, N+ = argmin CE(f(N), y~) + l |N|^2; the negative noise opposes the
true label, N- = argmin -CE(f(N), y) + l |N|^2. Both have the shape of a picture. The loss contains the noise alone, so
N+ depends on the perturbing label only and N- on the true label only: one bank of noises per label serves every pair.
The conditioned form is made for one picture: it optimises x + N, with every pixel of N within a bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maga_desk.domain.control import RunControl
from maga_desk.models.families.registry import channels_of
from maga_desk.models.inference import evaluating
from maga_desk.models.runtime import Runtime

_START = 0.5  # standard deviation of the initial noise, in normalised pixel units
_NEGATIVE_CAP = 20.0  # of the cross-entropy that negative noise raises; beyond it there is no gradient
_LARGEST = 2.0  # absolute value of a pixel of the finished noise, in normalised units


@dataclass(frozen=True)
class NoiseRecipe:
    """How a bank is made (defaults from our trials), and its weight in the picture that it is added to."""

    members: int = 8
    steps: int = 30
    lr: float = 0.1
    l2: float = 1e-4
    weight: float = 1.0


@dataclass(frozen=True)
class Bank:
    """Noises for L distinct labels, already multiplied by their weight.

    :param labels: the labels, ascending.
    :param noises: ``(L, members, 3, H, W) float32``.
    :param row_of: ``(n,) int64``: which label's noises belong to each of n pictures.
    """

    labels: tuple[int, ...]
    noises: Tensor
    row_of: Tensor

    def draw(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """A random noise ``(b, 3, H, W)`` of its label for each of the pictures ``(b,) int64``."""
        member = torch.randint(0, self.noises.shape[1], (len(pictures),), generator=generator)
        return self.noises[self.row_of[pictures], member.to(self.noises.device)]

    def of(self, label: int) -> Tensor:
        """All noises of one label, ``(members, 3, H, W)``."""
        return self.noises[self.labels.index(label)]


def make_bank(
    model: nn.Module,
    wanted: Tensor,
    size: Sequence[int],
    runtime: Runtime,
    recipe: NoiseRecipe,
    generator: torch.Generator,
    *,
    negative: bool,
    control: RunControl,
) -> Bank:
    """Optimise noises for the labels of n pictures, by Adam.

    :param wanted: ``(n,) int64``: the label that each picture's noise is for.
    :param size: height and width in pixels.
    :param negative: raise the label's cross-entropy (up to a cap) rather than lower it.
    :raises Cancelled: between optimiser steps.
    """
    distinct, row_of = torch.unique(wanted.to(runtime.device), return_inverse=True)
    labels = distinct.repeat_interleave(recipe.members)
    channels = channels_of(model)
    start = _START * torch.randn(len(labels), channels, *size, generator=generator)
    noise = start.to(runtime.device).requires_grad_(True)
    optimizer = torch.optim.Adam([noise], lr=recipe.lr)
    with evaluating(model), torch.enable_grad(), without_weight_gradients(model):
        for _ in range(recipe.steps):
            control.checkpoint()
            with runtime.autocast():
                outputs = model(runtime.shape(noise))
            fit = F.cross_entropy(outputs.float(), labels, reduction="none")
            goal = -fit.clamp(max=_NEGATIVE_CAP) if negative else fit
            penalty = recipe.l2 * noise.square().sum(dim=(1, 2, 3))
            optimizer.zero_grad(set_to_none=True)
            (goal + penalty).sum().backward()
            optimizer.step()
    noises = noise.detach().clamp(-_LARGEST, _LARGEST).view(len(distinct), recipe.members, channels, *size)
    return Bank(tuple(distinct.tolist()), recipe.weight * noises, row_of)


def conditioned_noise(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    runtime: Runtime,
    *,
    bound: float,
    negative: bool,
    steps: int = 3,
) -> Tensor:
    """Noise ``(n, 3, H, W) float32`` made for each picture by signed gradient steps.

    :param bound: largest absolute value of a pixel of the noise, in normalised units.
    :param negative: raise the cross-entropy with ``labels`` (the true ones) rather than lower it (the perturbing ones).
    """
    noise = torch.zeros_like(images)
    step = bound if steps == 1 else 2 * bound / steps
    direction = 1.0 if negative else -1.0
    with evaluating(model), torch.enable_grad(), without_weight_gradients(model):
        for _ in range(steps):
            noise.requires_grad_(True)
            with runtime.autocast():
                outputs = model(runtime.shape(images + noise))
            loss = F.cross_entropy(outputs.float(), labels, reduction="sum")
            (gradient,) = torch.autograd.grad(loss, noise)
            noise = (noise.detach() + direction * step * gradient.sign()).clamp(-bound, bound)
    return noise.detach()


@contextmanager
def without_weight_gradients(model: nn.Module) -> Iterator[None]:
    """While open, no gradients are computed for the net's weights, only for what it is given."""
    needed = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    for parameter, _ in needed:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter, before in needed:
            parameter.requires_grad_(before)
