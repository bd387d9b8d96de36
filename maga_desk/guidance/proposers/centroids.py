"""Feature centroids."""

from __future__ import annotations

import torch
from torch import nn

from maga_desk.domain.choices import ProposerInfo
from maga_desk.guidance.proposer import Proposer, Scores, at_once
from maga_desk.guidance.question import Question
from maga_desk.models.inference import features

_TEMPERATURE = 0.1


def centroid_likeness(question: Question) -> Scores:
    """Softmax (at 0.1) of the cosines between class centroids of centred penultimate features: ``(K, K)``."""
    centroids = torch.stack(
        [
            features(question.model, question.pictures.train, question.runtime, exemplars, question.control).mean(dim=0)
            if len(exemplars := question.of_class(label))
            else torch.full((_width(question),), torch.nan)
            for label in range(len(question.pictures.classes))
        ]
    )
    known = ~centroids.isnan().any(dim=1)
    centred = nn.functional.normalize(centroids - centroids[known].mean(dim=0), dim=1)
    cosines = (centred @ centred.T).double()
    cosines[:, ~known] = -torch.inf
    cosines.fill_diagonal_(-torch.inf)
    return torch.softmax(cosines / _TEMPERATURE, dim=1).nan_to_num(0).numpy()


def _width(question: Question) -> int:
    return int(features(question.model, question.pictures.train, question.runtime, torch.tensor([0])).shape[1])


PROPOSER = Proposer(
    ProposerInfo(
        name="centroids",
        title="Feature centroids",
        summary="Likeness of the classes' mean features, just before the last layer.",
        why="the matrix is how near the mean features of the classes are to {true}'s",
    ),
    at_once(centroid_likeness),
)
