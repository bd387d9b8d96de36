"""What stays of copies is found by masks, and is what following every picture that goes finds."""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maga_desk.domain.copies import HOWS, Copies, NearCopies, _joined, _Words
from maga_desk.domain.copies_left import SAME, CopiesLeft, CopyPair
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.specs.forget import CopyDecision
from maga_desk.domain.twins import TwinsLeft

TRAIN, TEST = 14, 4


def split_of(split: Literal["train", "test"], shown: list[int]) -> PictureIndex:
    pixels = np.zeros((len(shown), 3, 2, 2), dtype=np.uint8)
    pixels[:] = np.array(shown, dtype=np.uint8)[:, None, None, None]
    labels = np.arange(len(shown)) % 2
    return PictureIndex(InMemory(pixels), labels, labels, tuple(f"{split}/{i}.png" for i in range(len(shown))), split)


def naive_twins(copies: Copies, gone: set[int], away: set[int]) -> TwinsLeft:
    """Every group is walked, whoever goes."""
    stay, test = [], []
    for group in copies.twins.groups:
        leaving = tuple(each for each in group if each.train and each.position in gone)
        staying = tuple(each for each in group if each.train and each.position not in away)
        unseen = tuple(each for each in group if not each.train)
        stay += [(leaving, staying)] if leaving and staying else []
        test += [(leaving, unseen)] if leaving and unseen else []
    return TwinsLeft(tuple(stay), tuple(test))


def naive(copies: Copies, gone: list[int], decisions: list[CopyDecision], before: list[int]) -> CopiesLeft:
    """What is gone now and what went before, each followed by itself."""
    going, earlier = set(gone), set(before) - set(gone)
    now = naive_once(copies, going, going | earlier, decisions)
    if not earlier:
        return now
    then = naive_once(copies, earlier, going | earlier, decisions)
    return replace(now, before=then.without({pair.other for pair in now.pairs if not pair.is_no_copy}))


def naive_once(copies: Copies, going: set[int], away: set[int], decisions: list[CopyDecision]) -> CopiesLeft:
    """Every picture that goes is followed, whether it is a copy or not."""
    links = copies._links
    words = _Words(decisions, {copies.images.train.names[place] for place in away})
    best: dict[int, Any] = {}
    refused: dict[int, Any] = {}
    ahead: list[Any] = []

    def follow(place: int, source: int, percent: float, length: int, how: str) -> None:
        for other, link, kind in links.get(place, ()):
            if other in going or other in best:
                continue
            if kind != SAME and words.refuse(copies, place, other):
                if place in going:
                    refused.setdefault(other, (place, link, kind))
                continue
            heapq.heappush(ahead, (-min(percent, link), length, other, source, _joined(how, kind)))

    for place in sorted(going):
        follow(place, place, 100.0, 1, SAME)
    while ahead:
        weakness, length, place, source, how = heapq.heappop(ahead)
        if place not in best:
            best[place] = source, -weakness, how
            follow(place, source, -weakness, length + 1, how)
    pairs = []
    for place, (source, percent, how) in {**refused, **best}.items():
        if place in away:
            continue
        decision = words.over(copies.name(place), copies.name(source))
        pair = CopyPair(copies.twin(source), copies.twin(place), percent, how, decision)
        pairs.append(pair._replace(decision=None) if pair.exact and pair.is_no_copy else pair)
    pairs.sort(key=lambda pair: (not pair.exact, -pair.percent, not pair.other.train, pair.other.position))
    return CopiesLeft(naive_twins(copies, going, away), tuple(pairs), copies.near is not None)


places = st.integers(0, TRAIN + TEST - 1)
links = st.lists(
    st.tuples(places, places, st.sampled_from([70.0, 80.0, 90.0]), st.integers(0, len(HOWS) - 1)), max_size=14
)
names = st.integers(0, TRAIN - 1).map(lambda place: f"train/{place}.png")
words = st.lists(st.builds(CopyDecision, picture=names, copy_of=names, no_copy=st.booleans()), max_size=4)


@settings(max_examples=300)
@given(
    st.lists(st.integers(0, 9), min_size=TRAIN, max_size=TRAIN),
    st.lists(st.integers(0, 9), min_size=TEST, max_size=TEST),
    links.map(lambda found: [each for each in found if each[0] != each[1]]),
    st.lists(st.integers(0, TRAIN - 1), max_size=TRAIN),
    words,
    st.lists(st.integers(0, TRAIN - 1), max_size=6),
)
def test_what_stays_is_what_following_every_picture_finds(
    train: list[int],
    test: list[int],
    found: list[Any],
    gone: list[int],
    decisions: list[CopyDecision],
    before: list[int],
) -> None:
    images = ImageSet(split_of("train", train), split_of("test", test), ("cat", "dog"), ("cat", "dog"))
    columns = [np.array([each[key] for each in found]) for key in range(4)]
    near = NearCopies(columns[0].astype(int), columns[1].astype(int), columns[2].astype(float), columns[3].astype(int))
    copies = Copies(images, near)
    expected = naive(copies, gone, decisions, before)
    assert copies.left_by(gone, decisions, before) == expected
    assert copies.left_by(np.array(gone, dtype=np.int64), decisions, np.array(before, dtype=np.int64)) == expected
    assert copies.left_by(iter(gone), decisions, iter(before)) == expected
