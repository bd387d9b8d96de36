"""The control: no opinion."""

from __future__ import annotations

import numpy as np

from maga_desk.domain.choices import ProposerInfo
from maga_desk.guidance.proposer import Proposer, Scores, at_once
from maga_desk.guidance.question import Question


def uniform(question: Question) -> Scores:
    """Every class is equally alike: ``(K, K)``."""
    return np.ones((len(question.pictures.classes),) * 2)


PROPOSER = Proposer(
    ProposerInfo(
        name="uniform",
        title="Uniform (control)",
        summary="No opinion: every other class is equally alike. A baseline.",
        why="every other class is equally alike, as a control",
    ),
    at_once(uniform),
)
