"""The transition matrix: a proposer's scores, normalised, with a person's cells on top."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np

from maga_desk.domain.choices import ProposerInfo, read_options
from maga_desk.domain.errors import GuidanceError
from maga_desk.domain.events import Event
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.guidance.proposer import Proposing
from maga_desk.guidance.question import Likeness, Question
from maga_desk.guidance.registry import PROPOSERS


def propose_matrix(question: Question) -> Generator[Event, None, tuple[TransitionMatrix, Likeness]]:
    """The proposal of the proposer that the guidance names, with the person's cells on top.

    :raises SpecError: an unknown proposer, or an edit that names an unknown class.
    :raises GuidanceError: a model, an endpoint or a file that cannot give an opinion.
    :raises Cancelled: in between.
    """
    likeness = yield from ask(question)
    classes = question.images.classes
    scores = np.zeros((len(classes), len(classes)))
    scores[list(question.rows)] = likeness.scores[list(question.rows)]
    matrix = TransitionMatrix.from_scores(classes, scores, question.guidance.proposer)
    return matrix.with_edits(question.guidance.matrix_edits), likeness


def ask(question: Question, where: str | None = None) -> Proposing:
    """Put a question to the proposer that its guidance names.

    :param where: the key that names it, for messages.
    :raises SpecError: an unknown proposer, or options that it does not know.
    :raises GuidanceError: it sends pictures away, and no person agreed to that.
    """
    proposer = PROPOSERS.find(question.guidance.proposer, where)
    options = read_options(proposer.info.options, question.guidance.options, "[guidance] options")
    _check_agreed(proposer.info, question)
    return proposer.propose(replace(question, options=options, ask=ask))


def _check_agreed(info: ProposerInfo, question: Question) -> None:
    endpoint = question.guidance.endpoint
    if not info.sends:
        return
    if endpoint.url is None:
        raise GuidanceError("no address is given", where="[guidance.endpoint] url")
    if endpoint.origin not in question.means.agreed:
        raise GuidanceError(
            f"no agreement to send pictures to {endpoint.origin}",
            todo="agree in the window, or with --send-pictures",
        )
