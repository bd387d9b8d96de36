"""Relearning to be watched: a copy of a net is trained step by step, and asked on the way.

With forgotten pictures among those that are shown it is the relearning of :mod:`maga_desk.auditing.relearning`, with
retained ones alone that of :mod:`maga_desk.auditing.retain_only`; what is shown and for how long is a person's choice.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from maga_desk.auditing.fine_tuning import SEED, fine_tuning
from maga_desk.auditing.parts import Parts
from maga_desk.auditing.relearning import BESIDE, EVERY, LEARNED, WATCHED, renew_rows
from maga_desk.auditing.retain_only import BATCH
from maga_desk.data.batches import DeviceSet, Pictures, Shuffled, step_generator
from maga_desk.domain.closer.lesson import Lesson
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import ForgetError
from maga_desk.models.evenly import evenly
from maga_desk.models.inference import accuracy, logits
from maga_desk.models.runtime import Runtime


@dataclass(frozen=True)
class Taught:
    """Positions ``int64`` of a lesson, the same for every net.

    :param shown: forgotten training pictures that are shown; none with retained pictures alone.
    :param beside: training pictures that stay.
    :param asked: forgotten training pictures that are not shown; where all are shown, test pictures of the same kind
        (``unseen`` is true then).
    :param kept: test pictures of what stays.
    """

    shown: Tensor
    beside: Tensor
    asked: Tensor
    unseen: bool
    kept: Tensor


def taught_by(lesson: Lesson, parts: Parts) -> Taught:
    """:raises ForgetError: nothing stays to be shown, or nothing is left to ask about."""
    forgotten = parts.forget_train.nonzero().squeeze(1)
    shown = forgotten[:0]
    if lesson.shown == "forgotten":
        picked = torch.tensor(lesson.picked, dtype=torch.int64)
        order = torch.randperm(len(forgotten), generator=step_generator(SEED, 0))[: max(1, lesson.count)]
        shown = picked[torch.isin(picked, forgotten)] if len(picked) else forgotten[order]
        if not len(shown):
            raise ForgetError("none of the picked pictures was forgotten", todo="pick forgotten ones, or none")
    beside = parts.retain_train.nonzero().squeeze(1)
    if len(beside) < 2:
        raise ForgetError("fewer than two training pictures stay, so that there is nothing to train on")
    asked, unseen = evenly(forgotten[~torch.isin(forgotten, shown)], WATCHED), False
    if not len(asked):
        asked, unseen = evenly(parts.forget_test.nonzero().squeeze(1), WATCHED), True
    if not len(asked):
        raise ForgetError(
            "every forgotten picture is shown, so that none is left to ask about", todo="show fewer of them"
        )
    return Taught(shown, beside, asked, unseen, evenly(parts.retain_test.nonzero().squeeze(1), WATCHED))


def teach(
    model: nn.Module,
    lesson: Lesson,
    taught: Taught,
    gone: Sequence[int],
    pictures: DeviceSet,
    runtime: Runtime,
    control: RunControl,
) -> Iterator[tuple[int, float, float | None]]:
    """Train a copy, and give now and then (steps, accuracy in percent on the asked, and on the kept).

    Each step sees up to 32 forgotten and 96 other training pictures, or 128 of those that stay
    (:func:`~maga_desk.auditing.fine_tuning.fine_tuning`). Where forgotten pictures are shown, the head's rows of the
    classes in ``gone`` start at zero, as in an audit.

    :raises ResourceError: a step does not fit into memory.
    :raises Cancelled: in between.
    """
    train = pictures.train
    trained = copy.deepcopy(model).train().requires_grad_(True)
    walks = [Shuffled(taught.beside, BESIDE if len(taught.shown) else BATCH, SEED)]
    if len(taught.shown):
        renew_rows(trained, gone)
        walks.insert(0, Shuffled(taught.shown, LEARNED, SEED))

    def batch_of(step: int) -> Tensor:
        return torch.cat([walk.at(step) for walk in walks])

    def right(split: Pictures, positions: Tensor) -> float | None:
        found = logits(trained, split, runtime, positions, control) if len(positions) else torch.zeros(0, 1)
        return accuracy(found, split.labels[positions.to(split.device)].cpu())

    def look(step: int) -> tuple[int, float, float | None]:
        back = right(pictures.test if taught.unseen else train, taught.asked) or 0.0
        return step, back, right(pictures.test, taught.kept)

    yield look(0)
    for step in fine_tuning(trained, train, batch_of, lesson.steps, runtime, control):
        if step % EVERY == 0 or step == lesson.steps:
            yield look(step)
