"""Training by the program's own service."""

from __future__ import annotations

from pathlib import Path

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Ended, Scalars
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
    state, info = read_state(out)
    assert info.arch == "resnet8" and info.classes == SHAPES and info.made["recipe"] == recipe.model_dump()
    assert all(tensor.isfinite().all() for tensor in state.values())
