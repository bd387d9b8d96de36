"""What the pair of the old and the new model tells about people who *stay*.

Unlearning moves the outputs of retained pictures as well. Whoever has both models sees how, and may tell retained
training pictures from pictures that neither model saw better than by one model alone (TC-UMIA, arXiv 2605.01129). The
same attack is made here with the outputs of one model and of both; what both add is the price of handing out both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from torch import Tensor

from maga_desk.auditing.intervals import SEED, interval
from maga_desk.auditing.membership import area_under_curve, entropy, true_log_probability
from maga_desk.auditing.shadow_attacks import confidence_logit
from maga_desk.domain.results import Figure
from maga_desk.models.evenly import evenly

Values = NDArray[np.float64]

PICTURES, LEAST = 1000, 20
"""Pictures of each side, at most, and the fewest that the attack is tried with."""

_ROUNDS, _LOWEST = 200, -30.0


@dataclass(frozen=True)
class Sides:
    """One model's logits on training pictures that stay ``(n, K)`` and on unseen ones ``(m, K)``, with their labels."""

    members: Tensor
    members_labels: Tensor
    others: Tensor
    others_labels: Tensor

    def signs(self) -> Values:
        """``(n + m, 3)``: log-odds of the true label, entropy, and the largest log-probability."""
        outputs = torch.cat([self.members, self.others])
        true = true_log_probability(outputs, torch.cat([self.members_labels, self.others_labels])).clamp(min=_LOWEST)
        largest = torch.log_softmax(outputs.double(), dim=1).amax(dim=1)
        return np.column_stack([confidence_logit(true.numpy()), entropy(outputs).numpy(), largest.numpy()])


@dataclass(frozen=True)
class Told:
    """How well members are told from others, in percent: the area under the curve, and what the pair adds to the better
    of the two models alone, in points; ``gain`` is ``None`` of one model.
    """

    auc: Figure
    gain: Figure | None


def sides_of(train: Tensor, test: Tensor, train_labels: Tensor, test_labels: Tensor) -> Sides:
    """:param train: logits ``(n, K)`` of the training pictures that stay; ``test`` ``(m, K)`` of test pictures."""
    members, others = (evenly(torch.arange(len(each)), PICTURES) for each in (train, test))
    return Sides(train[members], train_labels[members], test[others], test_labels[others])


def told_by(old: Sides, new: Sides | None) -> Told | None:
    """The attack by both models, or by the old one alone. ``None`` with too few pictures.

    A logistic regression on the signs of each model and their products two by two, fitted on each half of the pictures
    and tried on the other. Intervals are bootstrapped over both sides, the gain's by the same draws for all attacks.
    """
    n, m = len(old.members), len(old.others)
    if min(n, m) < LEAST:
        return None
    is_member = np.repeat([True, False], [n, m])
    one = old.signs()
    scores = [_scores(one, is_member)]
    if new is not None:
        two = new.signs()
        scores += [_scores(two, is_member), _scores(np.hstack([one, two, np.abs(one - two)]), is_member)]
    rng = np.random.default_rng(SEED)
    draws = [(rng.integers(0, n, n), rng.integers(n, n + m, m)) for _ in range(_ROUNDS)]
    found = np.array([[_area(each, inside, outside) for each in scores] for inside, outside in draws])
    whole = [_area(each, np.arange(n), np.arange(n, n + m)) for each in scores]
    auc = Figure(whole[-1], *interval(found[:, -1]), n + m)
    if new is None:
        return Told(auc, None)
    gains = found[:, 2] - found[:, :2].max(axis=1)
    return Told(auc, Figure(whole[2] - max(whole[:2]), *interval(gains), n + m))


def _scores(signs: Values, is_member: NDArray[np.bool_]) -> Values:
    """``(n + m,)``: log-odds of being a member, by the half that a picture is not in."""
    half = np.random.default_rng(SEED).random(len(signs)) < 0.5
    found = np.zeros(len(signs))
    for learn in (half, ~half):
        attack = make_pipeline(
            StandardScaler(), PolynomialFeatures(2, include_bias=False), StandardScaler(),
            LogisticRegression(class_weight="balanced", C=0.1, max_iter=300, tol=1e-3),
        )  # fmt: skip
        attack.fit(signs[learn], is_member[learn])
        found[~learn] = attack.decision_function(signs[~learn])
    return found


def _area(scores: Values, inside: NDArray[np.int64], outside: NDArray[np.int64]) -> float:
    return 100 * area_under_curve(scores[inside], scores[outside])
