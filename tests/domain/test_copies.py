"""What stays in sight when pictures go that have copies, and what a person decides over these."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from maga_desk.domain.copies import HOWS, Copies, NearCopies, named_decisions
from maga_desk.domain.copies_left import decided, decisions_in
from maga_desk.domain.errors import ForgetError
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.specs.forget import CopyDecision
from maga_desk.domain.tables import csv_rows

CLASSES = ("cat", "dog")


def split_of(split: Literal["train", "test"], pixels: list[int]) -> PictureIndex:
    """Cats and dogs by turns; those with the same number have the same pixels."""
    drawn = [np.random.default_rng(number).integers(0, 256, (3, 8, 8), dtype=np.uint8) for number in pixels]
    labels = np.arange(len(pixels)) % 2
    names = tuple(f"{split}/{CLASSES[label]}/{i}.png" for i, label in enumerate(labels))
    return PictureIndex(InMemory(np.stack(drawn)), labels, labels, names, split)


def near(*pairs: tuple[int, int, float, str]) -> NearCopies:
    first, second, percent, how = zip(*pairs, strict=True)
    return NearCopies(
        np.array(first), np.array(second), np.array(percent, dtype=float), np.array([HOWS.index(each) for each in how])
    )


@pytest.fixture
def images() -> ImageSet:
    """``train/dog/3`` is ``train/cat/0`` to the pixel, and ``test/dog/1`` (place 9) is ``train/dog/5``."""
    return ImageSet(split_of("train", [1, 2, 3, 1, 4, 5, 6, 7]), split_of("test", [8, 5]), CLASSES, CLASSES)


@pytest.fixture
def copies(images: ImageSet) -> Copies:
    """``0`` is cut to ``2``, which is mirrored to ``4``; ``6`` is like ``test/cat/0``."""
    return Copies(images, near((0, 2, 96.0, "cut"), (2, 4, 91.0, "mirrored"), (6, 8, 99.0, "")))


def names(pairs: tuple[object, ...]) -> list[tuple[str, str, float, str]]:
    return [(pair.other.name, pair.gone.name, pair.percent, pair.how) for pair in pairs]  # type: ignore[attr-defined]


def test_copies_that_stay_are_named_with_the_nearest_that_goes(copies: Copies) -> None:
    left = copies.left_by([0])
    assert names(left.pairs) == [
        ("train/dog/3.png", "train/cat/0.png", 100.0, "the very same pixels"),
        ("train/cat/2.png", "train/cat/0.png", 96.0, "cut"),
        ("train/cat/4.png", "train/cat/0.png", 91.0, "mirrored and cut"),  # through 2: the weakest link of the chain
    ]
    assert left.positions().tolist() == [2, 3, 4]
    assert left.positions(near=False).tolist() == [3] and left.positions(exact=False).tolist() == [2, 4]
    assert copies.left_by([0, 2, 3, 4]).pairs == ()
    assert copies.left_by(np.zeros(0, dtype=np.int64)).pairs == ()


def test_with_all_copies_marked_nothing_more_hangs_on_them(copies: Copies) -> None:
    for start in range(8):
        found = copies.left_by([start])
        assert copies.left_by([start, *found.positions()]).asked == ()


def test_what_is_tested_on_is_named_and_never_asked_for(copies: Copies) -> None:
    left = copies.left_by([5, 6])
    assert names(left.tested) == [
        ("test/dog/1.png", "train/dog/5.png", 100.0, "the very same pixels"),
        ("test/cat/0.png", "train/cat/6.png", 99.0, ""),
    ]
    assert left.asked == () and not len(left.positions())
    assert left.counts() == {"stay": 0, "test": 1, "near_stay": 0, "near_test": 1}
    assert any("1 test picture is a near copy" in line and "test/cat/0.png" in line for line in left.warnings())


def test_a_copy_stays_by_a_persons_word(copies: Copies) -> None:
    word = CopyDecision(picture="train/cat/2.png", copy_of="train/cat/0.png", reason="Another customer's")
    other = CopyDecision(picture="train/cat/4.png", copy_of="train/cat/0.png", no_copy=True)
    left = copies.left_by([0], [word, other])
    assert [pair.other.name for pair in left.asked] == ["train/dog/3.png"]
    assert [pair.other.name for pair in left.left] == ["train/cat/2.png"]
    assert left.counts() == {"stay": 1, "test": 0, "near_stay": 1, "near_test": 0, "left": 1}
    assert left.said_of_left() == (
        "1 copy stays by decision (train/cat/0.png is like train/cat/2.png): Another customer's",
    )
    assert [(each["picture"], each["no_copy"], each["reason"]) for each in left.decided()] == [
        ("train/cat/2.png", False, "Another customer's"),
        ("train/cat/4.png", True, ""),
    ]
    turned = CopyDecision(picture="train/cat/0.png", copy_of="train/cat/2.png", reason="The other way round")
    assert [pair.other.name for pair in copies.left_by([2], [turned]).left] == ["train/cat/0.png"]


def test_nothing_hangs_together_by_a_pair_of_no_copies_and_who_stays_stays_whoever_goes(copies: Copies) -> None:
    apart = CopyDecision(picture="train/cat/2.png", copy_of="train/cat/0.png", no_copy=True)
    left = copies.left_by([0], [apart])
    assert [(pair.other.name, pair.is_no_copy) for pair in left.pairs] == [
        ("train/dog/3.png", False), ("train/cat/2.png", True)
    ]  # fmt: skip
    kept = CopyDecision(picture="train/cat/4.png", copy_of="train/cat/0.png", reason="kept")
    assert [pair.gone.name for pair in copies.left_by([0, 2], [kept]).left] == ["train/cat/2.png"]
    assert copies.left_by([2], [kept]).left == (), "what it was said of does not go"


def test_the_very_same_pixels_are_a_copy_whatever_is_said(copies: Copies) -> None:
    word = CopyDecision(picture="train/dog/3.png", copy_of="train/cat/0.png", no_copy=True)
    assert "train/dog/3.png" in [pair.other.name for pair in copies.left_by([0], [word]).asked]
    stays = word.model_copy(update={"no_copy": False, "reason": "kept"})
    left = copies.left_by([0], [stays])
    assert [pair.other.name for pair in left.left] == ["train/dog/3.png"] and left.counts()["stay"] == 1


def test_what_was_not_looked_at_is_said(images: ImageSet) -> None:
    left = Copies(images).left_by([1])
    assert not left.looked and left.short() == "Near copies were not looked for."
    assert left.counts() == {"stay": 0, "test": 0}
    assert Copies(images, near((0, 1, 95.0, ""))).left_by([2]).short() == ""


def test_the_table_has_every_pair_and_what_was_decided(copies: Copies) -> None:
    word = CopyDecision(picture="train/cat/2.png", copy_of="train/cat/0.png", reason="a, b")
    lines = copies.left_by([0], [word]).table(CLASSES).splitlines()
    assert lines[0] == "picture,split,class,copy_of,alike,how,decided,reason,forgotten"
    assert lines[2] == 'train/cat/2.png,train,cat,train/cat/0.png,96.0,cut,stays,"a, b",now'
    assert copies.left_by([7]).table(CLASSES) == ""


def test_groups_name_classes_and_splits_that_differ(copies: Copies) -> None:
    exact, cross, chain = copies.groups
    assert exact.exact and [each.name for each in exact.members] == ["train/dog/5.png", "test/dog/1.png"]
    assert exact.across and not exact.relabelled
    assert [each.name for each in cross.members] == ["train/cat/6.png", "test/cat/0.png"] and cross.percent == 99
    assert [each.position for each in chain.members] == [0, 2, 3, 4] and chain.relabelled and chain.percent == 91
    assert copies.near_mask.tolist() == [True, False, True, True, True, False, True, False]


def test_a_later_word_over_the_same_two_takes_the_place_of_an_earlier_one() -> None:
    first = CopyDecision(picture="a", copy_of="b", reason="one")
    second = CopyDecision(picture="b", copy_of="a", reason="two")
    third = CopyDecision(picture="a", copy_of="c", no_copy=True)
    assert decided((first,), (second, third)) == (second, third)
    assert decided((second, third), (), [frozenset("ab")]) == (third,)


def test_a_star_of_ten_thousand_is_no_chain_of_ten_thousand(images: ImageSet) -> None:
    """All that look alike hang on one of them: each is found, with one step between."""
    count = 10_000
    train = PictureIndex(
        InMemory(np.arange(count * 3, dtype=np.uint64).astype(np.uint8).reshape(count, 3, 1, 1)),
        np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64),
        tuple(f"train/cat/{i}.png" for i in range(count)),
    )  # fmt: skip
    star = NearCopies(
        np.zeros(count - 1, dtype=np.int64),
        np.arange(1, count),
        np.full(count - 1, 97.0),
        np.zeros(count - 1, dtype=int),
    )
    copies = Copies(ImageSet(train, images.test, CLASSES, CLASSES), star)
    copies.images.__dict__["twins"] = type(copies.twins)()
    assert len(copies.left_by([5]).asked) == count - 1 and len(copies.groups) == 1


def test_copies_of_what_was_forgotten_before_are_told_apart_and_never_taken_in(copies: Copies) -> None:
    left = copies.left_by([6], before=[0])
    assert [pair.other.name for pair in left.pairs] == ["test/cat/0.png"] and not len(left.positions())
    assert left.counts() == {"stay": 0, "test": 0, "near_stay": 0, "near_test": 1}
    assert left.before is not None
    assert [pair.other.name for pair in left.before.asked] == ["train/dog/3.png", "train/cat/2.png", "train/cat/4.png"]
    said = left.warnings(near_way_out="X")
    assert any(line.startswith("2 pictures that stay are near copies of pictures forgotten before") for line in said)
    assert not any("to forget (train/cat/0" in line for line in said)
    assert left.short().endswith("3 copies of what was forgotten before stay.")
    assert [line.rsplit(",", 1)[1] for line in left.table(CLASSES).splitlines()] == [
        "forgotten", "now", "before", "before", "before"
    ]  # fmt: skip


def test_a_copy_of_both_is_one_of_what_goes_now_and_a_chain_leads_through_what_is_gone(copies: Copies) -> None:
    left = copies.left_by([0], before=[2])
    assert names(left.pairs)[1:] == [("train/cat/4.png", "train/cat/0.png", 91.0, "mirrored and cut")]
    assert left.before is not None and left.before.pairs == () and left.before.warnings() == ()


def test_decisions_are_read_back_from_the_table(copies: Copies) -> None:
    words = (
        CopyDecision(picture="train/cat/2.png", copy_of="train/cat/0.png", reason="=kept"),
        CopyDecision(picture="train/cat/4.png", copy_of="train/cat/0.png", no_copy=True),
    )
    table = copies.left_by([6], words, [0]).table(CLASSES)
    assert set(decisions_in(csv_rows(table))) == set(words)


def test_a_decision_may_name_pictures_as_a_list_does(images: ImageSet) -> None:
    word = CopyDecision(picture="2.png", copy_of="cat\\0.png", reason="kept")
    (found,) = named_decisions([word], images)
    assert found == word.model_copy(update={"picture": "train/cat/2.png", "copy_of": "train/cat/0.png"})
    tested = CopyDecision(picture="test/cat/0.png", copy_of="/data/train/cat/6.png", no_copy=True)
    assert named_decisions([tested], images, "/data")[0].pair == {"test/cat/0.png", "train/cat/6.png"}


@pytest.mark.parametrize(
    ("written", "said"), [("cat/77.png", "no picture here: cat/77.png"), ("0.png", "0.png fits 2 pictures")]
)
def test_a_decision_over_what_is_no_one_picture_is_refused(images: ImageSet, written: str, said: str) -> None:
    for word in (
        CopyDecision(picture=written, copy_of="train/cat/0.png"),
        CopyDecision(picture="train/cat/2.png", copy_of=written),
    ):
        with pytest.raises(ForgetError, match=said):
            named_decisions([word], images)
    gone = CopyDecision(picture="train/cat/77.png", copy_of="train/cat/0.png")
    assert named_decisions([gone], images, allow_missing=True) == (gone,), "deleted since"
