"""What reading does alike for every source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import Field

from maga_desk.data.demo_world.world import demo_world
from maga_desk.data.sources.reading import load_pictures
from maga_desk.data.sources.source import Contents, Listing, Source, SourceRequest
from maga_desk.domain.choices import Options, SourceInfo
from maga_desk.domain.errors import DataError, SpecError
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.registry import Registry
from maga_desk.domain.specs.run import DataSpec
from maga_desk.guidance.exemplars import choose_exemplars


class StripeOptions(Options):
    """Its own keys."""

    width: int = Field(40, ge=8, le=4000, description="Of the originals, in pixels")


def listing(split: str, count: int, opener: Callable[[str], Image.Image]) -> Listing:
    kinds = np.repeat(np.arange(2), count)
    numbers = np.arange(2 * count)
    names = tuple(f"{split}/{'ab'[kind]}/{number}" for kind, number in zip(kinds, numbers, strict=True))
    return Listing(names, kinds, opener, columns={"number": numbers})


class Stripes:
    """A source without files; remembers what was opened."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def read(self, request: SourceRequest) -> Contents:
        options = request.options
        assert isinstance(options, StripeOptions)

        def opened(name: str) -> Image.Image:
            self.opened.append(name)
            if name.endswith("/0"):
                raise DataError("unreadable")
            return Image.new("RGB", (options.width, 3 * options.width), (int(name.rpartition("/")[2]), 0, 0))

        return Contents(("a", "b"), listing("train", 20, opened), listing("test", 4, opened))


@pytest.fixture
def stripes(monkeypatch: pytest.MonkeyPatch) -> Stripes:
    made = Stripes()
    register(monkeypatch, Source(SourceInfo("stripes", "Stripes", "Made up.", options=StripeOptions), made.read))
    return made


def register(monkeypatch: pytest.MonkeyPatch, source: Source) -> None:
    registry = Registry("source", "of.no.package", (source,), kind=Source, where="[data] source")
    monkeypatch.setattr("maga_desk.data.sources.reading.SOURCES", registry)


def test_what_the_subset_leaves_out_is_never_opened(stripes: Stripes) -> None:
    images = load_pictures(DataSpec(source="stripes", train_limit=6, subset_seed=4), size=8)
    expected = np.sort(np.random.default_rng(4).choice(40, size=6, replace=False))
    assert images.train.columns["number"].tolist() == expected.tolist()
    assert {name for name in stripes.opened if name.startswith("train")} == set(images.train.names)
    assert images.train.whole()[:, 0, 4, 4].tolist() == expected.tolist()


def test_pictures_that_cannot_be_opened_are_left_out_with_all_that_is_known_of_them(stripes: Stripes) -> None:
    images = load_pictures(DataSpec(source="stripes"), size=8)
    assert images.skipped == ("train/a/0", "test/a/0")
    assert images.train.columns["number"].tolist() == list(range(1, 40))


@pytest.mark.parametrize(("width", "side"), [(40, 40), (300, 224)])
def test_without_a_size_the_first_pictures_shorter_side_counts(stripes: Stripes, width: int, side: int) -> None:
    assert load_pictures(DataSpec(source="stripes", options={"width": width})).size == (side, side)


def test_models_are_asked_about_originals_of_any_source(stripes: Stripes) -> None:
    images = load_pictures(DataSpec(source="stripes"), size=8)
    (first, *_) = choose_exemplars(images.train, np.arange(5), (0,), 2)
    assert first.open().size == (40, 120)


@pytest.mark.parametrize(("options", "says"), [({"wide": 9}, "unknown key 'wide'"), ({"width": 2}, "'width' = 2")])
def test_a_wrong_own_key_is_named(stripes: Stripes, options: dict[str, Any], says: str) -> None:
    with pytest.raises(SpecError, match=says) as caught:
        load_pictures(DataSpec(source="stripes", options=options))
    assert str(caught.value).startswith("[data] options: ") and "\n" not in str(caught.value)
    assert stripes.opened == []


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        (lambda made: Contents(("a",), made, made), "only one class"),
        (lambda made: Contents(("a", "b", "c"), made, made), "no readable training picture of c"),
    ],
)
def test_too_few_classes(monkeypatch: pytest.MonkeyPatch, contents: Callable[[Listing], Contents], says: str) -> None:
    ready = Listing(("x", "y"), np.arange(2), pixels=InMemory(np.zeros((2, 3, 8, 8), dtype=np.uint8)))
    register(monkeypatch, Source(SourceInfo("few", "Few", "Made up."), lambda request: contents(ready)))
    with pytest.raises(DataError, match=says):
        load_pictures(DataSpec(source="few"))


def test_unknown_sources_and_missing_paths_are_said() -> None:
    with pytest.raises(DataError, match=r"no source is called 'x'.*known: auto, demo, folder"):
        load_pictures(DataSpec(source="x"))
    with pytest.raises(DataError, match="no folder or file is given"):
        load_pictures(DataSpec())


def test_the_demo_is_drawn_in_one_size_only() -> None:
    with pytest.raises(DataError, match="drawn at 32 x 32 pixels, not 64"):
        load_pictures(DataSpec(source="demo"), size=64)


def test_a_subset_of_the_demo_is_a_subset_of_its_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maga_desk.data.demo_world.world.demo_world", lambda progress: demo_world(0, 3, 2, progress))
    whole, some = (load_pictures(DataSpec(source="demo", train_limit=limit, subset_seed=2)) for limit in (None, 30))
    expected = np.sort(np.random.default_rng(2).choice(60, size=30, replace=False))
    np.testing.assert_array_equal(some.train.whole(), whole.train.whole()[expected])
    assert some.train.names == tuple(whole.train.names[i] for i in expected)
