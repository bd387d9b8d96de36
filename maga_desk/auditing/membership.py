"""Membership inference from one net's outputs: does a picture give away that it was trained on?

*Members* are pictures that were trained on, *non-members* pictures that were not. What counts is never zero, but what
the same attack finds in a retrained net.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
from torch import Tensor

from maga_desk.auditing.intervals import SEED, interval
from maga_desk.domain.results import Figure
from maga_desk.models.evenly import evenly

Scores = NDArray[np.float64]
Hits = NDArray[np.bool_]

_SVC_PICTURES = 2000  # of members and of non-members each: the machine's time grows with their square
_ROUNDS = 300
ONE_PERCENT, ONE_PER_MILLE = 0.01, 0.001


def entropy(outputs: Tensor) -> Tensor:
    """Entropy in nats of the softmax of ``(n, K)`` logits: ``(n,) float64``."""
    logs = torch.log_softmax(outputs.double(), dim=1)
    return -(logs.exp() * logs).sum(dim=1)


def true_log_probability(outputs: Tensor, labels: Tensor) -> Tensor:
    """``(n,) float64``: log-probability of the true label, from logits ``(n, K)``; minus the cross-entropy loss."""
    logs = torch.log_softmax(outputs.double(), dim=1)
    return logs[torch.arange(len(labels)), labels]


def entropy_attack(members: Tensor, non_members: Tensor, forget: Tensor) -> Hits | None:
    """Which forget pictures an attacker on the entropy takes for training pictures: ``(n,) bool``.

    A logistic regression on the entropy of the softmax is fitted to tell members (retain-train logits ``(a, K)``, an
    even spread of as many as there are non-members) from non-members (test logits ``(b, K)``), balanced. ``None``
    without either. As used with Bad Teacher (arXiv 2205.08096) and SSD (arXiv 2308.07707).
    """
    if not len(members) or not len(non_members) or not len(forget):
        return None
    members = evenly(members, len(non_members))
    inside, outside, asked = (entropy(part).numpy().reshape(-1, 1) for part in (members, non_members, forget))
    attack = LogisticRegression(class_weight="balanced", C=1e3)
    attack.fit(np.concatenate([inside, outside]), np.repeat([1, 0], [len(inside), len(outside)]))
    called: Hits = attack.predict(asked) == 1
    return called


def confidence_attack(members: Scores, non_members: Scores, forget: Scores) -> Hits | None:
    """The same by a support vector machine on the probability of the true label, as used with SalUn.

    SVC with C = 3 and a radial kernel (arXiv 2310.12508, its published code), on at most 2,000 of each side.

    :param members: ``(a,)`` probabilities, of retain-train pictures; ``non_members``: of test pictures of what stays.
    """
    if not len(members) or not len(non_members) or not len(forget):
        return None
    count = min(_SVC_PICTURES, len(members), len(non_members))
    inside, outside = (evenly(torch.from_numpy(part), count).numpy() for part in (members, non_members))
    attack = SVC(C=3, kernel="rbf", gamma="auto")
    attack.fit(np.concatenate([inside, outside]).reshape(-1, 1), np.repeat([1, 0], count))
    called: Hits = attack.predict(forget.reshape(-1, 1)) == 1
    return called


@dataclass(frozen=True)
class Roc:
    """What a threshold on a score achieves, in percent: the area under its curve, and how many members it finds while
    1 % or 0.1 % of the non-members are wrongly accused.
    """

    auc: Figure
    tpr_1: Figure
    tpr_01: Figure


def roc(members: Scores, non_members: Scores) -> Roc | None:
    """Tell members ``(n,)`` from non-members ``(m,)`` by a score that should be higher for members; ``None`` without
    either. Ties count half. Intervals are bootstrapped over both sides.
    """
    if not len(members) or not len(non_members):
        return None
    measured = (
        100 * area_under_curve(members, non_members),
        *(100 * found_at(members, non_members, accused) for accused in (ONE_PERCENT, ONE_PER_MILLE)),
    )
    samples = _bootstrapped(members, non_members)
    n = len(members) + len(non_members)
    return Roc(*(Figure(value, *interval(samples[:, i]), n) for i, value in enumerate(measured)))


def area_under_curve(members: Scores, non_members: Scores) -> float:
    """Mann-Whitney: the share of (member, non-member) pairs in which the member scores higher, 0 to 1. Ties count half.

    NaN where a score is.
    """
    if np.isnan(members).any() or np.isnan(non_members).any():
        return float("nan")
    ranked = np.sort(non_members)
    below, not_above = (np.searchsorted(ranked, members, side).sum() for side in ("left", "right"))
    return float((below + not_above) / 2 / (len(members) * len(non_members)))


def found_at(members: Scores, non_members: Scores, accused: float) -> float:
    """Share of members above the lowest threshold that at most a share ``accused`` of the non-members exceeds."""
    allowed = int(accused * len(non_members))
    threshold = np.sort(non_members)[::-1][allowed]
    return float((members > threshold).mean())


def _bootstrapped(members: Scores, non_members: Scores) -> NDArray[np.float64]:
    """``(rounds, 3)``: the curve's three figures, of both sides drawn again with replacement.

    Scores are ranked once. Of a round only how often each was drawn counts, so that nothing is sorted in it.
    """
    rng = np.random.default_rng(SEED)
    values, places = np.unique(np.concatenate([members, non_members]), return_inverse=True)
    sides = places[: len(members)], places[len(members) :]
    samples = np.empty((_ROUNDS, 3))
    for row in samples:
        inside, outside = (
            np.bincount(side[rng.integers(0, len(side), len(side))], minlength=len(values)) for side in sides
        )
        not_above = np.cumsum(outside)
        row[0] = (inside * (2 * not_above - outside)).sum() / 2 / (len(members) * len(non_members))
        for column, accused in enumerate((ONE_PERCENT, ONE_PER_MILLE), start=1):
            allowed = int(accused * len(non_members))
            threshold = np.searchsorted(not_above, len(non_members) - allowed)  # the place of its score
            row[column] = inside[threshold + 1 :].sum() / len(members)
    if np.isnan(values).any():
        samples[:, 0] = np.nan
    return 100 * samples
