"""The weights that a retraining starts from: a start that has seen what must be forgotten is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.events import Event, Message, Progress
from maga_desk.domain.yardstick import FRESH, TrainingRecord
from maga_desk.services.erasure import Erasure, start_of
from maga_desk.services.judging.memory import check_training


def check_start(erasure: Erasure, control: RunControl) -> Iterator[Event]:
    """Look at what a recipe starts from, before anything is trained.

    :raises ResourceError: a step by the recipe does not fit into memory.
    :raises CheckpointError: it is not there, is not what the original's record names, is of another net, or knows the
        pictures to forget better than unseen ones.
    :raises Cancelled: in between.
    """
    from maga_desk.auditing.outputs import compute_outputs
    from maga_desk.auditing.parts import parts_of
    from maga_desk.auditing.retrained import start_knows
    from maga_desk.models.starting import as_it_was

    check_training(erasure)
    workspace, start = erasure.workspace, erasure.recipe.start
    said, named = TrainingRecord.of(workspace.info.made).start or FRESH, start_of(erasure.recipe)
    if said not in (FRESH, named):
        what = "a fresh initialisation" if start is None else "these"
        raise CheckpointError(
            f"the original was trained from weights {said.removeprefix('sha256:')[:12]}, not from {what}",
            where=start or "[audit.recipe] start",
            todo="name that checkpoint as the recipe's start",
        )
    if start is None:
        return
    if Path(start).resolve() == Path(workspace.card.checkpoint).resolve():
        raise CheckpointError("is the original itself, and no start for a retraining", where=start)
    yield Progress("Checking the weights that training starts from", 0, 0)
    net = as_it_was(workspace.model, Path(start))
    if net is None:
        text = "It has no head, so that it could not be checked whether it has seen the pictures to forget."
        yield Message(f"Training starts from {Path(start).name}. {text}", "warning")
        return
    outputs = compute_outputs(workspace.runtime.place(net).eval(), workspace.pictures, workspace.runtime, control)
    knows = start_knows(outputs, workspace.images, parts_of(workspace.images, erasure.forget))
    if knows:
        raise CheckpointError(
            f"has seen what must be forgotten. {' '.join(knows)}",
            where=start,
            todo="a retraining needs a start that never saw those pictures",
        )
    yield Message(
        f"Training starts from {Path(start).name}, which knows the pictures to forget no better than unseen ones"
    )
