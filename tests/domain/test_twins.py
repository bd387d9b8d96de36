"""The same picture twice is found by its pixels, and what that means for a forget set is said."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from maga_desk.domain import twins
from maga_desk.domain.errors import ForgetError
from maga_desk.domain.forget import from_indices, joined
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory

CLASSES = ("cat", "dog")


def split_of(split: Literal["train", "test"], pixels: list[int]) -> PictureIndex:
    """Six pictures or fewer, cats and dogs by turns; those with the same number have the same pixels."""
    drawn = [np.random.default_rng(number).integers(0, 256, (3, 8, 8), dtype=np.uint8) for number in pixels]
    labels = np.arange(len(pixels)) % 2
    names = tuple(f"{split}/{CLASSES[label]}/{i}.png" for i, label in enumerate(labels))
    return PictureIndex(InMemory(np.stack(drawn)), labels, labels, names, split)


@pytest.fixture
def images() -> ImageSet:
    """``train/cat/0`` is ``train/dog/3``, ``train/cat/2`` is ``train/cat/4`` and ``test/cat/0``."""
    return ImageSet(split_of("train", [1, 2, 3, 1, 3, 5]), split_of("test", [3, 7]), CLASSES, CLASSES)


def test_pictures_under_two_classes_and_in_two_splits_are_named(images: ImageSet) -> None:
    first, second = images.twins.notes()
    assert first.startswith("2 pictures are under several classes") and "train/cat/0.png is train/dog/3.png" in first
    assert second.startswith("2 training pictures are among the test pictures as well")
    assert "train/cat/2.png is test/cat/0.png" in second


def test_what_a_forget_set_leaves_in_sight(images: ImageSet) -> None:
    left = images.twins.left_by(np.array([0, 2]))
    assert left.counts() == {"stay": 2, "test": 1}
    assert left.positions.tolist() == [3, 4]
    stay, test = left.warnings()
    assert "2 pictures to forget have the very same pixels as a picture that stays" in stay and "--with-twins" in stay
    assert "the model goes on learning them" in stay and "train/cat/2.png is test/cat/0.png" in test
    assert images.twins.left_by(np.array([0, 2, 3, 4])).counts() == {"stay": 0, "test": 2}
    assert images.twins.left_by(np.array([1])).warnings() == ()


def test_the_twins_go_as_well_and_are_then_single_pictures(images: ImageSet) -> None:
    catalogue = images.catalogue()
    cats = from_indices([0, 2, 4], catalogue)
    whole = joined(cats, images.twins.left_by(cats.indices).positions, catalogue)
    assert whole.indices.tolist() == [0, 2, 3, 4] and cats.task == "class" and whole.task == "random"
    assert whole.notes == ("1 picture with the very same pixels is forgotten as well.",)
    with pytest.raises(ForgetError, match="everything"):
        joined(from_indices([0, 1, 2, 4, 5], catalogue), np.array([3]), catalogue)


def test_the_table_has_every_picture_of_a_group_that_matters(images: ImageSet) -> None:
    rows = images.twins.table(CLASSES, np.array([0])).splitlines()
    assert rows[:3] == ["group,picture,class,part", "1,train/cat/0.png,cat,forgotten", "1,train/dog/3.png,dog,stays"]
    assert rows[3:] == ["2,train/cat/2.png,cat,stays", "2,train/cat/4.png,cat,stays", "2,test/cat/0.png,cat,test"]
    lonely = ImageSet(split_of("train", [1, 2]), split_of("test", [3, 4]), CLASSES, CLASSES)
    assert lonely.twins.table(CLASSES, np.array([0])) == ""


def test_large_pictures_that_agree_in_the_sample_are_compared_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twins, "_SAMPLED", 3 * 8)  # one line of eight
    one = split_of("train", [1, 1, 1])
    pixels = one.whole()
    pixels[2, :, 1:] += 1
    images = ImageSet(one, split_of("test", [9]), CLASSES, CLASSES)
    assert len(set(one.samples)) == 1
    assert [each.position for each in images.twins.groups[0]] == [0, 1] and len(images.twins.groups) == 1


@pytest.mark.parametrize("place", [0, 3, 4, 7, 13])
@pytest.mark.parametrize("bit", [0, 1, 7])
def test_one_bit_anywhere_makes_another_sample(place: int, bit: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (300, 3, 3, 3), dtype=np.uint8)  # 27 bytes: no whole words
    changed = pixels.copy()
    changed.reshape(300, -1)[:, place] ^= 1 << bit
    assert (twins.samples_of(pixels) != twins.samples_of(changed)).all()
    assert (twins.samples_of(pixels[7:9]) == twins.samples_of(pixels)[7:9]).all()


def test_pictures_whose_samples_agree_by_chance_are_no_twins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PictureIndex, "samples", property(lambda self: np.zeros(len(self), dtype=np.uint64)))
    images = ImageSet(split_of("train", [1, 2, 1, 4]), split_of("test", [9, 4]), CLASSES, CLASSES)
    found = [[(each.train, each.position) for each in group] for group in images.twins.groups]
    assert found == [[(True, 0), (True, 2)], [(True, 3), (False, 1)]]


def test_pixels_are_read_once_for_the_fingerprint_and_the_twins(images: ImageSet) -> None:
    assert images.fingerprint and "samples" in images.train.__dict__
    by_fingerprint = images.train.samples
    fresh = ImageSet(split_of("train", [1, 2, 3, 1, 3, 5]), images.test, CLASSES, CLASSES)
    assert (fresh.train.samples == by_fingerprint).all()


def test_thousands_of_the_same_picture_take_no_longer_than_as_many_others() -> None:
    blank = PictureIndex(
        InMemory(np.zeros((4_000, 3, 2, 2), dtype=np.uint8)), np.arange(4_000) % 2, np.arange(4_000) % 2,
        tuple(map(str, range(4_000))),
    )  # fmt: skip
    left = ImageSet(blank, blank, CLASSES, CLASSES).twins.left_by(np.arange(2_000))
    assert left.counts() == {"stay": 2_000, "test": 2_000} and len(left.positions) == 2_000
