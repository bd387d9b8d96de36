"""The linear probe finds what is there, and does not find what is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from maga_desk.auditing.parts import parts_of
from maga_desk.auditing.probe import Probing, named_by_probe, probing_of, shown
from maga_desk.data.batches import DeviceSet, Normalisation, to_device
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.forget import ForgetSet, from_indices
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.engine.loop import run
from maga_desk.models.runtime import Runtime
from maga_desk.services.erasure import Erasure

CPU = Runtime(torch.device("cpu"))
PLAIN = Normalisation((0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255))


class Reads(nn.Module):
    """Its features are the mean colour, as far as ``keeps`` lets through."""

    def __init__(self, *keeps: float) -> None:
        super().__init__()
        self.keeps = torch.tensor(keeps)
        self.head = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.head(x.mean(dim=(2, 3)) * self.keeps)
        return outputs


def coloured(per_class: int, seed: int) -> PictureIndex:
    """Three classes: red, green and blue pictures, with noise."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), per_class)
    images = rng.integers(0, 120, (len(labels), 3, 4, 4))
    images[np.arange(len(labels)), labels] += 100
    return PictureIndex(
        InMemory(images.astype(np.uint8)), labels, labels, tuple(f"{seed}/{i}" for i in range(len(labels)))
    )


@pytest.fixture
def world() -> tuple[ImageSet, DeviceSet, ForgetSet]:
    images = ImageSet(coloured(60, 0), coloured(30, 1), ("red", "green", "blue"), ("red", "green", "blue"))
    forget = from_indices(np.arange(120, 180), images.catalogue())
    return images, to_device(images, PLAIN, torch.device("cpu")), forget


def probing(world: tuple[ImageSet, DeviceSet, ForgetSet]) -> Probing:
    images, _, forget = world
    found = probing_of(images, forget, parts_of(images, forget))
    assert found is not None
    return found


def recovered(net: nn.Module, asked: Probing, pictures: DeviceSet, runtime: Runtime, control: RunControl) -> float:
    """Percent that the probe names rightly."""
    return float(named_by_probe(asked, shown(net, asked, pictures, runtime, control)).double().mean() * 100)


def test_it_finds_what_the_features_hold(world: tuple[ImageSet, DeviceSet, ForgetSet]) -> None:
    asked = probing(world)
    assert asked.asked.tolist() == list(range(60, 90))
    assert recovered(Reads(1, 1, 1), asked, world[1], CPU, RunControl()) == 100
    # without the blue channel blue is still what is neither red nor green
    assert recovered(Reads(1, 1, 0), asked, world[1], CPU, RunControl()) > 90
    assert recovered(Reads(0, 0, 0), asked, world[1], CPU, RunControl()) in (0, 100)  # one answer for all
    by_chance = recovered(Scrambled(), asked, world[1], CPU, RunControl())
    assert by_chance < 65


class Scrambled(Reads):
    """Features that have nothing to do with the picture."""

    def __init__(self) -> None:
        super().__init__(1, 1, 1)
        self.drawn = torch.Generator().manual_seed(0)

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.head(torch.randn(len(x), 3, generator=self.drawn))
        return outputs


def test_it_agrees_with_an_independent_fit(world: tuple[ImageSet, DeviceSet, ForgetSet]) -> None:
    images, pictures, _ = world
    asked = probing(world)
    means = [split.whole().astype(np.float64).mean(axis=(2, 3))[:, :2] for split in (images.train, images.test)]
    centre, spread = means[0].mean(axis=0), means[0].std(axis=0)
    plain = LogisticRegression(max_iter=2000).fit((means[0] - centre) / spread, images.train.labels)
    expected = (plain.predict((means[1][60:] - centre) / spread) == 2).mean() * 100
    assert recovered(Reads(1, 1, 0), asked, pictures, CPU, RunControl()) == pytest.approx(expected, abs=3.4)


def test_single_pictures_are_not_probed(world: tuple[ImageSet, DeviceSet, ForgetSet]) -> None:
    images, _, _ = world
    some = from_indices(np.arange(0, 180, 7), images.catalogue())
    assert probing_of(images, some, parts_of(images, some)) is None


def test_it_can_be_cancelled(world: tuple[ImageSet, DeviceSet, ForgetSet]) -> None:
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        recovered(Reads(1, 1, 1), probing(world), world[1], CPU, control)


def test_a_mask_at_the_output_hides_nothing_from_it(tiny_workspace: Any, tiny_spec: Any) -> None:
    forget = tiny_workspace.forget_set(tiny_spec)
    running = run(MethodSpec(name="logit-mask"), Erasure(tiny_workspace, tiny_spec, forget).inputs(), RunControl())
    while True:
        try:
            next(running)
        except StopIteration as stop:
            masked = stop.value.model
            break
    images, pictures = tiny_workspace.images, tiny_workspace.pictures
    asked = probing_of(images, forget, parts_of(images, forget))
    assert asked is not None
    before, after = (
        recovered(net, asked, pictures, tiny_workspace.runtime, RunControl()) for net in (tiny_workspace.model, masked)
    )
    assert before == after > 90


def test_a_sub_class_is_probed_among_the_kinds(tiny_workspace: Any) -> None:
    families = {"cross": "angular", "square": "angular", "disc": "round", "ring": "round"}
    images = tiny_workspace.images.with_families(families)
    ring = images.kinds.index("ring")
    forget = from_indices(np.flatnonzero(images.train.kinds == ring), images.catalogue())
    assert forget.task == "sub-class"
    asked = probing_of(images, forget, parts_of(images, forget))
    assert asked is not None
    assert set(asked.wanted.tolist()) == {ring} and set(asked.truth.tolist()) == {0, 1, 2, 3}
