"""A matrix from a file."""

from __future__ import annotations

from maga_desk.domain.choices import ProposerInfo
from maga_desk.guidance.matrix_file import read_matrix
from maga_desk.guidance.proposer import Proposer, Scores, at_once
from maga_desk.guidance.question import Question


def from_file(question: Question) -> Scores:
    """What a CSV or JSON file holds: ``(K, K)``."""
    return read_matrix(question.guidance.file, question.images.classes, question.rows)


PROPOSER = Proposer(
    ProposerInfo(
        name="file",
        title="Matrix file",
        summary="Read from a CSV or JSON file.",
        why="the matrix was read from a file",
        fields=("file",),
        needs=("file",),
    ),
    at_once(from_file),
)
