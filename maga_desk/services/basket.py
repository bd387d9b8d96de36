"""What takes a model to say of a forget set: how hard its pictures are, and how entangled they are with what stays."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np

from maga_desk.domain.basket_facts import BasketFacts, Losses, SharedPatterns, basket_facts, likely_group
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Ended, Event, Progress, Started
from maga_desk.domain.forget import ForgetSet
from maga_desk.services.finding.facts import code_columns

if TYPE_CHECKING:
    from maga_desk.services.erasure import Erasure
    from maga_desk.services.workspace import Workspace

STAGE = "Measuring how entangled the marked pictures are"


def losses_of(workspace: Workspace) -> Losses:
    """What the open model says of its training pictures."""
    import torch

    logits = workspace.outputs.train.double()
    true = torch.from_numpy(np.asarray(workspace.images.train.labels)).to(logits.device)
    losses = -logits.log_softmax(dim=1).gather(1, true[:, None]).squeeze(1)
    return Losses(losses.cpu().numpy(), (logits.argmax(dim=1) != true).cpu().numpy())


def facts_of_erasure(erasure: Erasure) -> BasketFacts:
    """The facts of what a run was asked to forget."""
    forget, workspace = erasure.spec.forget, erasure.workspace
    return basket_facts(
        workspace.images,
        erasure.forget,
        erasure.spec.intent,
        group=forget.group,
        answers=losses_of(workspace),
        left=erasure.left,
        shown=0,
    )


def measuring_losses(workspace: Workspace, control: RunControl) -> Generator[Event, None, Losses]:
    """:func:`losses_of` as a job; what queries and marks take long to read first is read on the way."""
    yield Started("Reading how hard the pictures are")
    control.checkpoint()
    found = losses_of(workspace)
    workspace.copies.now.left_by(())  # what is read here is there when the first picture is marked
    column = likely_group(workspace.images)
    if column:
        workspace.images.grouping(column)
    for _ in code_columns(workspace.images):
        control.checkpoint()
    yield Ended("finished")
    return found


def entangled_with(
    workspace: Workspace, forget: ForgetSet, control: RunControl
) -> Generator[Event, None, tuple[SharedPatterns, ...]]:
    """How far what is marked shares feature patterns with what stays of each class, the most entangled first.

    On at most 200 pictures of each class and of what is marked (:mod:`maga_desk.models.entanglement`).

    :raises Cancelled: in between.
    """
    import torch

    from maga_desk.models.entanglement import entanglement

    yield Started(STAGE)
    yield Progress(STAGE, 0, 0)
    images = workspace.images
    count = len(images.classes)
    labels = np.array(images.train.labels, dtype=np.int64)
    labels[forget.earlier] = labels[forget.later] = -1
    labels[forget.indices] = count
    found = entanglement(
        workspace.model, workspace.pictures.train, torch.from_numpy(labels), count + 1, workspace.runtime, control
    )
    pairs = found.subspaces[:count, :count]
    between = pairs[np.triu_indices(count, 1)]
    between = between[np.isfinite(between)]
    typical = float(between.mean()) if len(between) else float("nan")
    rows = [
        SharedPatterns(
            images.classes[label],
            float(found.subspaces[count, label]),
            float(found.channels[count, label]),
            float(found.centroids[count, label]),
            typical,
        )
        for label in range(count)
        if np.isfinite(found.subspaces[count, label])
    ]
    yield Ended("finished")
    return tuple(sorted(rows, key=lambda row: -row.directions))
