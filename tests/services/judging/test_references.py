"""Retrained models that were made here before: found by their record, and what a new one costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.durations import rough
from maga_desk.domain.events import Message, drained
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.costs import expected_retraining
from maga_desk.services.judging.references import estimate_retraining, fitting, reference
from maga_desk.services.judging.trainings import SEED, SHADOW_SEEDS, Reference, Training, train_without
from maga_desk.services.judging.yardsticks import claim
from maga_desk.services.workspace import open_workspace
from tests.conftest import with_record

RECIPE = {"epochs": 1, "batch_size": 64, "lr": 0.1}


@pytest.fixture
def erasure(tiny_spec: RunSpec, tiny_model: Path, tmp_path: Path) -> Erasure:
    """Forget the rings, of a net whose recipe is short."""
    original = with_record(tiny_model, tmp_path / "original.safetensors", recipe=RECIPE)
    spec = tiny_spec.with_changes("model", checkpoint=str(original)).with_changes("audit", depth="quick")
    return Erasure.of(drained(open_workspace(spec, RunControl())), spec)


def trained(erasure: Erasure, seed: int) -> Reference:
    made: Reference = drained(train_without(erasure, Training(erasure.gone, seed), RunControl(), "Retraining"))
    return made


def test_a_model_that_fits_is_used_whatever_the_seed(erasure: Erasure) -> None:
    assert drained(reference(erasure, RunControl())) is None
    made = trained(erasure, SEED)
    other_seed = Erasure.of(erasure.workspace, erasure.spec.model_copy(update={"seed": 3}))
    for each in (erasure, other_seed):
        found = drained(reference(each, RunControl()))
        assert found is not None and found.path == made.path
    assert claim(other_seed, made.model, made.info, made.path).by_record


def test_of_two_that_fit_the_seeds_own_is_used(erasure: Erasure) -> None:
    own = trained(erasure, SEED)
    trained(erasure, SEED + 1)
    found = fitting(erasure)
    assert found is not None and found.path == own.path


def test_no_model_of_another_request_recipe_or_purpose_is_used(erasure: Erasure) -> None:
    trained(erasure, SHADOW_SEEDS[0])
    assert fitting(erasure) is None, "attacks compare with shadow models"
    trained(erasure, SEED)
    others = (
        erasure.spec.with_changes("forget", classes=("disc",)),
        erasure.spec.with_changes("audit", recipe=TrainRecipe(**{**RECIPE, "epochs": 2})),
    )
    for spec in others:
        assert fitting(Erasure.of(erasure.workspace, spec)) is None


def test_what_retraining_costs_is_said_before(erasure: Erasure) -> None:
    assert expected_retraining(erasure) is None, "nothing is known"
    (told,) = [event for event in estimate_retraining(erasure, RunControl()) if isinstance(event, Message)]
    assert told.text.startswith("Retraining takes ")
    assert "on this machine, 360 picture passes (180 forward, 180 backward)" in told.text
    known = expected_retraining(erasure)
    assert known is not None and rough(known) in told.text, "what was measured is said on the Run page, too"
    trained(erasure, SEED)
    (told,) = [event for event in estimate_retraining(erasure, RunControl()) if isinstance(event, Message)]
    assert "nothing is trained" in told.text
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        drained(
            estimate_retraining(Erasure.of(erasure.workspace, erasure.spec.model_copy(update={"seed": 1})), control)
        )
