"""Facts of what is marked are counted by codes, and are what comparing every value finds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maga_desk.domain.basket_facts import Losses, SameGroup, basket_facts, same_group, spread
from maga_desk.domain.evenly import evenly_placed
from maga_desk.domain.forget import from_indices
from maga_desk.domain.pictures import ImageSet, PictureIndex, SplitName
from maga_desk.domain.pixels import InMemory

TRAIN, TEST = 12, 5


def split_of(split: SplitName, columns: dict[str, Any], count: int) -> PictureIndex:
    pixels = np.arange(count * 3, dtype=np.uint8).reshape(count, 3, 1, 1)
    labels = np.arange(count) % 3
    names = tuple(f"{split}/{place}.png" for place in range(count))
    return PictureIndex(InMemory(pixels), labels, labels, names, split, columns)


def images_of(train: Any, test: Any) -> ImageSet:
    known = {} if test is None else {"subject": test}
    classes = ("cat", "dog", "elk")
    return ImageSet(split_of("train", {"subject": train}, TRAIN), split_of("test", known, TEST), classes, classes)


def text(value: Any) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value).strip()


def naive_group(images: ImageSet, marked: list[int], stays: list[int]) -> SameGroup:
    train = [text(each) for each in images.train.columns["subject"]]
    of = {train[place] for place in marked} - {""}
    test = [text(each) for each in images.test.columns.get("subject", ())]
    return SameGroup(
        "subject",
        len(of),
        sum(not train[place] for place in marked),
        sum(train[place] in of for place in stays),
        sum(each in of for each in test),
    )


def naive_spread(labels: Any, marked: list[int], count: int) -> tuple[int, ...]:
    if not marked or count < 1:
        return ()
    of: dict[int, list[int]] = {}
    for place in marked:
        of.setdefault(int(labels[place]), []).append(place)
    groups = sorted((of[label] for label in sorted(of)), key=lambda group: -len(group))
    groups = [groups[place] for place in evenly_placed(len(groups), count)]
    each, more = divmod(count, len(groups))
    found = [
        group[place]
        for number, group in enumerate(groups)
        for place in evenly_placed(len(group), each + (number < more))
    ]
    return tuple(found[:count])


def naive_hardness(labels: Any, marked: list[int], stays: list[int], losses: Any) -> tuple[float, ...] | None:
    mine = {labels[place] for place in marked}
    rest = [place for place in stays if labels[place] in mine] or stays
    if not rest or not marked:
        return None
    median = float(np.median([losses[place] for place in marked]))
    below = [losses[place] < median for place in rest]
    return median, float(np.median([losses[place] for place in rest])), 100 * float(np.mean(below))


value = st.sampled_from(["", " ", "a", " a", "b", "1", "1.0", 1, 1.0, True, 0.0, -0.0, None, math.nan, b"a"])
numbers = st.sampled_from([0.0, -0.0, 1.0, 2.5, math.nan])


def column(count: int) -> Any:
    plain = st.lists(value, min_size=count, max_size=count).map(tuple)
    floats = st.lists(numbers, min_size=count, max_size=count)
    array = floats.map(np.array) | floats.map(lambda given: np.array(given, dtype=np.float32))
    return plain | array


marks = st.sets(st.integers(0, TRAIN - 1)).map(sorted)


@settings(max_examples=300)
@given(column(TRAIN), st.none() | column(TEST), marks, marks)
def test_of_the_same_person(train: Any, test: Any, marked: list[int], before: list[int]) -> None:
    images = images_of(train, test)
    stays = [place for place in range(TRAIN) if place not in {*marked, *before}]
    places = [np.array(each, dtype=np.int64) for each in (marked, stays)]
    expected = naive_group(images, marked, stays)
    assert same_group(images, *places, "subject") == expected
    assert same_group(images, *places, "subject") == expected, "read once, the column says the same again"


@settings(max_examples=300)
@given(st.lists(st.integers(0, 40), min_size=TRAIN, max_size=TRAIN), marks, st.integers(0, 20))
def test_pictures_that_are_shown(labels: list[int], marked: list[int], count: int) -> None:
    of = np.array(labels, dtype=np.int64)
    assert spread(of, np.array(marked, dtype=np.int64), count) == naive_spread(of, marked, count)


@settings(max_examples=200)
@given(marks.filter(lambda marked: 0 < len(marked) < TRAIN), st.lists(numbers, min_size=TRAIN, max_size=TRAIN))
def test_how_hard_they_are(marked: list[int], losses: list[float]) -> None:
    images = images_of(("",) * TRAIN, None)
    answers = Losses(np.nan_to_num(np.array(losses)), np.zeros(TRAIN, dtype=bool))
    found = basket_facts(images, from_indices(marked, images.catalogue()), "auto", answers=answers).hardness
    stays = [place for place in range(TRAIN) if place not in marked]
    assert found is not None
    assert (found.loss, found.rest, found.harder) == naive_hardness(images.train.labels, marked, stays, answers.losses)
