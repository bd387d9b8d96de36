"""Proposing perturbing labels, and redoing them after a person's edits."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.control import Clock, RunControl
from maga_desk.domain.events import Compared, Ended, Event, Message, Progress, Proposed, Started
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.rates import Rate, counting
from maga_desk.domain.specs.guidance import EndpointSpec, GuidanceSpec
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.guidance.means import Means
from maga_desk.guidance.perturbing import make_proposal
from maga_desk.services.accuracy_check import check_believable
from maga_desk.services.erasure import Erasure
from maga_desk.services.workspace import opening

if TYPE_CHECKING:
    from torch import nn

NO_MEANS = Means()


def propose(erasure: Erasure, control: RunControl, means: Means = NO_MEANS) -> Generator[Event, None, Proposal]:
    """Ask the proposer for the rows that the forget set needs, and give every forget picture its label.

    :raises SpecError: an unknown proposer, class or label.
    :raises GuidanceError: a model, an endpoint or a file that cannot give an opinion; answers so far are kept.
    :raises Cancelled: in between; likewise.
    """
    yield Started("Proposing labels")
    proposal = yield from proposing(erasure, control, means)
    yield Proposed(proposal)
    yield Ended("finished")
    return proposal


def proposing(erasure: Erasure, control: RunControl, means: Means = NO_MEANS) -> Generator[Event, None, Proposal]:
    """Like :func:`propose`, as a part of another job."""
    train, indices = erasure.workspace.images.train, erasure.forget.indices
    matrix, opinions = yield from matrix_and_opinions(erasure, control, means)
    return make_proposal(
        matrix,
        _predictions(erasure, erasure.workspace.model, control),
        [train.names[i] for i in indices],
        train.labels[indices],
        erasure.forget,
        combining(erasure.spec),
        seed=erasure.spec.seed,
        opinions=opinions,
    )


def combining(spec: RunSpec) -> GuidanceSpec:
    """The guidance, with the paper's combination where a method runs as in the paper and none is named."""
    as_published = spec.method.preset == "paper" and spec.guidance.combine == "auto"
    return spec.guidance.model_copy(update={"combine": "product"}) if as_published else spec.guidance


def ask_another(erasure: Erasure, control: RunControl, means: Means = NO_MEANS) -> Iterator[Event]:
    """Another source's matrix for the rows that the forget set needs, without any edit and without labels.

    The spec's ``guidance`` names the other source; ``Compared`` carries its matrix.

    :raises UserError: the source cannot be asked.
    :raises Cancelled: in between.
    """
    yield Started("Asking another source")
    unedited = replace(erasure, spec=erasure.spec.with_changes("guidance", matrix_edits=()))
    yield Compared(*(yield from matrix_and_opinions(unedited, control, means)))
    yield Ended("finished")


def matrix_and_opinions(
    erasure: Erasure, control: RunControl, means: Means = NO_MEANS
) -> Generator[Event, None, tuple[TransitionMatrix, tuple[Opinion, ...]]]:
    """The transition matrix for the rows that the forget set needs, and the answers behind it."""
    check_believable(erasure.workspace.card, erasure.spec)
    from maga_desk.guidance.proposing import propose_matrix
    from maga_desk.guidance.question import Question

    yield Progress("Asking how alike the classes are", 0, 0)
    workspace, forget = erasure.workspace, erasure.forget
    rows = tuple(int(row) for row in np.unique(workspace.images.train.labels[forget.indices]))
    question = Question(
        model=workspace.model,
        pictures=workspace.pictures,
        images=workspace.images,
        forget=forget.indices,
        runtime=workspace.runtime,
        rows=rows,
        guidance=erasure.spec.guidance,
        control=control,
        means=means,
    )
    asking = _rate_of_asking(erasure)
    if asking is None:
        matrix, likeness = yield from propose_matrix(question)
        return matrix, likeness.opinions
    matrix, likeness = yield from counting(propose_matrix(question), asking)
    for opinion in likeness.opinions:
        asking.remember(opinion.seconds, opinion.questions - opinion.cached)
    return matrix, likeness.opinions


def _rate_of_asking(erasure: Erasure) -> Rate | None:
    """Of one question to the model that is asked; ``None`` for a mixture, in which each has its own."""
    asked = erasure.spec.guidance
    if asked.mixture:
        return None
    whom = f"{asked.model or ''} {asked.endpoint.origin}".strip()
    return Rate(f"asking {asked.proposer} {whom}, {erasure.workspace.card.device}")


def opinion_of(spec: RunSpec, control: RunControl, means: Means = NO_MEANS) -> Iterator[Event]:
    """Open what a spec names and ask its proposer, without labels and without unlearning.

    ``Ended.summary``: ``classes``, ``matrix`` (rows as lists; a matrix file), ``rows_asked``, ``questions``,
    ``cached``, ``tokens``, ``cost`` (or null), ``seconds`` of asking, ``proposer``, and ``opinions`` (provenance).

    :raises UserError: the model, the pictures or the proposer cannot be used.
    :raises Cancelled: in between; answers so far are kept.
    """
    workspace = yield from opening(spec, control, asked=True)
    erasure, clock = Erasure.of(workspace, spec), Clock(control)
    matrix, opinions = yield from matrix_and_opinions(erasure, control, means)
    seconds = clock.seconds
    costs = [opinion.cost for opinion in opinions if opinion.cost is not None]
    yield Progress("Asked", 1, 1)
    if opinions and all(opinion.cached == opinion.questions for opinion in opinions):
        yield Message("Every answer was remembered; nothing was asked")
    yield Compared(matrix, opinions)
    yield Ended(
        "finished",
        {
            "classes": list(matrix.classes),
            "matrix": [[round(value, 8) for value in row] for row in matrix.values.tolist()],
            "rows_asked": [matrix.classes[row] for row in matrix.rows_asked],
            "questions": sum(opinion.questions for opinion in opinions),
            "cached": sum(opinion.cached for opinion in opinions),
            "tokens": sum(opinion.tokens for opinion in opinions),
            "cost": sum(costs) if costs else None,
            "seconds": seconds,
            "proposer": spec.guidance.proposer,
            "opinions": [opinion.provenance() for opinion in opinions],
        },
    )


def reproposed(erasure: Erasure, proposal: Proposal, model: nn.Module, control: RunControl) -> Proposal:
    """The same opinion for another net: its own predictions, the same matrix; no model is asked anew."""
    theirs = replace(proposal, probabilities=_predictions(erasure, model, control))
    return _again(theirs, erasure.spec, erasure.forget)


def try_endpoint(
    endpoint: EndpointSpec, model: str | None, control: RunControl, means: Means = NO_MEANS
) -> Iterator[Event]:
    """Ask an endpoint about a made-up picture; ``Message`` tells what it can do. No picture of the user's is sent.

    :raises GuidanceError: it cannot be asked.
    """
    from maga_desk.guidance.askers.endpoint import Endpoint

    yield Started("Trying the connection")
    yield from Endpoint(endpoint, model, means.key(endpoint.origin), loop=means.loop).check(control)


def relabel(proposal: Proposal, spec: RunSpec, forget: ForgetSet) -> Proposal:
    """The same proposal with the spec's edits and combination applied anew; instant, no model is asked.

    :raises SpecError: an edit names an unknown class or leaves a row empty.
    """
    matrix = replace(proposal.matrix, edits=()).with_edits(spec.guidance.matrix_edits)
    return _again(replace(proposal, matrix=matrix), spec, forget)


def _again(proposal: Proposal, spec: RunSpec, forget: ForgetSet) -> Proposal:
    """What follows from a proposal's matrix and predictions by the spec's combination, edits and seed."""
    return make_proposal(
        proposal.matrix,
        proposal.probabilities,
        proposal.names,
        proposal.true,
        forget,
        combining(spec),
        seed=spec.seed,
        opinions=proposal.opinions,
    )


def _predictions(erasure: Erasure, model: nn.Module, control: RunControl) -> NDArray[np.float32]:
    """``(n, K) float32`` a net's softmax for the pictures of the forget set."""
    import torch

    from maga_desk.models.inference import logits

    workspace, indices = erasure.workspace, torch.from_numpy(erasure.forget.indices)
    outputs = logits(model, workspace.pictures.train, workspace.runtime, indices, control)
    return torch.softmax(outputs, dim=1).numpy()
