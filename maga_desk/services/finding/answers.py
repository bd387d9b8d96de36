"""What a model says of some pictures, from the logits that are there of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Positions = NDArray[np.int64]


def answers_at(
    logits: Tensor, labels: Positions, positions: Positions
) -> tuple[Positions, NDArray[np.float64], NDArray[np.float64]]:
    """Of each, the class that is named, how sure that is in percent, and the cross-entropy of the true class.

    :param logits: ``(N, K)``; only those that are asked for are looked at.
    :param labels: ``(N,)``.
    :param positions: ``(n,)``.
    :returns: three ``(n,)``.
    """
    import torch

    given = logits[torch.from_numpy(positions).to(logits.device)].double().log_softmax(dim=1).cpu().numpy()
    named = given.argmax(axis=1).astype(np.int64)
    rows = np.arange(len(positions))
    return named, 100 * np.exp(given[rows, named]), -given[rows, labels[positions]]
