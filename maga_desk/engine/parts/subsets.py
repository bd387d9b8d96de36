"""Random subsets of the retain set."""

from __future__ import annotations

import torch
from torch import Tensor

from maga_desk.data.batches import step_generator
from maga_desk.engine.inputs import RunInputs


def kept_share(inputs: RunInputs, share: float) -> Tensor:
    """``(m,) int64``: a random share of the retain positions, at least one of them."""
    positions = inputs.retain_indices
    return some(inputs, positions, max(1, round(share * len(positions))))


def per_class(inputs: RunInputs, count: int) -> Tensor:
    """``(m,) int64``: at most ``count`` random retain positions of each class."""
    positions = inputs.retain_indices
    positions = positions[torch.randperm(len(positions), generator=step_generator(inputs.seed, -1))]
    labels = inputs.pictures.train.labels.cpu()[positions]
    return torch.cat([positions[labels == label][:count] for label in range(inputs.classes)]).sort().values


def some(inputs: RunInputs, positions: Tensor, count: int) -> Tensor:
    """``(m,) int64``: at most ``count`` of the positions ``(n,) int64``, at random."""
    order = torch.randperm(len(positions), generator=step_generator(inputs.seed, -1))
    return positions[order[:count]].sort().values
