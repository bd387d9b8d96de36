"""A proposer: labels go to the classes that stand next in the list."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from maga_desk.domain.choices import Options, ProposerInfo
from maga_desk.guidance.proposer import Proposer, Scores, at_once
from maga_desk.guidance.question import Question


class NeighbourOptions(Options):
    """Its own keys."""

    distance: int = Field(1, ge=1, le=9, title="Distance", description="How far down the list the label is")


def neighbours(question: Question) -> Scores:
    """All likeness goes to the class that is ``distance`` places further: ``(K, K)``."""
    options = question.options
    assert isinstance(options, NeighbourOptions)
    return np.roll(np.eye(len(question.images.classes)), options.distance, axis=1)


PROPOSER = Proposer(
    ProposerInfo(
        name="neighbour",
        title="Next in the list",
        summary="The class that stands further down the list of classes.",
        why="the matrix gives {true} the class further down the list",
        options=NeighbourOptions,
    ),
    at_once(neighbours),
)
