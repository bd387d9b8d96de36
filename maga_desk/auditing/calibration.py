"""Calibration: whether a net that is sure is right as often as it says."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from maga_desk.auditing.intervals import SEED, interval
from maga_desk.domain.results import Figure

BINS, FEWEST = 15, 20
_ROUNDS = 200


def calibration_error(outputs: Tensor, labels: Tensor) -> Figure | None:
    """Expected calibration error of the predicted class, in points (Guo et al. 2017, arXiv 1706.04599).

    Pictures are put into 15 bins of equal width by the largest probability; over the bins, the share of pictures times
    the distance between accuracy and mean probability is summed. The interval is that of the basic bootstrap over
    pictures, as bins of few pictures make the figure too large, and of resampled pictures larger still; not below 0.

    :param outputs: logits ``(n, K)``; ``labels`` ``(n,)``. ``None`` with fewer than 20 pictures.
    """
    count = len(labels)
    if count < FEWEST:
        return None
    sure, answers = torch.softmax(outputs.double(), dim=1).max(dim=1)
    over = (answers == labels).double().numpy() - sure.numpy()  # right or not, less how sure
    place = np.minimum((sure.numpy() * BINS).astype(np.int64), BINS - 1)
    by_bin = np.zeros((count, BINS))
    by_bin[np.arange(count), place] = over
    found = 100 * float(np.abs(by_bin.sum(axis=0)).sum()) / count
    draws = np.random.default_rng(SEED).multinomial(count, np.full(count, 1 / count), _ROUNDS)
    low, high = interval(100 * np.abs(draws @ by_bin).sum(axis=1) / count)
    return Figure(found, max(0.0, 2 * found - high), max(0.0, 2 * found - low), count)
