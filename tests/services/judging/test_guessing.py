"""A recipe that nobody says: tried, adapted until it teaches as much as the original's, and kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Message, Progress, drained
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import RunSpec
from maga_desk.models.checkpoint import read_info
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.guessing import RATES, EpochSearch, guess
from maga_desk.services.judging.references import fitting, reference
from maga_desk.services.judging.yardsticks import claim
from maga_desk.services.workspace import Workspace


@pytest.fixture
def stranger(tiny_workspace: Workspace, tiny_spec: RunSpec) -> Any:
    """From what is said of the recipe to the request; of a net that this program did not train."""

    def of(**values: Any) -> Erasure:
        made = {"said_recipe": {"values": values, "source": "args in the checkpoint"}} if values else {}
        workspace = replace(tiny_workspace, info=replace(tiny_workspace.info, made=made))
        return Erasure.of(workspace, tiny_spec.with_changes("audit", retrained="make"))

    return of


def test_rates_are_tried_and_what_is_known_is_kept(stranger: Any) -> None:
    erasure = stranger(optimizer="adamw", batch_size=32, epochs=4)
    events: list[Any] = []
    found = drained(guess(erasure, RunControl()), events.append)
    assert (found.optimizer, found.batch_size, found.epochs) == ("adamw", 32, 4)
    assert found.lr in RATES["adamw"] and found.augment == "shift", "the net was trained on shifted pictures"
    (told,) = [event.text for event in events if isinstance(event, Message)]
    assert told.count("adamw") == len(RATES["adamw"]) and "sgd" not in told
    assert not EpochSearch(erasure, found).goes_on(20.0), "its epochs are known"


def test_epochs_are_sought_between_too_few_and_too_many(stranger: Any) -> None:
    search = EpochSearch(stranger(), TrainRecipe(epochs=15))
    tried = []
    for short in (30.0, 12.0, -9.0, 8.0, -6.0, 3.0):
        tried.append(search.recipe.epochs)
        if not search.goes_on(short):
            break
    assert tried == [15, 45, 135, 78, 103, 90], "three times as long, then in between"
    shorter = EpochSearch(stranger(), TrainRecipe(epochs=15))
    assert shorter.goes_on(-20) and shorter.recipe.epochs == 5
    assert shorter.goes_on(-20) and shorter.recipe.epochs == 1
    assert not shorter.goes_on(-20)
    assert not EpochSearch(stranger(), TrainRecipe(epochs=10_000)).goes_on(20)


def test_a_guess_is_said_kept_and_found_again(stranger: Any) -> None:
    erasure = stranger(optimizer="sgd", lr=0.1, batch_size=32, epochs=6)
    events: list[Any] = []
    made = drained(reference(erasure, RunControl()), events.append)
    told = [event.text for event in events if isinstance(event, Message)]
    assert any("is known in part: optimiser, learning rate" in text for text in told)
    recipe = read_info(made.path).made["recipe"]
    assert (recipe["epochs"], recipe["lr"]) == (6, 0.1)
    said = claim(erasure, made.model, made.info, made.path)
    assert said.by_record and said.guessed == TrainRecipe.model_validate(recipe).text()
    assert "by a partly guessed recipe" in said.reasons[0] and "args in the checkpoint" in said.reasons[1]
    again: list[Any] = []
    assert drained(reference(erasure, RunControl()), again.append).path == made.path
    assert not [event for event in again if isinstance(event, Progress) and event.stage == "Retraining"]
    found = fitting(erasure)
    assert found is not None and found.path == made.path
    assert fitting(stranger(optimizer="adamw")) is None, "another optimiser is known of that one"
