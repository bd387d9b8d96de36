"""A weighted mean of other proposers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from maga_desk.domain.choices import ProposerInfo
from maga_desk.domain.errors import SpecError
from maga_desk.domain.opinion import Opinion
from maga_desk.guidance.proposer import Proposer, Proposing, Scores
from maga_desk.guidance.question import Likeness, Question

NAME = "mixture"
_WHERE = "[[guidance.mixture]] proposer"


def mixture(question: Question) -> Proposing:
    """The weighted mean of several proposers' normalised rows.

    :raises SpecError: no parts, or a mixture within a mixture.
    """
    guidance = question.guidance
    if not guidance.mixture:
        raise SpecError("the mixture has no parts", where="[[guidance.mixture]]")
    total = sum(part.weight for part in guidance.mixture)
    scores = np.zeros((len(question.images.classes),) * 2)
    opinions: list[Opinion] = []
    for part in guidance.mixture:
        if part.proposer == NAME:
            raise SpecError("a mixture cannot hold a mixture", where=_WHERE)
        likeness = yield from question.ask(replace(question, guidance=guidance.alone(part)), _WHERE)
        scores += part.weight / total * _normalised(likeness.scores)
        opinions += likeness.opinions
    return Likeness(scores, tuple(opinions))


def _normalised(scores: Scores) -> Scores:
    scores = scores.copy()
    np.fill_diagonal(scores, 0)
    sums = scores.sum(axis=1, keepdims=True)
    np.divide(scores, sums, out=scores, where=sums > 0)
    return scores


PROPOSER = Proposer(
    ProposerInfo(
        name=NAME,
        title="Mixture",
        summary="A weighted mean of several of the others.",
        why="the matrix is a weighted mean of several sources",
        fields=("mixture",),
        needs=("mixture",),
        model_help="For the parts that name none themselves",
    ),
    mixture,
)
