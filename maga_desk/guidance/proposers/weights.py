"""The weights of the classifier's head."""

from __future__ import annotations

from maga_desk.domain.choices import ProposerInfo
from maga_desk.guidance.proposer import Proposer, Scores, at_once
from maga_desk.guidance.question import Question
from maga_desk.models.heads import head_weight
from maga_desk.models.similarity import weight_similarity


def weight_view(question: Question) -> Scores:
    """How alike the rows of the head's weights are (TREW's similarity): ``(K, K)``."""
    return weight_similarity(head_weight(question.model)).double().cpu().numpy()


PROPOSER = Proposer(
    ProposerInfo(
        name="weights",
        title="Head's weights",
        summary="Likeness of the classes' rows in the last layer's weights, without any picture.",
        why="the matrix is how alike the last layer's weights are for {true} and the others",
    ),
    at_once(weight_view),
)
