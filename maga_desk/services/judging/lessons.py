"""Relearning live: copies of the unlearned and of the retrained net are trained alike, and asked on the way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from maga_desk.domain.closer.lesson import FORGOTTEN_TOLD, MOST_STEPS, RETAINED_TOLD, Lesson
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import SpecError
from maga_desk.domain.events import Ended, Event, Message, Progress, Scalars, Series, Started
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.closer import read_unlearned, retrained_of


def relearn(erasure: Erasure, checkpoint: str | Path, lesson: Lesson, control: RunControl) -> Iterator[Event]:
    """Train copies and tell how well they do: ``Scalars`` of the unlearned net's copy, and, as ``reference``, of the
    retrained net's, where there is one. Nothing is kept.

    :raises UserError: the checkpoint cannot be used, or there is nothing to show or to ask.
    :raises Cancelled: in between.
    """
    from maga_desk.auditing.lesson import taught_by, teach
    from maga_desk.auditing.parts import parts_of

    if not 1 <= lesson.steps <= MOST_STEPS:
        raise SpecError(f"between 1 and {MOST_STEPS} steps can be taken, not {lesson.steps}")
    yield Started("Relearning on a copy")
    workspace, stage = erasure.workspace, "Relearning on a copy"
    yield Progress(stage, 0, lesson.steps)
    parts = parts_of(workspace.images, erasure.forget)
    taught = taught_by(lesson, parts)
    model = read_unlearned(erasure, checkpoint)
    beside = retrained_of(erasure, model, parts, control)
    yield Message(said_of(len(taught.shown), len(taught.beside), len(taught.asked), unseen=taught.unseen))
    if beside.gold is None:
        yield Message(beside.said, "warning")
    nets = [model] if beside.gold is None else [model, beside.gold.model]
    gone, pictures, runtime = erasure.forget.whole_classes, workspace.pictures, workspace.runtime
    curves = [teach(net, lesson, taught, gone, pictures, runtime, control) for net in nets]
    series: tuple[Series, ...] = ("run", "reference")
    for found in zip_longest(*curves):
        for name, (step, forgotten, kept) in zip(series, found, strict=False):
            values = {FORGOTTEN_TOLD: forgotten} | ({} if kept is None else {RETAINED_TOLD: kept})
            yield Scalars(step, values, name)
            yield Progress(stage, step, lesson.steps)
    yield Ended("finished")


def said_of(shown: int, beside: int, asked: int, *, unseen: bool) -> str:
    """What is shown and asked, in a sentence."""
    what = f"{shown:,} forgotten pictures beside {beside:,} that stay" if shown else f"only the {beside:,} that stay"
    whom = "test pictures of what was forgotten" if unseen else "forgotten pictures that are not shown"
    return f"Shown: {what}. Asked: {asked:,} {whom}."
