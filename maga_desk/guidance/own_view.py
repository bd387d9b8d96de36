"""Opinions that need no questioned model: the classifier's own view, and the control that has none."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from maga_desk.guidance.question import Question
from maga_desk.models.entanglement import Entanglement, entanglement
from maga_desk.models.evenly import evenly
from maga_desk.models.heads import head_of
from maga_desk.models.inference import features, logits
from maga_desk.models.similarity import weight_similarity

EXEMPLARS = 256  # pictures of a class that stand for it
_CENTROID_TEMPERATURE = 0.1

Scores = NDArray[np.float64]


def classifier_view(question: Question) -> Scores:
    """Mean softmax, at the guidance's temperature, of each class's exemplars: ``(K, K)``."""
    scores = np.zeros((len(question.pictures.classes),) * 2)
    for row in question.rows:
        outputs = logits(
            question.model, question.pictures.train, question.runtime, _exemplars(question, row), question.control
        )
        scores[row] = torch.softmax(outputs / question.guidance.temperature, dim=1).double().mean(dim=0).numpy()
    return scores


def centroid_likeness(question: Question) -> Scores:
    """Softmax (at 0.1) of the cosines between class centroids of centred penultimate features: ``(K, K)``."""
    centroids = torch.stack(
        [
            features(question.model, question.pictures.train, question.runtime, exemplars, question.control).mean(dim=0)
            if len(exemplars := _exemplars(question, label))
            else torch.full((_width(question),), torch.nan)
            for label in range(len(question.pictures.classes))
        ]
    )
    known = ~centroids.isnan().any(dim=1)
    centred = nn.functional.normalize(centroids - centroids[known].mean(dim=0), dim=1)
    cosines = (centred @ centred.T).double()
    cosines[:, ~known] = -torch.inf
    cosines.fill_diagonal_(-torch.inf)
    return torch.softmax(cosines / _CENTROID_TEMPERATURE, dim=1).nan_to_num(0).numpy()


def subspace_view(question: Question) -> Scores:
    """How far the main directions of the classes' features coincide: ``(K, K)``."""
    return np.nan_to_num(_measured(question).subspaces)


def channel_view(question: Question) -> Scores:
    """How many strongly active channels the classes share: ``(K, K)``."""
    return np.nan_to_num(_measured(question).channels)


def _measured(question: Question) -> Entanglement:
    labels = question.pictures.train.labels.cpu()
    return entanglement(
        question.model,
        question.pictures.train,
        labels,
        len(question.pictures.classes),
        question.runtime,
        question.control,
    )


def weight_view(question: Question) -> Scores:
    """How alike the classifier's head takes the classes to be, by its weights alone (TREW's similarity): ``(K, K)``."""
    return weight_similarity(head_of(question.model).weight).double().cpu().numpy()


def uniform(question: Question) -> Scores:
    """Everything is equally alike: the control, ``(K, K)``."""
    return np.ones((len(question.pictures.classes),) * 2)


def _exemplars(question: Question, label: int) -> Tensor:
    """Positions of at most ``EXEMPLARS`` training pictures of a class, evenly spread: ``(n,) int64``."""
    positions = (question.pictures.train.labels.cpu() == label).nonzero().squeeze(1)
    return evenly(positions, EXEMPLARS)


def _width(question: Question) -> int:
    return int(features(question.model, question.pictures.train, question.runtime, torch.tensor([0])).shape[1])
