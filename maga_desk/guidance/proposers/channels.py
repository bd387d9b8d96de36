"""Shared channels."""

from __future__ import annotations

import numpy as np

from maga_desk.domain.choices import ProposerInfo
from maga_desk.guidance.proposer import Proposer, Scores, at_once
from maga_desk.guidance.question import Question


def channel_view(question: Question) -> Scores:
    """How many strongly active channels the classes share: ``(K, K)``."""
    return np.nan_to_num(question.entanglement().channels)


PROPOSER = Proposer(
    ProposerInfo(
        name="channels",
        title="Shared channels",
        summary="Entanglement: how many of the strongly active channels the classes share, over all layers.",
        why="the matrix is how many strongly active channels the classes share with {true}",
    ),
    at_once(channel_view),
)
