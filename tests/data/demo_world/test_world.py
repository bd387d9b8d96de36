from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from maga_desk.data.demo_world.kinds import FAMILIES, FAMILY_OF, KINDS
from maga_desk.data.demo_world.world import WORLD_VERSION, demo_world, render, stream
from maga_desk.domain.pictures import ImageSet

# One picture of each kind from seed 0. When a drawing changes on purpose, raise WORLD_VERSION and retrain the
# classifiers in resources/demo.
VERSION = 1
DIGEST = "d4051537743b4537"


@pytest.fixture(scope="module")
def gallery() -> dict[str, np.ndarray]:
    """Kind -> 40 pictures ``(40, 32, 32, 3) float64``."""
    return {
        kind: np.stack([render(kind, stream(0, "train", kind, i + 1)) for i in range(40)]).astype(np.float64)
        for kind in KINDS
    }


@pytest.fixture
def world() -> ImageSet:
    return demo_world(train_per_kind=3, test_per_kind=2)


def test_twenty_kinds_in_five_families() -> None:
    assert [len(kinds) for kinds in FAMILIES.values()] == [4] * 5
    assert sorted(FAMILY_OF) == list(KINDS)
    assert all(kind in FAMILIES[family] for kind, family in FAMILY_OF.items())


def test_pixels_are_those_that_the_shipped_classifiers_were_trained_on() -> None:
    digest = hashlib.sha256()
    for kind in KINDS:
        digest.update(render(kind, stream(0, "train", kind, 1)).tobytes())
    assert (WORLD_VERSION, digest.hexdigest()[:16]) == (VERSION, DIGEST)


def test_counts_shapes_types_and_names(world: ImageSet) -> None:
    assert world.classes == world.kinds == KINDS
    assert world.families is None
    for split, part, count in ((world.train, "train", 3), (world.test, "test", 2)):
        assert split.whole().shape == (20 * count, 3, 32, 32)
        assert split.whole().dtype == np.uint8
        assert split.labels.dtype == split.kinds.dtype == np.int64
        assert np.bincount(split.labels).tolist() == [count] * 20
        assert len(set(split.names)) == len(split) == 20 * count
        for name, label in zip(split.names, split.labels, strict=True):
            assert name.startswith(f"{part}/{KINDS[label]}/")
    assert world.train.names[:3] == ("train/apple/0001.png", "train/apple/0002.png", "train/apple/0003.png")


def test_a_smaller_world_is_the_beginning_of_a_larger_one(world: ImageSet) -> None:
    larger = demo_world(train_per_kind=5, test_per_kind=3)
    found = dict(zip(larger.train.names, larger.train.whole(), strict=True))
    for name, image in zip(world.train.names, world.train.whole(), strict=True):
        np.testing.assert_array_equal(image, found[name])


def test_seeds_give_different_worlds(world: ImageSet) -> None:
    other = demo_world(seed=1, train_per_kind=3, test_per_kind=2)
    assert not (other.train.whole() == world.train.whole()).all(axis=(1, 2, 3)).any()


def test_no_picture_occurs_twice(world: ImageSet) -> None:
    pictures = [image.tobytes() for split in (world.train, world.test) for image in split.whole()]
    assert len(set(pictures)) == len(pictures)


def test_families_relabel_the_same_pictures(world: ImageSet) -> None:
    families = world.with_families(FAMILY_OF)
    assert families.classes == tuple(sorted(FAMILIES))
    assert np.bincount(families.train.labels).tolist() == [12] * 5
    assert families.train.backing is world.train.backing


def test_kinds_of_one_family_share_edges(gallery: dict[str, np.ndarray]) -> None:
    outlines = {kind: _outline(pictures) for kind, pictures in gallery.items()}

    def likeness(kind: str, others: list[str]) -> float:
        return float(np.mean([(outlines[kind] * outlines[other]).mean() for other in others if other != kind]))

    for family, kinds in FAMILIES.items():
        strangers = [kind for kind in KINDS if FAMILY_OF[kind] != family]
        within = np.mean([likeness(kind, list(kinds)) for kind in kinds])
        across = np.mean([likeness(kind, strangers) for kind in kinds])
        assert within > across + 0.03, family


def test_every_kind_has_a_shape_of_its_own(gallery: dict[str, np.ndarray]) -> None:
    """The mean outline of fresh pictures is among the three likest to its own kind's."""
    known = {kind: _outline(pictures[:20]) for kind, pictures in gallery.items()}
    for kind, pictures in gallery.items():
        fresh = _outline(pictures[20:])
        ranked = sorted(KINDS, key=lambda other: -float((fresh * known[other]).mean()))
        assert kind in ranked[:3], f"{kind} looks like {ranked[:3]}"


def test_colours_do_not_give_the_kind_away(gallery: dict[str, np.ndarray]) -> None:
    """The nearest mean colour of the middle of a picture names the kind hardly better than chance (1 in 4)."""
    colours = {kind: pictures[:, 8:24, 8:24].mean(axis=(1, 2)) for kind, pictures in gallery.items()}
    hits = 0
    for kinds in FAMILIES.values():
        means = np.stack([colours[kind][:20].mean(axis=0) for kind in kinds])
        for i, kind in enumerate(kinds):
            distances = np.linalg.norm(colours[kind][20:, None] - means, axis=2)
            hits += int((distances.argmin(axis=1) == i).sum())
    assert hits / 400 < 0.4


def test_a_larger_picture_shows_the_same_thing() -> None:
    likeness = []
    for kind in KINDS:
        small = render(kind, stream(0, "test", kind, 1)).astype(np.float64)
        large = render(kind, stream(0, "test", kind, 1), size=96)
        assert large.shape == (96, 96, 3)
        reduced = large.reshape(32, 3, 32, 3, 3).mean(axis=(1, 3))
        likeness.append(np.corrcoef(small.ravel(), reduced.ravel())[0, 1])
    assert np.median(likeness) > 0.9


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(KeyError, match="spoon"):
        render("spoon", np.random.default_rng(0))


def test_progress_counts_up_to_all_pictures() -> None:
    heard: list[tuple[int, int]] = []
    demo_world(train_per_kind=8, test_per_kind=2, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(0, 200), (100, 200), (200, 200)]


def test_what_progress_raises_stops_the_drawing_and_keeps_nothing(home: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        demo_world(train_per_kind=1, test_per_kind=1, progress=stop)
    assert not list(home.rglob("*.npz"))


def _outline(pictures: np.ndarray) -> np.ndarray:
    """The mean edge strength of pictures and their mirror images, standardised: ``(31, 31) float64``."""
    grey = pictures.mean(axis=3)
    edges = np.abs(np.diff(grey, axis=1))[:, :, :-1] + np.abs(np.diff(grey, axis=2))[:, :-1]
    mean = np.minimum(edges, 60).mean(axis=0)
    mean = mean + mean[:, ::-1]
    return (mean - mean.mean()) / mean.std()
