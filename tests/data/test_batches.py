"""Device-resident batches: normalisation, augmentation, seeded order."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from maga_desk.data.augmentation import augment
from maga_desk.data.batches import Normalisation, Pictures, Shuffled, step_generator
from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.pixels import InMemory


def test_normalisation_is_the_textbook_one() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (50, 3, 8, 8), dtype=np.uint8)
    split = PictureIndex(InMemory(images), np.zeros(50, np.int64), np.zeros(50, np.int64), tuple(map(str, range(50))))
    normalisation = Normalisation.of(split)
    batch = Pictures(split, normalisation, torch.device("cpu")).batch(torch.arange(50))
    expected = (images / 255 - np.array(normalisation.mean).reshape(3, 1, 1)) / np.array(normalisation.std).reshape(
        3, 1, 1
    )
    np.testing.assert_allclose(batch.numpy(), expected, atol=1e-5)
    assert abs(batch.mean().item()) < 1e-3
    assert abs(batch.std().item() - 1) < 1e-2


def test_augmented_pictures_are_shifted_and_flipped_copies() -> None:
    image = torch.arange(3 * 16 * 16, dtype=torch.float32).view(1, 3, 16, 16) + 1
    padded = torch.nn.functional.pad(image, (2, 2, 2, 2))
    candidates = [
        crop
        for top in range(5)
        for left in range(5)
        for crop in (
            padded[..., top : top + 16, left : left + 16],
            padded.flip(3)[..., top : top + 16, left : left + 16],
        )
    ]
    made = augment(image.expand(200, -1, -1, -1), step_generator(0, 0))
    hits = [next(i for i, c in enumerate(candidates) if torch.equal(c[0], picture)) for picture in made]
    assert len(set(hits)) > 40  # of 50 possible ones


def test_a_step_always_draws_the_same() -> None:
    images = torch.rand(8, 3, 16, 16)
    assert torch.equal(augment(images, step_generator(1, 5)), augment(images, step_generator(1, 5)))
    assert not torch.equal(augment(images, step_generator(1, 5)), augment(images, step_generator(1, 6)))
    assert not torch.equal(augment(images, step_generator(1, 5)), augment(images, step_generator(2, 5)))


def test_every_pass_sees_everything_once_and_steps_can_be_taken_up_anywhere() -> None:
    walk = Shuffled(torch.arange(100, 126), 8, seed=3)
    assert walk.per_epoch == 4
    passes = [torch.cat([walk.at(step) for step in range(4 * n, 4 * n + 4)]) for n in range(2)]
    for seen in passes:
        assert sorted(seen.tolist()) == list(range(100, 126))
    assert passes[0].tolist() != passes[1].tolist()
    fresh = Shuffled(torch.arange(100, 126), 8, seed=3)
    assert fresh.at(6).tolist() == walk.at(6).tolist()


@pytest.mark.parametrize(("count", "batch"), [(26, 8), (5382, 128), (24, 8), (7, 8), (129, 128), (100, 33)])
def test_batches_of_a_pass_are_of_one_size_but_for_one(count: int, batch: int) -> None:
    walk = Shuffled(torch.arange(count), batch, seed=3)
    sizes = [len(walk.at(step)) for step in range(walk.per_epoch)]
    assert sum(sizes) == count and max(sizes) <= batch and max(sizes) - min(sizes) <= 1


def test_no_batch_is_a_single_picture_where_there_are_more() -> None:
    walk = Shuffled(torch.arange(5), 2, seed=3)
    batches = [walk.at(step) for step in range(walk.per_epoch)]
    assert [len(batch) for batch in batches] == [2, 2, 2]
    assert set(torch.cat(batches).tolist()) == set(range(5))
    assert [len(Shuffled(torch.arange(1), 8, seed=3).at(step)) for step in range(2)] == [1, 1]
    assert len(Shuffled(torch.arange(3), 1, seed=3).at(2)) == 1
