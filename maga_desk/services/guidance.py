"""Proposing perturbing labels, and redoing them after a person's edits."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

import numpy as np

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Compared, Ended, Event, Progress, Proposed, Started
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.spec import RunSpec
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.guidance.perturbing import make_proposal
from maga_desk.services.workspace import Workspace


def propose(workspace: Workspace, spec: RunSpec, forget: ForgetSet, control: RunControl) -> Iterator[Event]:
    """Ask the proposer for the rows that the forget set needs, and give every forget picture its label.

    :raises SpecError: an unknown proposer, class or label.
    :raises Cancelled: in between.
    """
    yield Started("Proposing labels")
    proposal = yield from proposing(workspace, spec, forget, control)
    yield Proposed(proposal)
    yield Ended("finished")


def proposing(
    workspace: Workspace, spec: RunSpec, forget: ForgetSet, control: RunControl
) -> Generator[Event, None, Proposal]:
    """Like :func:`propose`, returning the proposal."""
    import torch

    from maga_desk.models.inference import logits

    train = workspace.images.train
    true = train.labels[forget.indices]
    matrix = yield from _matrix(workspace, spec, forget, control)
    indices = torch.from_numpy(forget.indices)
    outputs = logits(workspace.model, workspace.pictures.train, workspace.runtime, indices, control)
    probabilities = torch.softmax(outputs, dim=1).numpy()
    names = [train.names[i] for i in forget.indices]
    return make_proposal(matrix, probabilities, names, true, forget, spec.guidance, seed=spec.seed)


def compare(workspace: Workspace, spec: RunSpec, forget: ForgetSet, control: RunControl) -> Iterator[Event]:
    """Another source's matrix for the rows that the forget set needs, without any edit and without labels.

    ``spec.guidance`` names the other source; ``Compared`` carries its matrix.

    :raises UserError: the source cannot be asked.
    :raises Cancelled: in between.
    """
    yield Started("Asking another source")
    matrix = yield from _matrix(workspace, spec.with_changes("guidance", matrix_edits=()), forget, control)
    yield Compared(matrix)
    yield Ended("finished")


def _matrix(
    workspace: Workspace, spec: RunSpec, forget: ForgetSet, control: RunControl
) -> Generator[Event, None, TransitionMatrix]:
    from maga_desk.guidance.proposers import Question, propose_matrix

    yield Progress("Asking how alike the classes are", 0, 0)
    rows = tuple(int(row) for row in np.unique(workspace.images.train.labels[forget.indices]))
    question = Question(workspace.model, workspace.pictures, workspace.runtime, rows, spec.guidance, control)
    return propose_matrix(question)


def relabel(proposal: Proposal, spec: RunSpec, forget: ForgetSet) -> Proposal:
    """The same proposal with the spec's edits and combination applied anew; instant, no model is asked.

    :raises SpecError: an edit names an unknown class or leaves a row empty.
    """
    matrix = replace(proposal.matrix, edits=()).with_edits(spec.guidance.matrix_edits)
    return make_proposal(
        matrix,
        proposal.probabilities,
        proposal.names,
        proposal.true,
        forget,
        spec.guidance,
        seed=spec.seed,
        opinions=proposal.opinions,
    )
