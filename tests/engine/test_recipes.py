"""Training by what a recipe says: optimiser, schedule, changed and mixed pictures, frozen parameters, a start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from maga_desk.data.augmentation import augment, blended
from maga_desk.data.batches import Normalisation, Pictures, step_generator
from maga_desk.domain.errors import CheckpointError, SpecError
from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.engine.routine import Routine, fresh_model, optimizer_of, supervised, take_step
from maga_desk.engine.schedules import schedule_of
from maga_desk.models.checkpoint import read_state
from maga_desk.models.runtime import Runtime

RUNTIME = Runtime(torch.device("cpu"))


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    rng = np.random.default_rng(0)
    labels = np.arange(16) % 4
    index = PictureIndex(
        InMemory(rng.integers(0, 256, (16, 3, 8, 8)).astype(np.uint8)), labels, labels, tuple(map(str, range(16)))
    )
    return Pictures(index, Normalisation.of(index), RUNTIME.device)


def routine(pictures: Pictures, recipe: TrainRecipe, start: str | None = None) -> Routine:
    model = fresh_model("resnet8", 4, 0, RUNTIME, start)
    return supervised(model, pictures, torch.arange(16), RUNTIME, recipe, 0)


def test_a_recipe_is_written_as_before_where_it_says_nothing_new() -> None:
    assert TrainRecipe().model_dump_json() == (
        '{"epochs":15,"lr":0.3,"batch_size":128,"momentum":0.9,"weight_decay":0.0005,"augment":true}'
    )
    said = {"optimizer": "adamw", "schedule": "step", "milestones": [3, 5], "augment": "crop", "frozen": ["stem."]}
    recipe = TrainRecipe.model_validate(said)
    assert recipe.lr == 1e-3, "SGD's rate would wreck it"
    assert TrainRecipe.model_validate(recipe.model_dump(mode="json")) == recipe
    assert recipe.model_dump(mode="json").items() >= said.items()
    assert TrainRecipe(augment=False).model_dump()["augment"] is False  # type: ignore[arg-type]
    assert recipe.text().startswith("AdamW, learning rate 0.001, steps by 0.1 after 3, 5, 15 epochs")
    assert "start" not in TrainRecipe(start="a.pt").recorded()
    with pytest.raises(ValueError, match="needs milestones"):
        TrainRecipe(schedule="step")


@pytest.mark.parametrize(
    ("optimizer", "kind"),
    [
        ("sgd", torch.optim.SGD),
        ("adam", torch.optim.Adam),
        ("adamw", torch.optim.AdamW),
        ("rmsprop", torch.optim.RMSprop),
    ],
)
def test_the_optimiser_is_the_one_named(optimizer: Any, kind: type, pictures: Pictures) -> None:
    recipe = TrainRecipe(optimizer=optimizer, lr=0.01, weight_decay=0.02, nesterov=False, epochs=1)
    made = optimizer_of(torch.nn.Linear(2, 2), recipe)
    assert type(made) is kind
    (group,) = made.param_groups
    assert (group["lr"], group["weight_decay"]) == (0.01, 0.02) and not group.get("nesterov")


def test_learning_rates_are_those_of_torchs_schedules() -> None:
    weight = torch.nn.Parameter(torch.zeros(1))

    def stepped(make: Any, count: int) -> list[float]:
        optimizer = torch.optim.SGD([weight], 0.1)
        schedule = make(optimizer)
        rates = []
        for _ in range(count):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
        return rates

    def said(**keys: Any) -> list[float]:
        recipe = TrainRecipe(epochs=6, lr=0.1, **keys)
        return [schedule_of(recipe, 2)(step) for step in range(12)]

    assert said(schedule="cosine") == pytest.approx(stepped(lambda o: lr_scheduler.CosineAnnealingLR(o, 12), 12))
    steps = stepped(lambda o: lr_scheduler.MultiStepLR(o, [4, 8], 0.2), 12)
    assert said(schedule="step", milestones=(2, 4), gamma=0.2) == pytest.approx(steps)
    line = stepped(lambda o: lr_scheduler.LinearLR(o, 1, 0, 12), 12)
    assert said(schedule="linear") == pytest.approx(line)
    assert said(schedule="constant") == [0.1] * 12
    assert said(schedule="constant", warm_up=2) == pytest.approx([0.025, 0.05, 0.075, 0.1] + [0.1] * 8)
    assert said(schedule="step", milestones=(2, 4), gamma=0.2, warm_up=1)[2:] == pytest.approx(steps[2:])


@pytest.mark.parametrize("how", ["flip", "crop", "none"])
def test_pictures_are_changed_as_the_recipe_says(how: Any) -> None:
    images = torch.rand(12, 3, 8, 8)
    seen = augment(images, step_generator(0, 0), how)
    assert seen.shape == images.shape and torch.equal(seen, augment(images, step_generator(0, 0), how))
    same = [bool((a == b).all()) for a, b in zip(seen, images, strict=True)]
    flipped = [bool((a == b.flip(2)).all()) for a, b in zip(seen, images, strict=True)]
    if how == "none":
        assert all(same)
    elif how == "flip":
        assert any(same) and any(flipped) and all(a or b for a, b in zip(same, flipped, strict=True))
    else:
        assert not any(same) and float(seen.min()) >= 0 and float(seen.max()) <= 1


@pytest.mark.parametrize(("mixup", "cutmix"), [(0.4, 0.0), (0.0, 1.0)])
def test_mixed_pictures_are_of_both_in_the_share_that_is_said(mixup: float, cutmix: float) -> None:
    images = torch.arange(8.0).view(8, 1, 1, 1).expand(8, 1, 16, 16)
    for step in range(5):
        mixed, other, share = blended(images, step_generator(1, step), mixup, cutmix)
        wanted = share * images[:, 0, 0, 0] + (1 - share) * images[other, 0, 0, 0]
        assert torch.allclose(mixed.mean(dim=(1, 2, 3)), wanted, atol=1e-5)
        assert cutmix == 0 or set(mixed.unique().tolist()) <= set(range(8))


def test_labels_are_smoothed_and_mixed_in_the_loss(pictures: Pictures) -> None:
    plain = TrainRecipe(augment=False, batch_size=16)  # type: ignore[arg-type]
    losses = [
        float(routine(pictures, plain.model_copy(update=said)).loss(0).detach())
        for said in ({}, {"label_smoothing": 0.3}, {"mixup": 1.0}, {"cutmix": 1.0})
    ]
    assert len(set(losses)) == 4 and all(np.isfinite(losses))


def test_gradients_are_clipped(pictures: Pictures) -> None:
    made = routine(pictures, TrainRecipe(clip=1e-3, batch_size=16))
    take_step(made, 0)
    lengths = torch.stack([weight.grad.norm() for weight in made.model.parameters() if weight.grad is not None])
    assert float(lengths.norm()) <= 1.01e-3


def test_what_is_frozen_stays_and_a_wrong_name_is_said(pictures: Pictures, tiny_model: Path) -> None:
    names = [name for name, _ in fresh_model("resnet8", 4, 0, RUNTIME).named_parameters()]
    made = routine(pictures, TrainRecipe(frozen=(names[0],), batch_size=16, lr=0.1), str(tiny_model))
    before = {name: weight.detach().clone() for name, weight in made.model.named_parameters()}
    take_step(made, 0)
    stayed = [name for name, weight in made.model.named_parameters() if torch.equal(weight, before[name])]
    assert stayed == names[:1]
    with pytest.raises(SpecError, match="no parameter's name begins with 'encoder'"):
        routine(pictures, TrainRecipe(frozen=("encoder",)))


def test_training_starts_from_a_checkpoints_weights_but_for_another_head(tiny_model: Path, tmp_path: Path) -> None:
    state, _ = read_state(tiny_model)
    own, other = (
        fresh_model("resnet8", 4, 3, RUNTIME, str(tiny_model)),
        fresh_model("resnet8", 7, 3, RUNTIME, str(tiny_model)),
    )
    assert all(torch.equal(tensor, state[name]) for name, tensor in own.state_dict().items())
    fresh = fresh_model("resnet8", 7, 3, RUNTIME).state_dict()
    for name, tensor in other.state_dict().items():
        assert torch.equal(tensor, state[name] if state[name].shape == tensor.shape else fresh[name]), name
    with pytest.raises(CheckpointError, match="is of another net than a resnet20"):
        fresh_model("resnet20", 4, 0, RUNTIME, str(tiny_model))
