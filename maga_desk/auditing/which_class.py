"""Which class was forgotten: can somebody who has the unlearned model alone tell?

Three signs, each for all classes: the size of the class's row in the head, its bias, and how much of the probability
the net gives the class over pictures of all classes in equal numbers. A class that is low in all three stands out. That
the weights and answers of a net tell the class is shown in arXiv 2604.07386; its attacks by inverting the net and by
many queries are not made here.

A net that was retrained without a class shows it too. So the figure is read beside retraining's, as all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from maga_desk.auditing.intervals import SEED, interval
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.results import Figure
from maga_desk.models.evenly import evenly
from maga_desk.models.heads import head_of, head_weight

Values = NDArray[np.float64]

_MOST, _ROUNDS = 2000, 200


def head_signs(model: nn.Module, classes: int) -> Tensor | None:
    """``(K, 2) float64``: length and bias of each class's row of the head; ``None`` where it has no row for each."""
    try:
        head, weight = head_of(model), head_weight(model)
    except CheckpointError:
        return None
    if len(weight) != classes:
        return None
    bias = head.bias if head.bias is not None else torch.zeros(classes)
    return torch.stack([weight.detach().double().norm(dim=1).cpu(), bias.detach().double().cpu()], dim=1)


def rank_of_gone(
    signs: Tensor | None, outputs: Tensor, labels: Tensor, gone: Sequence[int], beside: Sequence[int]
) -> Figure | None:
    """At which place the forgotten class stands when classes are ordered by suspicion, 1 is the first; of several the
    mean. The interval is over the pictures that the probabilities are taken from. ``None`` without pictures.

    :param signs: of :func:`head_signs`; without them the outputs alone tell.
    :param outputs: logits ``(m, K)`` on test pictures of all classes; ``labels`` ``(m,)``.
    :param gone: the forgotten classes; each is ordered among ``beside``, the classes that stay.
    """
    places = evenly(torch.arange(len(labels)), _MOST)
    if not len(places) or not gone or not len(beside):
        return None
    shares = torch.softmax(outputs[places].double(), dim=1).numpy()
    asked = labels[places].numpy()
    fair = 1 / np.bincount(asked, minlength=shares.shape[1])[asked]  # each class counts alike
    fixed = _standard(signs.numpy()) if signs is not None else None
    rng = np.random.default_rng(SEED)
    draws = rng.multinomial(len(places), np.full(len(places), 1 / len(places)), _ROUNDS) * fair
    ranks = [_rank(fixed, _mean(weights, shares), gone, beside) for weights in (fair, *draws)]
    return Figure(ranks[0], *interval(np.array(ranks[1:])), len(places))


def _mean(weights: Values, shares: Values) -> Values:
    found: Values = weights @ shares / weights.sum()
    return found


def _rank(fixed: Values | None, given: Values, gone: Sequence[int], beside: Sequence[int]) -> float:
    columns = [_standard(given[:, None])] if fixed is None else [fixed, _standard(given[:, None])]
    suspicion = -np.concatenate(columns, axis=1).mean(axis=1)
    others = suspicion[list(beside)]
    places = [1 + (others > suspicion[c]).sum() + (others == suspicion[c]).sum() / 2 for c in gone]
    return float(np.mean(places))


def _standard(columns: Values) -> Values:
    """Each column with mean 0 and deviation 1, one that is the same all through as zeros."""
    spread = columns.std(axis=0)
    found: Values = (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return found
