"""Who proposes the transition matrix: one interface, a registry of those that are there.

A proposer scores how alike every class is to the classes that lose pictures; the matrix normalises the scores.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.errors import GuidanceError, SpecError
from maga_desk.domain.events import Event
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.guidance.askers.asking import Asker
from maga_desk.guidance.askers.clip import Encoder, over_others
from maga_desk.guidance.askers.endpoint import Endpoint
from maga_desk.guidance.askers.mllm import LocalModel
from maga_desk.guidance.matrix_file import read_matrix
from maga_desk.guidance.own_view import (
    centroid_likeness,
    channel_view,
    classifier_view,
    subspace_view,
    uniform,
    weight_view,
)
from maga_desk.guidance.question import Likeness, Question
from maga_desk.guidance.questioning import likeness_of, questioned

Proposing = Generator[Event, None, Likeness]
Proposer = Callable[[Question], Proposing]


def propose_matrix(question: Question) -> Generator[Event, None, tuple[TransitionMatrix, Likeness]]:
    """The proposal of the proposer that the guidance names, with the person's cells on top.

    :raises SpecError: an unknown proposer, or an edit that names an unknown class.
    :raises GuidanceError: a model, an endpoint or a file that cannot give an opinion.
    :raises Cancelled: in between.
    """
    name = question.guidance.proposer
    likeness = yield from _proposer(name)(question)
    classes = question.images.classes
    scores = np.zeros((len(classes), len(classes)))
    scores[list(question.rows)] = likeness.scores[list(question.rows)]
    matrix = TransitionMatrix.from_scores(classes, scores, name).with_edits(question.guidance.matrix_edits)
    return matrix, likeness


def ask_mllm(question: Question) -> Proposing:
    """True/False questions to a local multimodal model."""
    return _asked(question, "mllm", LocalModel(question.guidance, question.runtime.device))


def ask_endpoint(question: Question) -> Proposing:
    """The same questions to an OpenAI-compatible endpoint, once a person agreed to send pictures there.

    :raises GuidanceError: nobody agreed.
    """
    endpoint, means = question.guidance.endpoint, question.means
    if endpoint.url is None:
        raise GuidanceError("no address is given", where="[guidance.endpoint] url")
    if endpoint.origin not in means.agreed:
        raise GuidanceError(
            f"nobody agreed that pictures are sent to {endpoint.origin}",
            todo="agree in the window, or with --send-pictures",
        )
    asker = Endpoint(endpoint, question.guidance.model, means.key(endpoint.origin), loop=means.loop)
    return _asked(question, "endpoint", asker)


def ask_encoder(question: Question) -> Proposing:
    """Softmax over the other classes of the similarity between an exemplar and the classes' captions."""
    opinion = yield from _questioned(question, "clip", Encoder(question.guidance, question.runtime.device))
    opinion = over_others(opinion)
    return Likeness(likeness_of(opinion, len(question.images.classes)), (opinion,))


def from_file(question: Question) -> Proposing:
    """What a CSV or JSON file says."""
    yield from ()
    return Likeness(read_matrix(question.guidance.file, question.images.classes, question.rows))


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
        if part.proposer == "mixture":
            raise SpecError("a mixture cannot hold a mixture", where="[[guidance.mixture]] proposer")
        propose = _proposer(part.proposer, "[[guidance.mixture]] proposer")
        likeness = yield from propose(replace(question, guidance=guidance.alone(part)))
        scores += part.weight / total * _normalised(likeness.scores)
        opinions += likeness.opinions
    return Likeness(scores, tuple(opinions))


def _at_once(view: Callable[[Question], NDArray[np.float64]]) -> Proposer:
    """A proposer from a function that has nothing to say on the way."""

    def propose(question: Question) -> Proposing:
        yield from ()
        return Likeness(view(question))

    return propose


PROPOSERS: Mapping[str, Proposer] = {
    "mllm": ask_mllm,
    "endpoint": ask_endpoint,
    "clip": ask_encoder,
    "classifier": _at_once(classifier_view),
    "centroids": _at_once(centroid_likeness),
    "subspaces": _at_once(subspace_view),
    "channels": _at_once(channel_view),
    "weights": _at_once(weight_view),
    "uniform": _at_once(uniform),
    "file": from_file,
    "mixture": mixture,
}


def _proposer(name: str, where: str = "[guidance] proposer") -> Proposer:
    if name not in PROPOSERS:
        raise SpecError(f"no proposer is called '{name}'", where=where, todo=f"known: {', '.join(PROPOSERS)}")
    return PROPOSERS[name]


def _asked(question: Question, proposer: str, asker: Asker) -> Proposing:
    opinion = yield from _questioned(question, proposer, asker)
    return Likeness(likeness_of(opinion, len(question.images.classes)), (opinion,))


def _questioned(question: Question, proposer: str, asker: Asker) -> Generator[Event, None, Opinion]:
    return questioned(
        asker,
        question.exemplars(),
        question.words(),
        question.guidance.question(proposer),
        question.means.book,
        question.control,
        proposer=proposer,
        prices=question.guidance.endpoint if proposer == "endpoint" else None,
    )


def _normalised(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    scores = scores.copy()
    np.fill_diagonal(scores, 0)
    sums = scores.sum(axis=1, keepdims=True)
    np.divide(scores, sums, out=scores, where=sums > 0)
    return scores
