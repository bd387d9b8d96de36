"""Proposing perturbing labels, and redoing them after a person's edits."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Compared, Ended, Event, Progress, Proposed, Started
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.guidance import EndpointSpec, GuidanceSpec
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.guidance.means import Means
from maga_desk.guidance.perturbing import make_proposal
from maga_desk.services.workspace import Workspace

if TYPE_CHECKING:
    from torch import nn

NO_MEANS = Means()


def propose(
    workspace: Workspace, spec: RunSpec, forget: ForgetSet, control: RunControl, means: Means = NO_MEANS
) -> Iterator[Event]:
    """Ask the proposer for the rows that the forget set needs, and give every forget picture its label.

    :raises SpecError: an unknown proposer, class or label.
    :raises GuidanceError: a model, an endpoint or a file that cannot give an opinion; answers so far are kept.
    :raises Cancelled: in between; likewise.
    """
    yield Started("Proposing labels")
    proposal = yield from proposing(workspace, spec, forget, control, means)
    yield Proposed(proposal)
    yield Ended("finished")


def proposing(
    workspace: Workspace, spec: RunSpec, forget: ForgetSet, control: RunControl, means: Means = NO_MEANS
) -> Generator[Event, None, Proposal]:
    """Like :func:`propose`, returning the proposal."""
    train = workspace.images.train
    matrix, opinions = yield from matrix_and_opinions(workspace, spec, forget, control, means)
    return make_proposal(
        matrix,
        _predictions(workspace, workspace.model, forget, control),
        [train.names[i] for i in forget.indices],
        train.labels[forget.indices],
        forget,
        combining(spec),
        seed=spec.seed,
        opinions=opinions,
    )


def combining(spec: RunSpec) -> GuidanceSpec:
    """The guidance, with the paper's combination where a method runs as in the paper and none is named."""
    as_published = spec.method.preset == "paper" and spec.guidance.combine == "auto"
    return spec.guidance.model_copy(update={"combine": "product"}) if as_published else spec.guidance


def ask_another(
    workspace: Workspace, spec: RunSpec, forget: ForgetSet, control: RunControl, means: Means = NO_MEANS
) -> Iterator[Event]:
    """Another source's matrix for the rows that the forget set needs, without any edit and without labels.

    ``spec.guidance`` names the other source; ``Compared`` carries its matrix.

    :raises UserError: the source cannot be asked.
    :raises Cancelled: in between.
    """
    yield Started("Asking another source")
    unedited = spec.with_changes("guidance", matrix_edits=())
    yield Compared(*(yield from matrix_and_opinions(workspace, unedited, forget, control, means)))
    yield Ended("finished")


def matrix_and_opinions(
    workspace: Workspace, spec: RunSpec, forget: ForgetSet, control: RunControl, means: Means = NO_MEANS
) -> Generator[Event, None, tuple[TransitionMatrix, tuple[Opinion, ...]]]:
    """The transition matrix for the rows that the forget set needs, and the answers behind it."""
    from maga_desk.guidance.proposing import propose_matrix
    from maga_desk.guidance.question import Question

    yield Progress("Asking how alike the classes are", 0, 0)
    rows = tuple(int(row) for row in np.unique(workspace.images.train.labels[forget.indices]))
    question = Question(
        model=workspace.model,
        pictures=workspace.pictures,
        images=workspace.images,
        forget=forget.indices,
        runtime=workspace.runtime,
        rows=rows,
        guidance=spec.guidance,
        control=control,
        means=means,
    )
    matrix, likeness = yield from propose_matrix(question)
    return matrix, likeness.opinions


def reproposed(
    workspace: Workspace,
    spec: RunSpec,
    forget: ForgetSet,
    proposal: Proposal | None,
    model: nn.Module,
    control: RunControl,
) -> Generator[Event, None, Proposal | None]:
    """The same opinion for another net: its own predictions, the same matrix; no model is asked anew."""
    yield from ()
    if proposal is None:
        return None
    return _again(replace(proposal, probabilities=_predictions(workspace, model, forget, control)), spec, forget)


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


def _predictions(workspace: Workspace, model: nn.Module, forget: ForgetSet, control: RunControl) -> NDArray[np.float32]:
    """``(n, K) float32`` a net's softmax for the pictures of the forget set."""
    import torch

    from maga_desk.models.inference import logits

    indices = torch.from_numpy(forget.indices)
    outputs = logits(model, workspace.pictures.train, workspace.runtime, indices, control)
    return torch.softmax(outputs, dim=1).numpy()
