"""A recipe that nobody says: tried, adapted until it teaches as much as the original's, and kept."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

import pytest

from maga_desk.domain import paths
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import SpecError
from maga_desk.domain.events import Message, Progress, drained
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import RunSpec, parse_spec
from maga_desk.models.checkpoint import read_info
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.guessing import RATES, guess
from maga_desk.services.judging.references import estimate_retraining, fitting, reference, second_reference
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
    guesses = drained(guess(erasure, RunControl()), events.append)
    found, second = guesses.first, guesses.second
    assert (found.optimizer, found.batch_size, found.epochs) == ("adamw", 32, 4)
    assert found.lr in RATES["adamw"] and found.augment == "shift", "the net was trained on shifted pictures"
    (told,) = [event.text for event in events if isinstance(event, Message)]
    assert told.count("adamw") == len(RATES["adamw"]) and "sgd" not in told
    assert second == found.model_copy(update={"augment": "none"}), "the second differs in what is open"


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
    assert [each.reached for each in made.tries] and made.tries == found.tries


def test_of_a_search_only_the_nearest_net_is_kept_and_each_try_is_recorded(stranger: Any) -> None:
    """One epoch, which is too little at any rate."""
    erasure = stranger(optimizer="sgd", epochs=1, batch_size=64, augment="none", weight_decay=0.0)
    made = drained(reference(erasure, RunControl()))
    assert made is not None and len(made.tries) > 1
    apart = [each.reached.apart(each.wanted) for each in made.tries if each.reached is not None]
    recipe = TrainRecipe.model_validate(made.info.made["recipe"]).text()
    assert made.tries[apart.index(min(apart))].recipe == recipe, "the nearest one"
    assert list(paths.references_dir().glob("*.safetensors")) == [made.path]
    again = drained(reference(erasure, RunControl()))
    assert again is not None and (again.path, again.tries) == (made.path, made.tries)


def test_a_net_that_started_from_weights_that_are_not_named_is_retrained_by_a_guess(stranger: Any) -> None:
    whole = stranger(**TrainRecipe().full())
    made = {"said_recipe": {**whole.workspace.info.made["said_recipe"], "start": "other weights"}}
    workspace = replace(whole.workspace, info=replace(whole.workspace.info, made=made))
    erasure = Erasure.of(workspace, whole.spec)
    assert not whole.recipe_is_guessed and erasure.recipe_is_guessed
    assert erasure.known.text().endswith("; guessed: the weights it started from")
    assert erasure.known.beyond_text() == "Not followed: that it started from other weights."
    named = Erasure.of(workspace, whole.spec.with_changes("audit", recipe={"start": "start.pt"}))
    assert not named.recipe_is_guessed and not named.known.beyond_text()


def test_a_second_guess_is_trained_on_wish_and_differs_in_what_is_open(stranger: Any) -> None:
    one = stranger(optimizer="sgd", lr=0.1, batch_size=32, epochs=6)
    assert drained(second_reference(one, RunControl())) is None, "nobody asked for it"
    two = replace(one, spec=one.spec.with_changes("audit", guesses=2))
    told = [event.text for event in estimate_retraining(two, RunControl()) if isinstance(event, Message)]
    assert told[-1].startswith("Retraining two models, one by each guess, takes ")
    events: list[Any] = []
    first = drained(reference(two, RunControl()), events.append)
    second = drained(second_reference(two, RunControl()))
    assert any(isinstance(each, Message) and each.text.startswith("Two models are retrained") for each in events)
    recipes = [TrainRecipe.model_validate(read_info(each.path).made["recipe"]) for each in (first, second)]
    assert [each.augment for each in recipes] == ["shift", "none"]
    assert recipes[0] == recipes[1].model_copy(update={"augment": "shift"}), "what is known is kept"
    for each in (first, second):
        assert claim(two, each.model, each.info, each.path).by_record
        sources = each.info.made["recipe_from"]
        assert (sources["lr"], sources["augment"]) == ("args in the checkpoint", "guessed")
    kept = replace(two, spec=two.spec.with_changes("audit", retrained=None))
    found = drained(second_reference(kept, RunControl()))
    assert found is not None and found.path == second.path
    whole = stranger(**TrainRecipe().full())
    asked = replace(whole, spec=whole.spec.with_changes("audit", guesses=2))
    assert drained(second_reference(asked, RunControl())) is None, "a recipe that is known is no guess"


def test_what_a_person_names_is_no_guess_and_the_rest_is_the_checkpoints_own(stranger: Any) -> None:
    erasure = stranger(optimizer="sgd", lr=0.1, batch_size=32, weight_decay=1e-3)
    named = replace(erasure, spec=erasure.spec.with_changes("audit", recipe={"epochs": 7, "augment": "none"}))
    recipe = named.recipe
    assert (recipe.epochs, recipe.augment, recipe.lr, recipe.batch_size) == (7, "none", 0.1, 32)
    assert named.known.unknown == ("schedule",) and named.recipe_is_guessed
    assert named.known.text() == (
        "optimiser, learning rate, batch size and weight decay are known from args in the checkpoint, "
        "epochs and augmentation from [audit.recipe]; guessed: schedule"
    )
    sources = named.known.all_sources()
    assert [sources[key] for key in ("epochs", "lr", "schedule", "clip")] == [
        "[audit.recipe]", "args in the checkpoint", "guessed", "assumed",
    ]  # fmt: skip
    other = replace(erasure, spec=erasure.spec.with_changes("audit", recipe={"optimizer": "adamw"}))
    assert other.recipe.lr == 0.001 and "lr" in other.known.unknown, "a rate belongs to its optimiser"
    steps = replace(erasure, spec=erasure.spec.with_changes("audit", recipe={"schedule": "step"}))
    with pytest.raises(SpecError, match="a schedule of steps needs milestones"):
        steps.recipe  # noqa: B018
    assert erasure.audit_digest != named.audit_digest


def test_a_named_key_leaves_the_rest_of_our_own_record(tiny_workspace: Workspace, tiny_spec: RunSpec) -> None:
    erasure = Erasure.of(tiny_workspace, tiny_spec.with_changes("audit", recipe={"epochs": 3}))
    own = tiny_workspace.recipe
    assert erasure.recipe == own.model_copy(update={"epochs": 3}) and not erasure.recipe_is_guessed
    assert (own.lr, own.batch_size) == (0.1, 32), "which are not this program's defaults"
    whole = tiny_spec.with_changes("audit", recipe=own)
    assert Erasure.of(tiny_workspace, parse_spec(tomllib.loads(whole.to_toml()))).recipe == own
    assert "epochs = 3" in erasure.spec.to_toml() and "lr = 0.3" not in erasure.spec.to_toml()
