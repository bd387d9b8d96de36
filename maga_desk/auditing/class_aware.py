"""The class-aware attack: do forgotten pictures hide among their neighbours as they would after retraining?

A net that relabels a class to a similar one changes *where* its pictures go and how surely. Classifiers are trained on
a retrained net's probabilities to tell pictures of what was forgotten from pictures of the classes that it takes them
for, and are then tried on the judged net. If its probabilities are distributed like the retrained net's, the
classifiers do as well there as on other pictures of the retrained net; both more and less give the unlearning away.
After the attack by nearest neighbours of Ebrahimpour-Boroojeny et al. (TREW, arXiv 2506.20893).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from maga_desk.auditing.intervals import SEED
from maga_desk.domain.evenly import evenly_placed

Hits = NDArray[np.bool_]
Values = NDArray[np.float64]

NEIGHBOURS = 3
_LEAST_SHARE = 0.05  # of the forgotten pictures that a neighbour gets at least
_LEAST_PICTURES = 10
_LOWEST = -20.0  # log-probabilities below mean the same: never


def class_aware_attack(
    taught: Tensor, tried: Tensor, forgotten: NDArray[np.bool_], labels: NDArray[np.int64], gone: tuple[int, ...]
) -> Hits | None:
    """Whether the attack is right about each of the tried pictures, forgotten and neighbours in balance: ``(k,) bool``.

    ``None`` where the retrained net has no neighbour to speak of, or too few pictures are there. All pictures are test
    pictures, which no net was trained on.

    :param taught: the retrained net's logits ``(m, K)``, on which the classifiers learn (a half of the pictures).
    :param tried: the judged net's logits ``(m, K)`` on the same pictures; the retrained net itself may be judged.
    :param forgotten: ``(m,)`` which of them show what was forgotten; ``labels``: ``(m,)`` their classes.
    :param gone: classes that were forgotten wholly; their logits are not looked at.
    """
    kept = [label for label in range(taught.shape[1]) if label not in gone]
    learn = np.random.default_rng(SEED).random(len(labels)) < 0.5
    teacher, judged = (_log_probabilities(outputs, kept) for outputs in (taught, tried))
    taken_for = np.array(kept)[teacher.argmax(axis=1)]
    results = []
    for neighbour in _neighbours(taken_for[forgotten], kept):
        among = forgotten | (labels == neighbour) & ~forgotten
        parts = [np.flatnonzero(among & half) for half in (learn, ~learn)]
        if any(min(forgotten[part].sum(), (~forgotten[part]).sum()) < _LEAST_PICTURES for part in parts):
            continue
        attack = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
        attack.fit(teacher[parts[0]], forgotten[parts[0]])
        results.append(_balanced(attack.predict(judged[parts[1]]) == forgotten[parts[1]], forgotten[parts[1]]))
    return np.concatenate(results) if results else None


def _neighbours(taken_for: NDArray[np.int64], kept: list[int]) -> list[int]:
    """The classes that most forgotten pictures are taken for."""
    shares = [(float((taken_for == label).mean()), label) for label in kept]
    return [label for part, label in sorted(shares, reverse=True)[:NEIGHBOURS] if part >= _LEAST_SHARE]


def _balanced(right: Hits, forgotten: Hits) -> Hits:
    """As many of the forgotten as of the others, evenly spread."""
    count = min(int(forgotten.sum()), int((~forgotten).sum()))
    sides = [right[side][evenly_placed(int(side.sum()), count)] for side in (forgotten, ~forgotten)]
    return np.concatenate(sides)


def _log_probabilities(outputs: Tensor, kept: list[int]) -> Values:
    logs = torch.log_softmax(outputs[:, kept].double(), dim=1)
    return logs.clamp(min=_LOWEST).numpy()
