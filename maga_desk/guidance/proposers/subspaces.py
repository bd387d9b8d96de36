"""Shared feature subspaces."""

from __future__ import annotations

import numpy as np

from maga_desk.domain.choices import ProposerInfo
from maga_desk.guidance.proposer import Proposer, Scores, at_once
from maga_desk.guidance.question import Question


def subspace_view(question: Question) -> Scores:
    """How far the main directions of the classes' features coincide: ``(K, K)``."""
    return np.nan_to_num(question.entanglement().subspaces)


PROPOSER = Proposer(
    ProposerInfo(
        name="subspaces",
        title="Shared subspaces",
        summary="Entanglement: how far the main directions of the classes' features coincide.",
        why="the matrix is how far the main feature directions of the classes are {true}'s as well",
    ),
    at_once(subspace_view),
)
