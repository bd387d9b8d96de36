"""Random changes of training pictures, drawn anew for each: flips, shifts, resized crops, and mixtures of two."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from maga_desk.domain.specs.recipe import Augmentation

_AREA, _RATIO = (0.08, 1.0), (3 / 4, 4 / 3)  # of resized crops, as torchvision's RandomResizedCrop has them


def augment(images: Tensor, generator: torch.Generator, how: Augmentation = "shift") -> Tensor:
    """Pictures changed at random, each in its own way.

    :param images: ``(n, C, H, W) float32``; what a shift uncovers is filled with zero, the mean colour.
    :param generator: a CPU generator; draws are made there so that a seed means the same on every device.
    """
    if how == "none":
        return images
    if how == "crop":
        return cropped(images, generator)
    return moved(images, drawn_moves(len(images), images.shape[2], generator, how))


Moves = tuple[Tensor, Tensor]
"""How pictures are shifted, ``(2, n) int64`` down and right from the farthest up and left; flipped, ``(n,) bool``."""


def drawn_moves(count: int, height: int, generator: torch.Generator, how: Augmentation = "shift") -> Moves:
    """Draws for :func:`moved`; without shifts where ``how`` is ``flip``. Crops are no moves: shifts stand for them."""
    shifts = torch.randint(0, 2 * _reach(height) + 1, (2, count), generator=generator)
    if how == "flip":
        shifts = torch.full_like(shifts, _reach(height))
    return shifts, torch.rand(count, generator=generator) < 0.5


def _reach(height: int) -> int:
    return max(1, height // 8)


def moved(images: Tensor, moves: Moves) -> Tensor:
    """Pictures ``(n, 3, H, W) float32`` shifted and flipped as drawn."""
    count, channels, height, width = images.shape
    (draws, flips), reach = moves, _reach(height)
    padded = F.pad(images, (reach, reach, reach, reach))
    down, right = draws.to(images.device)
    rows = down.view(-1, 1) + torch.arange(height, device=images.device)
    columns = torch.arange(width, device=images.device).expand(count, width)
    columns = torch.where(flips.to(images.device).view(-1, 1), width - 1 - columns, columns) + right.view(-1, 1)
    flat = (rows.unsqueeze(2) * (width + 2 * reach) + columns.unsqueeze(1)).view(count, 1, -1)
    gathered = padded.flatten(2).gather(2, flat.expand(count, channels, -1))
    return gathered.view(count, channels, height, width)


def cropped(images: Tensor, generator: torch.Generator) -> Tensor:
    """Random parts of pictures ``(n, C, H, W) float32`` in their size, half of them flipped: area, form and place as
    torchvision's ``RandomResizedCrop`` draws them, bilinear.
    """
    count, (height, width) = len(images), images.shape[2:]
    drawn = torch.rand((5, count), generator=generator)
    area = _AREA[0] + (_AREA[1] - _AREA[0]) * drawn[0]
    ratio = torch.exp(math.log(_RATIO[0]) + (math.log(_RATIO[1]) - math.log(_RATIO[0])) * drawn[1])
    # shares of the picture's sides
    wide = (area * ratio * height / width).sqrt().clamp(max=1)
    high = (area / ratio * width / height).sqrt().clamp(max=1)
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = torch.where(drawn[4] < 0.5, -wide, wide)
    theta[:, 1, 1] = high
    theta[:, 0, 2] = (2 * drawn[2] - 1) * (1 - wide)
    theta[:, 1, 2] = (2 * drawn[3] - 1) * (1 - high)
    grid = F.affine_grid(theta.to(images.device), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def blended(images: Tensor, generator: torch.Generator, mixup: float, cutmix: float) -> tuple[Tensor, Tensor, float]:
    """Each picture of a batch mixed with another: by mixup (Zhang et al. 2018) or CutMix (Yun et al. 2019), one of
    them drawn where both are wanted.

    :param mixup: alpha of the Beta distribution; 0: none. ``cutmix`` likewise.
    :returns: the pictures, the position of the other one ``(n,) int64``, and the share of the first.
    """
    by_cut = cutmix > 0 and (mixup == 0 or bool(torch.rand((), generator=generator) < 0.5))
    alpha = torch.full((2,), cutmix if by_cut else mixup, dtype=torch.float64)
    gammas = torch._standard_gamma(alpha, generator=generator)
    share = float(gammas[0] / gammas.sum().clamp(min=1e-300))
    other = torch.randperm(len(images), generator=generator)
    paired = images[other.to(images.device)]
    if not by_cut:
        return share * images + (1 - share) * paired, other, share
    height, width = images.shape[2:]
    side = math.sqrt(1 - share)
    middle = torch.rand(2, generator=generator)
    (top, bottom), (left, right) = (
        (round(max(0.0, float(at) * size - side * size / 2)), round(min(size, float(at) * size + side * size / 2)))
        for at, size in zip(middle, (height, width), strict=True)
    )
    mixed = images.clone()
    mixed[:, :, top:bottom, left:right] = paired[:, :, top:bottom, left:right]
    return mixed, other, 1 - (bottom - top) * (right - left) / (height * width)
