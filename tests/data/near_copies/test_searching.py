"""Near copies are found in both splits, others are not, and pictures that all look alike are no N²."""

from __future__ import annotations

import io
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from maga_desk.data.near_copies.buckets import Buckets
from maga_desk.data.near_copies.searching import near_among, search
from maga_desk.data.near_copies.thumbs import SIDE, WHOLE, grey_of, hashes_of, small
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.copies import HOWS, Copies, NearCopies
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory

CLASSES = ("cat", "dog")


def scene(seed: int, side: int = 96) -> Image.Image:
    """A blurred ground with some shapes on it."""
    rng = np.random.default_rng(seed)
    ground = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    pixels = np.array(ground.resize((side, side), Image.Resampling.BICUBIC))
    for _ in range(9):
        y, x, h, w = (int(value) for value in rng.integers([0, 0, 6, 6], [side - 20, side - 20, 36, 36]))
        pixels[y : y + h, x : x + w] = rng.integers(0, 256, 3)
    return Image.fromarray(pixels)


def recompressed(picture: Image.Image) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=50)
    return Image.open(stream).convert("RGB")


CHANGES: dict[str, tuple[Callable[[Image.Image], Image.Image], str]] = {
    "resized": (lambda picture: picture.resize((41, 41)), ""),
    "recompressed": (recompressed, ""),
    "cut": (lambda picture: picture.crop((7, 2, 94, 89)), "cut"),
    "cut at one side": (lambda picture: picture.crop((0, 9, 96, 96)), "cut"),
    "mirrored": (lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "mirrored"),
    "brighter": (lambda picture: ImageEnhance.Brightness(picture).enhance(1.3), ""),
    "mirrored and cut": (
        lambda picture: picture.crop((0, 0, 87, 87)).transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "mirrored and cut",
    ),
}


def done(search: Generator[Any, None, NearCopies]) -> NearCopies:
    while True:
        try:
            next(search)
        except StopIteration as end:
            found: NearCopies = end.value
            return found


def pixels_of(pictures: list[Image.Image], side: int = 96) -> NDArray[np.uint8]:
    return np.stack([np.asarray(each.resize((side, side))).transpose(2, 0, 1) for each in pictures])


def index_of(split: Any, pixels: NDArray[np.uint8]) -> PictureIndex:
    labels = np.arange(len(pixels)) % 2
    names = tuple(f"{split}/{CLASSES[label]}/{i}.png" for i, label in enumerate(labels))
    return PictureIndex(InMemory(pixels), labels, labels, names, split)


def set_of(train: list[Image.Image], test: list[Image.Image]) -> ImageSet:
    return ImageSet(index_of("train", pixels_of(train)), index_of("test", pixels_of(test)), CLASSES, CLASSES)


def pairs(found: NearCopies) -> set[tuple[int, int]]:
    return set(zip(found.first.tolist(), found.second.tolist(), strict=True))


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_copy_is_found_in_the_other_split_and_what_was_done_is_said(name: str) -> None:
    change, how = CHANGES[name]
    originals = [scene(seed) for seed in range(12)]
    found = done(search(set_of(originals, [change(picture) for picture in originals[:6]]), RunControl()))
    assert pairs(found) == {(place, 12 + place) for place in range(6)}
    assert {HOWS[each] for each in found.how.tolist()} == {how} and found.percent.min() >= 90


def test_pictures_that_only_look_alike_are_no_copies() -> None:
    """The same ground with other things on it, the same thing at another place, the same after much blur."""

    def thing(x: int, y: int, colour: tuple[int, int, int]) -> Image.Image:
        picture = scene(3).filter(ImageFilter.GaussianBlur(9))
        picture.paste(colour, (x, y, x + 40, y + 30))
        return picture

    these = [thing(10, 10, (250, 20, 20)), thing(46, 10, (250, 20, 20)), thing(10, 60, (250, 20, 20)), scene(4)]
    found = done(search(set_of(these, [thing(40, 50, (20, 20, 250)), scene(5)]), RunControl()))
    assert not len(found)


def test_of_exact_copies_one_stands_for_all() -> None:
    images = set_of([scene(1), scene(2), scene(1), scene(1)], [scene(1), recompressed(scene(1))])
    found = done(search(images, RunControl()))
    assert pairs(found) == {(0, 5)}
    left = Copies(images, found).left_by([0])
    assert [pair.other.name for pair in left.asked] == ["train/cat/2.png", "train/dog/3.png"]
    assert [(pair.other.name, pair.exact) for pair in left.tested] == [
        ("test/cat/0.png", True), ("test/dog/1.png", False)
    ]  # fmt: skip


def test_one_picture_and_none() -> None:
    thumbs = small(pixels_of([scene(1)]))
    assert not len(done(near_among(thumbs, np.array([0]), RunControl())))
    assert not len(done(near_among(thumbs[:0], np.zeros(0, dtype=np.int64), RunControl())))


def groups(count: int, found: NearCopies) -> int:
    """How many groups hang together, those of one counted too."""
    parent = list(range(count))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for one, other in pairs(found):
        parent[root(one)] = root(other)
    return len({root(place) for place in range(count)})


def test_nearly_black_pictures_are_one_group_and_not_every_pair() -> None:
    thumbs = np.random.default_rng(0).integers(0, 3, (5_000, 3, SIDE, SIDE), dtype=np.uint8)
    found = done(near_among(thumbs, np.arange(5_000), RunControl()))
    assert len(found) == 4_999 and groups(5_000, found) == 1


def alike(count: int) -> NDArray[np.uint8]:
    """Pictures with the same hash, each with little things of its own that are too small for it."""
    rng, thumbs = np.random.default_rng(0), np.repeat(small(pixels_of([scene(1)])), count, axis=0)
    places = rng.integers(0, SIDE - 2, (count, 12, 2))
    for picture in range(count):
        for y, x in places[picture]:
            thumbs[picture, :, y, x] ^= 24
    return thumbs


def test_ten_thousand_equal_hashes_are_no_square() -> None:
    """So many candidates each, and so many comparisons before, however many share a bucket."""
    waves = WHOLE.waves(grey_of(alike(10_000)))
    assert len(np.unique(hashes_of(waves))) < 100
    table = Buckets(waves)
    who, other = table.near(waves[:1_000], 24)
    assert np.bincount(who).tolist() == [24] * 1_000 and (other < 10_000).all()
    assert len({*zip(who.tolist(), other.tolist(), strict=True)} & {(i, i) for i in range(1_000)}) > 990


def test_a_copy_among_pictures_that_all_look_alike_is_found_and_all_hang_together() -> None:
    thumbs, copied = alike(800), 40
    thumbs[-copied:] = np.minimum(thumbs[:copied], 254) + 1  # one level brighter
    found = done(near_among(thumbs, np.arange(len(thumbs)), RunControl()))
    assert {(i, 800 - copied + i) for i in range(copied)} <= pairs(found)
    assert groups(800, found) <= 8 and len(found) <= 2 * 16 * 800


def test_it_can_be_stopped() -> None:
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        done(search(set_of([scene(1), scene(2)], [scene(3), scene(4)]), control))
