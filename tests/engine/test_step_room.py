"""A batch is kept, or refused with how many would fit."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from maga_desk.data.batches import Pictures
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import ResourceError
from maga_desk.domain.events import drained
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.engine import step_room
from maga_desk.engine.loop import drive
from maga_desk.engine.routine import fresh_model, supervised
from maga_desk.engine.step_room import watching_step
from maga_desk.models.footprint import footprint


def _free(monkeypatch: pytest.MonkeyPatch, nbytes: int) -> None:
    monkeypatch.setattr(step_room, "free_memory", lambda _device: nbytes)


def test_a_step_that_does_not_fit_is_refused_before_it_is_taken(
    tiny_workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures: Pictures = tiny_workspace.pictures.train
    runtime, recipe = tiny_workspace.runtime, TrainRecipe(batch_size=64, epochs=1)
    model = fresh_model("resnet8", 4, 0, runtime)
    room = footprint(model, (3, 16, 16), training=True)
    assert room
    routine = supervised(model, pictures, torch.arange(len(pictures)), runtime, recipe, 0)
    before = [weight.detach().clone() for weight in model.parameters()]
    _free(monkeypatch, room.of(20))
    with pytest.raises(ResourceError, match=r"a step of 60 pictures of 16 x 16 .* about (19|20) would fit") as error:
        drained(drive(routine, runtime, RunControl()))
    assert error.value.status == 3
    assert all(torch.equal(one, two) for one, two in zip(before, model.parameters(), strict=True))
    _free(monkeypatch, room.of(80))
    drained(drive(routine, runtime, RunControl()))


def test_several_passes_of_a_step_count_together(tiny_workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model, images = tiny_workspace.model, torch.zeros(10, 3, 16, 16)
    room = footprint(model, (3, 16, 16), training=True)
    assert room
    _free(monkeypatch, room.of(15))
    with watching_step(model, tiny_workspace.runtime):
        model(images)
        with pytest.raises(ResourceError, match="20 pictures"):
            model(images)
    model(images)
