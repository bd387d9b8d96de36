"""The index of pictures: what it gives, whatever backs it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from maga_desk.domain import pictures, pixels
from maga_desk.domain.errors import DataError
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory, Mapped

SIZES = {"train/a/0": (300, 200), "train/b/3": (2048, 512)}


def original(name: str) -> Image.Image:
    if name not in SIZES:
        raise DataError("gone")
    return Image.new("RGB", SIZES[name], (9, 8, 7))


@pytest.fixture
def index() -> PictureIndex:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 6), dtype=np.uint8)
    kinds = np.array([0, 0, 1, 1, 2])
    names = ("train/a/0", "train/a/1", "train/b/2", "train/b/3", "train/c/4")
    columns = {"subject": np.array([7, 8, 9, 7, 8]), "camera": ("x", "y", "x", "y", "z")}
    return PictureIndex(InMemory(pixels), kinds, kinds, names, columns=columns, opener=original)


def set_of(index: PictureIndex) -> ImageSet:
    return ImageSet(index, replace(index, split="test"), ("a", "b", "c"), ("a", "b", "c"))


def test_pixels_by_position(index: PictureIndex) -> None:
    whole = index.whole()
    assert (len(index), index.size, whole.shape, whole.dtype) == (5, (4, 6), (5, 3, 4, 6), np.uint8)
    np.testing.assert_array_equal(index.pixels(np.array([3, 0])), whole[[3, 0]])
    np.testing.assert_array_equal(index.picture(4), whole[4])


def test_originals_are_opened_at_most_so_large_and_else_the_pixels_shown(index: PictureIndex) -> None:
    assert index.open(0).size == (300, 200)
    assert index.open(3).size == (1024, 256)
    assert index.open(3, largest=64).size == (64, 16)
    for without in (index.open(1), replace(index, opener=None).open(1)):
        np.testing.assert_array_equal(np.asarray(without).transpose(2, 0, 1), index.picture(1))


def test_what_is_taken_keeps_everything_that_is_known(index: PictureIndex) -> None:
    taken = index.take(np.array([3, 1]))
    assert taken.names == ("train/b/3", "train/a/1")
    assert taken.kinds.tolist() == [1, 0]
    assert taken.columns["subject"].tolist() == [7, 8] and taken.columns["camera"] == ("y", "y")
    assert taken.open(0).size == (1024, 256)
    np.testing.assert_array_equal(taken.whole(), index.whole()[[3, 1]])


def test_the_fingerprint_is_that_of_all_bytes_at_once_and_made_once(
    index: PictureIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = (5, 3, 4, 6)
    digest = hashlib.sha256(repr((shape, ("a", "b", "c"))).encode() + index.labels.tobytes() + index.whole().tobytes())
    monkeypatch.setattr(pictures, "_CHUNK", 2)
    images = set_of(index)
    assert images.fingerprint == digest.hexdigest()[:16]
    monkeypatch.setattr(PictureIndex, "hash_into", lambda *_: pytest.fail("hashed again"))
    assert images.fingerprint == digest.hexdigest()[:16]


def test_other_labels_are_another_fingerprint(index: PictureIndex) -> None:
    images = set_of(index)
    families = images.with_families({"a": "x", "b": "x", "c": "y"})
    assert families.train.labels.tolist() == [0, 0, 0, 0, 1]
    assert families.fingerprint != images.fingerprint


def test_held_out_pictures_know_that_they_are(index: PictureIndex) -> None:
    images = set_of(index).holding_out(0.5)
    assert images.held_out is not None
    assert (images.train.split, images.test.split, images.held_out.split) == ("train", "test", "held-out")
    assert sorted(images.test.names + images.held_out.names) == sorted(index.names)
    assert images.judged_on_held_out().test.split == "test"


def test_a_mapped_file_is_let_go_after_many_single_pictures_too(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = list[int]()
    monkeypatch.setattr(pixels, "_let_go", lambda array: let_go.append(len(array)))
    backing = Mapped(np.zeros((4, 3, 2, 2), dtype=np.uint8), "")
    for count in range(1, 2 * pixels._MANY + 1):
        backing.at(np.array([count % 4]))
        assert len(let_go) == count // pixels._MANY
