"""A linear probe in closed form: which of the known classes a picture's features would be taken for.

Linear discriminant analysis with one covariance for all classes: ``logit_j(x) = m_j' S^-1 x - m_j' S^-1 m_j / 2``, m_j
being the class's mean and S the covariance within classes. Under the model in which a softmax layer is exact (Lee et
al. 2018, arXiv 1807.03888) this is that layer, without a training that would want steps and rates. S is shrunk towards
a multiple of the identity by Ledoit and Wolf's formula (2004), as there are seldom more pictures than features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.errors import GuidanceError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FeatureProbe:
    """A linear layer over C known classes.

    :param known: ``(C,) int64``, which of the K classes.
    """

    known: NDArray[np.int64]
    weight: Floats
    bias: Floats

    def shares(
        self, features: NDArray[np.float32], rows: NDArray[np.int64], classes: int, temperature: float
    ) -> Floats:
        """``(n, K)``: softmax over the known classes but each picture's own; sums to one, or to zero where none is.

        :param rows: ``(n,)``, the class that each picture may not be taken for.
        """
        logits = np.full((len(features), classes), -np.inf)
        logits[:, self.known] = (features.astype(np.float64) @ self.weight.T + self.bias) / temperature
        logits[np.arange(len(rows)), rows] = -np.inf
        top = logits.max(axis=1, keepdims=True)
        found = np.exp(logits - np.where(np.isfinite(top), top, 0))
        total = found.sum(axis=1, keepdims=True)
        shares: Floats = np.divide(found, total, out=np.zeros_like(found), where=total > 0)
        return shares


def fit_probe(features: NDArray[np.float32], labels: NDArray[np.int64]) -> FeatureProbe:
    """:param features: ``(n, D)``; ``labels`` ``(n,)``.

    :raises GuidanceError: the features are the same for all pictures.
    """
    from sklearn.covariance import ledoit_wolf

    known, places = np.unique(labels, return_inverse=True)
    wide = features.astype(np.float64)
    means = np.stack([wide[places == place].mean(axis=0) for place in range(len(known))])
    within = wide - means[places]
    scale = float(np.square(wide - wide.mean(axis=0)).mean())
    if not scale > 0:
        raise GuidanceError("the encoder's features are the same for every picture")
    covariance, _ = ledoit_wolf(within, assume_centered=True)
    covariance[np.diag_indices_from(covariance)] += 1e-6 * scale  # where every class is one point
    weight = np.linalg.solve(covariance, means.T).T
    return FeatureProbe(known, weight, -0.5 * (weight * means).sum(axis=1))


def halves_accuracy(features: NDArray[np.float32], labels: NDArray[np.int64]) -> float | None:
    """Percent of every second picture that a probe of the others reads rightly; ``None`` with too few pictures."""
    first = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        first[np.flatnonzero(labels == label)[::2]] = True
    known = np.isin(labels, np.unique(labels[~first])) & ~first
    if not known.any():
        return None
    probe = fit_probe(features[first], labels[first])
    answers = probe.known[(features[known].astype(np.float64) @ probe.weight.T + probe.bias).argmax(axis=1)]
    return float(100 * (answers == labels[known]).mean())
