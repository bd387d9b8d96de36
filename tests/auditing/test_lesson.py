"""Relearning to be watched: what is shown, what is asked, and that the net itself stays as it is."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from maga_desk.auditing.lesson import taught_by, teach
from maga_desk.auditing.parts import parts_of
from maga_desk.domain.closer.lesson import Lesson
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import ForgetError
from maga_desk.domain.specs.run import RunSpec
from tests.engine.materials import inputs_for, unlearn


def test_what_was_pushed_away_comes_back_sooner_than_what_was_never_learned(
    tiny_workspace: Any, tiny_spec: RunSpec
) -> None:
    work = tiny_workspace
    inputs, parts = inputs_for(work, tiny_spec), parts_of(work.images, work.forget_set(tiny_spec))
    lesson = Lesson("retained", steps=14)
    taught = taught_by(lesson, parts)
    assert not len(taught.shown) and not taught.unseen
    pushed, retrained = (unlearn(name, inputs)[1].model for name in ("gradient-ascent", "retrain"))
    before = {name: tensor.clone() for name, tensor in pushed.state_dict().items()}
    back, never = (
        list(teach(net, lesson, taught, (), work.pictures, work.runtime, RunControl())) for net in (pushed, retrained)
    )
    assert [step for step, _, _ in back] == [0, 5, 10, 14] == [step for step, _, _ in never]
    assert max(value for _, value, _ in back) > 80 and max(value for _, value, _ in never) < 10
    assert all(torch.equal(before[name], tensor) for name, tensor in pushed.state_dict().items()), "a copy is trained"
    control = RunControl()
    going = teach(pushed, lesson, taught, (), work.pictures, work.runtime, control)
    next(going)
    control.cancel()
    with pytest.raises(Cancelled):
        next(going)


def test_pictures_that_are_shown_are_not_asked(tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    parts = parts_of(tiny_workspace.images, tiny_workspace.forget_set(tiny_spec))
    forgotten = parts.forget_train.nonzero().squeeze(1)
    few = taught_by(Lesson(count=3), parts)
    assert len(few.shown) == 3 and len(few.asked) == len(forgotten) - 3
    assert not set(few.shown.tolist()) & set(few.asked.tolist())
    assert torch.equal(few.shown, taught_by(Lesson(count=3), parts).shown), "the same ones again"
    picked = taught_by(Lesson(picked=(int(forgotten[1]), 0)), parts)
    assert picked.shown.tolist() == [int(forgotten[1])], "others than forgotten ones are not relearned"
    everything = taught_by(Lesson(count=10**6), parts)
    assert everything.unseen and torch.equal(everything.asked, parts.forget_test.nonzero().squeeze(1))
    with pytest.raises(ForgetError, match="none of the picked"):
        taught_by(Lesson(picked=(int(parts.retain_train.nonzero()[0]),)), parts)


def test_nothing_left_to_ask_is_said(tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    spec = tiny_spec.model_copy(update={"forget": tiny_spec.forget.model_copy(update={"classes": (), "fraction": 0.1})})
    parts = parts_of(tiny_workspace.images, tiny_workspace.forget_set(spec))
    with pytest.raises(ForgetError, match="show fewer"):
        taught_by(Lesson(count=10**6), parts)
