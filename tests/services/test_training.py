"""Training by the program's own service."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import OutputError
from maga_desk.domain.events import Ended, Forecast, Message, Progress, Scalars
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import DataSpec
from maga_desk.models.checkpoint import read_state
from maga_desk.services.training import TrainRequest, train
from tests.conftest import SHAPES


def test_a_net_learns_the_shapes_and_says_how_it_was_made(tiny_folder: Path, tmp_path: Path) -> None:
    recipe = TrainRecipe(epochs=20, batch_size=32, lr=0.1)
    data, out = DataSpec(path=str(tiny_folder)), tmp_path / "shapes.safetensors"
    request = TrainRequest(data, "resnet8", out, recipe=recipe, device="cpu", precision="float32")
    events = list(train(request, RunControl()))
    ended = events[-1]
    assert isinstance(ended, Ended)
    assert ended.summary["accuracy_train"] > 95 and ended.summary["accuracy_test"] > 90
    assert any(isinstance(event, Scalars) for event in events)
    assert [event.pictures for event in events if isinstance(event, Forecast)] == [320]
    state, info = read_state(out)
    assert info.arch == "resnet8" and info.classes == SHAPES and info.made["recipe"] == recipe.model_dump()
    assert all(tensor.isfinite().all() for tensor in state.values())


def test_an_interrupted_training_goes_on_to_the_same_weights(tiny_folder: Path, tmp_path: Path) -> None:
    recipe = TrainRecipe(epochs=2, batch_size=32, lr=0.1)
    whole = TrainRequest(
        DataSpec(path=str(tiny_folder)), "resnet8", tmp_path / "whole.safetensors", recipe, device="cpu"
    )
    list(train(whole, RunControl()))
    parted = replace(whole, out=tmp_path / "parted.safetensors")

    control, said = RunControl(), []
    for event in train(parted, control):
        said.append(event)
        if isinstance(event, Progress) and event.stage == "Training":
            control.cancel()
    assert said[-1] == Ended("cancelled", folder=str(parted.unfinished))
    assert parted.unfinished.exists() and not parted.out.exists()

    with pytest.raises(OutputError, match=r"unfinished training.*--resume"):
        list(train(parted, RunControl()))
    with pytest.raises(OutputError, match="other settings"):
        list(train(replace(parted, seed=1, resume=True), RunControl()))

    going_on = replace(parted, resume=True)
    said = list(train(going_on, RunControl()))
    assert any(isinstance(event, Message) and event.text.startswith("Continuing from step") for event in said)
    first, second = read_state(whole.out)[0], read_state(parted.out)[0]
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not parted.unfinished.exists()

    finished, written = said[-1], parted.out.read_bytes()
    again = list(train(going_on, RunControl()))
    assert any(isinstance(event, Message) and "already finished" in event.text for event in again)
    assert isinstance(finished, Ended) and isinstance(again[-1], Ended) and again[-1].summary == finished.summary
    with pytest.raises(OutputError, match="other settings"):
        list(train(replace(going_on, seed=1), RunControl()))
    assert parted.out.read_bytes() == written


def test_what_training_starts_from_is_never_replaced(tiny_folder: Path, tmp_path: Path) -> None:
    start = tmp_path / "start.safetensors"
    start.write_bytes(b"kept")
    recipe = TrainRecipe(epochs=1, start=str(start))
    request = TrainRequest(DataSpec(path=str(tiny_folder)), "resnet8", start, recipe, force=True, device="cpu")
    with pytest.raises(OutputError, match="starts from"):
        list(train(request, RunControl()))
    assert start.read_bytes() == b"kept"
