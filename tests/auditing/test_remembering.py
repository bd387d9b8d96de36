"""The attacks on real nets: one that memorised its pictures must be caught, one that never saw them must not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from maga_desk.auditing.membership import area_under_curve
from maga_desk.auditing.outputs import compute_outputs
from maga_desk.auditing.parts import parts_of
from maga_desk.auditing.shadow_figures import Shadows, confidences, shadow_figures
from maga_desk.data.batches import Normalisation, to_device
from maga_desk.domain.control import RunControl
from maga_desk.domain.forget import from_indices
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.engine.routine import fresh_model, supervised
from maga_desk.models.runtime import Runtime

RUNTIME = Runtime(torch.device("cpu"))
CLASSES = ("a", "b", "c", "d")


def noisy(count: int, seed: int) -> PictureIndex:
    """Pictures that say little of their class, so that a net can only know their labels by heart."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(CLASSES), count)
    pictures = rng.integers(0, 256, (count, 3, 12, 12))
    pictures[np.arange(count), labels % 3, :3, :3] += 40
    names = tuple(f"{seed}/{i}.png" for i in range(count))
    return PictureIndex(InMemory(pictures.clip(0, 255).astype(np.uint8)), labels, labels, names)


@pytest.fixture(scope="module")
def world() -> Any:
    images = ImageSet(noisy(160, 0), noisy(240, 1), CLASSES, CLASSES)
    pictures = to_device(images, Normalisation.of(images.train), RUNTIME.device, augmentation="none")
    forget = from_indices(np.arange(0, 160, 2), images.catalogue())
    return images, pictures, forget


def trained(world: Any, positions: np.ndarray[Any, Any], seed: int) -> nn.Module:
    _, pictures, _ = world
    model = fresh_model("resnet8", len(CLASSES), seed, RUNTIME)
    recipe = TrainRecipe(epochs=25, batch_size=40, lr=0.05, augment=False)
    routine = supervised(model, pictures.train, torch.from_numpy(positions), RUNTIME, recipe, seed)
    model.train()
    for step in range(routine.steps):
        for group in routine.optimizer.param_groups:
            group["lr"] = routine.schedule(step)
        routine.optimizer.zero_grad()
        routine.loss(step).backward()
        routine.optimizer.step()
    return model.eval()


@pytest.fixture(scope="module")
def nets(world: Any) -> dict[str, nn.Module]:
    _, _, forget = world
    kept, everything = np.setdiff1d(np.arange(160), forget.indices), np.arange(160)
    return {
        "remembers": trained(world, everything, 1),
        "never saw": trained(world, kept, 2),
        **{f"without {seed}": trained(world, kept, 10 + seed) for seed in range(3)},
        **{f"with {seed}": trained(world, everything, 20 + seed) for seed in range(3)},
    }


def said(world: Any, net: nn.Module) -> Any:
    images, pictures, forget = world
    return confidences(compute_outputs(net, pictures, RUNTIME, RunControl()), parts_of(images, forget))


def test_the_loss_gives_a_memory_away_and_only_that(world: Any, nets: dict[str, nn.Module]) -> None:
    found = {}
    for name in ("remembers", "never saw"):
        each = said(world, nets[name])
        found[name] = area_under_curve(each.forget, each.non_members)
    assert found["remembers"] > 0.9
    assert 0.35 < found["never saw"] < 0.65


def test_shadow_models_give_a_memory_away_and_only_that(world: Any, nets: dict[str, nn.Module]) -> None:
    without = tuple(said(world, nets[f"without {seed}"]) for seed in range(3))
    # the "unlearning" of these shadows does nothing: what they say is what a net says that still remembers
    forgotten = tuple(said(world, nets[f"with {seed}"]) for seed in range(3))
    shadows, retrained = Shadows(without, forgotten), said(world, nets["never saw"])
    caught = shadow_figures(said(world, nets["remembers"]), retrained, shadows)
    assert caught["rmia"].value > 90 and caught["lira"].value > 90
    cleaned = Shadows(without, without[::-1], seen=forgotten)  # by an unlearning that leaves nothing
    before = shadow_figures(said(world, nets["remembers"]), retrained, cleaned.of_the_original())
    assert before["lira"] == caught["lira"], "the original is judged beside nets that remember, whatever the method"
    clean = shadow_figures(said(world, nets["without 0"]), retrained, Shadows(without[1:], forgotten))
    assert 30 < clean["rmia"].value < 70 and 30 < clean["lira"].value < 70
