"""A retraining from the weights that the original started from: recorded by their hash, and checked before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.events import Message, drained
from maga_desk.domain.files import sha256_of
from maga_desk.domain.specs.forget import ForgetSpec
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import DataSpec, RunSpec
from maga_desk.models.checkpoint import read_info
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.references import fitting, reference
from maga_desk.services.judging.yardsticks import claim
from maga_desk.services.training import TrainRequest, train
from maga_desk.services.workspace import Workspace, listing_pictures

SHORT = TrainRecipe(epochs=1, batch_size=60, optimizer="adamw", schedule="cosine")


@pytest.fixture
def start(tiny_folder: Path, tmp_path: Path) -> Path:
    """Weights that never saw a ring."""
    out = tmp_path / "start.safetensors"
    data, without = DataSpec(path=str(tiny_folder)), ForgetSpec(classes=("ring",))
    list(train(TrainRequest(data, "resnet8", out, SHORT, without, seed=5, device="cpu"), RunControl()))
    return out


def asked(workspace: Workspace, spec: RunSpec, start: Path, made: str = "make") -> Erasure:
    recipe = SHORT.model_copy(update={"start": str(start)}).model_dump()
    return Erasure.of(workspace, spec.with_changes("audit", retrained=made, recipe=recipe))


def test_the_start_is_recorded_and_counts(
    tiny_workspace: Workspace, tiny_spec: RunSpec, start: Path, tmp_path: Path
) -> None:
    tiny_workspace = replace(tiny_workspace, info=replace(tiny_workspace.info, made={}))
    erasure = asked(tiny_workspace, tiny_spec, start)
    events = list(reference(erasure, RunControl()))
    assert any(
        "start.safetensors, which knows the pictures to forget no better" in event.text
        for event in events
        if isinstance(event, Message)
    )
    found = fitting(erasure)
    assert found is not None
    made = read_info(found.path).made
    assert made["start"] == f"sha256:{sha256_of(start)}" and "start" not in made["recipe"]
    assert (made["recipe"]["optimizer"], made["recipe"]["schedule"]) == ("adamw", "cosine")
    moved = start.rename(tmp_path / "elsewhere.safetensors")
    assert fitting(asked(tiny_workspace, tiny_spec, moved)) is not None, "contents count, names do not"
    fresh = Erasure.of(tiny_workspace, tiny_spec.with_changes("audit", recipe=SHORT.model_dump()))
    assert fitting(fresh) is None
    assert not claim(fresh, found.model, found.info, found.path).by_record


def test_a_start_that_knows_the_pictures_is_none(
    tiny_workspace: Workspace, tiny_spec: RunSpec, tiny_model: Path, start: Path, tmp_path: Path
) -> None:
    def refused(erasure: Erasure, why: str) -> None:
        with pytest.raises(CheckpointError, match=why):
            drained(reference(erasure, RunControl()))

    knowing = tmp_path / "knowing.safetensors"
    recipe = TrainRecipe(epochs=20, batch_size=12, lr=0.05, augment="none")
    data = DataSpec(path=str(tiny_workspace.spec.data.path), train_limit=24)
    listed = drained(listing_pictures(data, None, RunControl())).images.train.names
    list(train(TrainRequest(data, "resnet8", knowing, recipe, seed=3, device="cpu"), RunControl()))
    seen = tiny_spec.with_changes("forget", classes=(), pictures=tuple(listed))
    refused(asked(tiny_workspace, seen, tiny_model), "is the original itself")
    refused(asked(tiny_workspace, seen, knowing), "has seen what must be forgotten")
    refused(asked(tiny_workspace, seen, tmp_path / "none.pt"), "No such file")


def test_an_original_that_says_its_start_wants_that_one(
    tiny_workspace: Workspace, tiny_spec: RunSpec, start: Path, tiny_model: Path, tmp_path: Path
) -> None:
    info = tiny_workspace.info.with_made(start=f"sha256:{'0' * 64}")
    tuned = replace(tiny_workspace, info=info)
    for erasure in (
        asked(tuned, tiny_spec, start),
        Erasure.of(tuned, tiny_spec.with_changes("audit", retrained="make")),
    ):
        with pytest.raises(CheckpointError, match="the original was trained from weights 000000000000"):
            drained(reference(erasure, RunControl()))
