"""The classifier's softmax."""

from __future__ import annotations

import numpy as np
import torch

from maga_desk.domain.choices import ProposerInfo
from maga_desk.guidance.proposer import Proposer, Scores, at_once
from maga_desk.guidance.question import Question
from maga_desk.models.inference import logits


def classifier_view(question: Question) -> Scores:
    """Mean softmax, at the guidance's temperature, of each class's pictures: ``(K, K)``."""
    scores = np.zeros((len(question.pictures.classes),) * 2)
    for row in question.rows:
        outputs = logits(
            question.model, question.pictures.train, question.runtime, question.of_class(row), question.control
        )
        scores[row] = torch.softmax(outputs / question.guidance.temperature, dim=1).double().mean(dim=0).numpy()
    return scores


PROPOSER = Proposer(
    ProposerInfo(
        name="classifier",
        title="Classifier's softmax",
        summary="Likeness as the classifier sees it: its mean softened prediction for every class.",
        why="the matrix is the classifier's own mean prediction for pictures of {true}",
        fields=("temperature",),
    ),
    at_once(classifier_view),
)
