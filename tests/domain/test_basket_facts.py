"""The facts of what is marked: counts, what they mean for the intent, and what stays in sight."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maga_desk.domain.basket_facts import (
    BasketFacts,
    Losses,
    SharedPatterns,
    basket_facts,
    likely_group,
    spread,
)
from maga_desk.domain.class_counts import class_counts
from maga_desk.domain.copies import Copies
from maga_desk.domain.copies_words import copies_text
from maga_desk.domain.forget import from_indices, parts_of
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.specs.run import INTENT_WORDS

LABELS = np.repeat(np.arange(4), 50)
NAMES = tuple(f"train/{i}.png" for i in range(200))


def images(**columns: Any) -> ImageSet:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 3, 4, 4), dtype=np.uint8)
    train = PictureIndex(InMemory(pixels), LABELS, LABELS, NAMES, columns=columns)
    test = replace(train.take(np.arange(0, 200, 5)), split="test", names=tuple(f"test/{i}.png" for i in range(40)))
    return ImageSet(train, test, ("cat", "dog", "elk", "fox"), ("cat", "dog", "elk", "fox"))


def facts(marked: Any, of: ImageSet | None = None, intent: Any = "auto", **more: Any) -> BasketFacts:
    of = of or images()
    return basket_facts(of, from_indices(np.asarray(marked), of.catalogue()), intent, **more)


def test_classes_shares_and_the_task() -> None:
    found = facts([*range(50), 60, 61, 110])
    assert [(each.name, each.chosen, each.pictures) for each in found.classes] == [
        ("cat", 50, 50), ("dog", 2, 50), ("elk", 1, 50),
    ]  # fmt: skip
    assert found.classes[0].share == 100 and found.share == 26.5 and found.task == "random"
    assert facts(range(50)).task == "class" and facts(range(50)).aim == "concept"
    assert "no longer recognise it" in facts(range(50)).meaning
    assert "never trained on it" in facts(range(50), intent="membership").meaning


def test_a_class_of_which_a_little_is_left_is_said_plainly() -> None:
    (warning,) = facts(range(48)).warnings
    assert warning.startswith("48 of 50 pictures of cat are marked, but 2 are not: this is not the whole class.")
    assert facts(range(49)).warnings[0].count("but 1 is not") == 1
    assert not facts(range(50)).warnings and not facts(range(30)).warnings
    earlier = replace(from_indices(np.arange(48), images().catalogue(), np.array([48, 49])))
    assert not basket_facts(images(), earlier, "auto").warnings, "what was forgotten before does not stay"


def test_single_pictures_are_not_what_concept_wants() -> None:
    (warning,) = facts([3, 60], intent="concept").warnings
    assert "not recognised any more" in warning and "pictures of cat, dog stay" in warning
    assert not facts([3, 60], intent="membership").warnings and not facts(range(50), intent="concept").warnings


def test_a_request_with_several_goals_says_each() -> None:
    of = images()
    whole = from_indices(np.array([*range(50), 60, 61]), of.catalogue())
    parts = parts_of(whole, of.catalogue())
    told = basket_facts(of, whole, "auto", parts).rows()
    assert told[1:4] == [
        ("Task", "2 requests, one after the other: Whole class, then Single pictures"),
        ("Request 1", f"Class cat: {INTENT_WORDS['concept']}. The model must no longer recognise it."),
        (
            "Request 2",
            f"2 pictures: {INTENT_WORDS['membership']}. The model must treat them as if it had never seen them, and "
            "may still recognise them.",
        ),
    ]
    plain = json.loads(json.dumps(basket_facts(of, whole, "auto", parts).as_dict()))
    assert [(part["said"], part["task"], part["aim"]) for part in plain["parts"]] == [
        ("class cat", "class", "concept"),
        ("2 pictures", "random", "membership"),
    ]
    (warning,) = basket_facts(of, whole, "concept", parts).warnings
    assert "pictures of dog stay" in warning
    assert dict(basket_facts(of, whole, "auto", (whole,)).rows())["Task"] == "Single pictures", "together it is one"


def test_pictures_of_the_same_person_that_stay() -> None:
    subjects = tuple("" if i == 0 else str(i % 20) for i in range(200))
    found = facts([0, 1, 2, 21], images(subject=subjects)).group
    assert found is not None and (found.column, found.groups, found.unknown) == ("subject", 2, 1)
    test = [subjects[i] for i in range(0, 200, 5)]
    assert found.test == sum(each in ("1", "2") for each in test) == 0 and found.train == 17
    assert found.sentence() == "17 training pictures of the same subject stay."
    assert facts([5], images(subject=subjects)).group.sentence() == (  # type: ignore[union-attr]
        "10 test pictures and 9 training pictures of the same subject stay."
    )
    named = images(subject=subjects, shelf=tuple("abcd"[i % 4] for i in range(200)))
    assert facts([5], named, group="shelf").group.column == "shelf"  # type: ignore[union-attr]
    assert facts([5]).group is None and likely_group(images(Patient_ID=subjects)) == "Patient_ID"
    everyone = images(subject=tuple(map(str, range(200))))
    alone = facts([1], everyone).group
    assert alone is not None and alone.sentence() == "No other picture of the same subject stays."


def test_how_hard_they_are_is_said_beside_what_stays_of_their_classes() -> None:
    losses = np.linspace(0, 1, 200)
    hard = facts([40, 41, 42], answers=Losses(losses, losses > 0.9)).hardness
    assert hard is not None and hard.beside == "of the same classes"
    assert hard.loss == pytest.approx(losses[41]) and hard.harder == pytest.approx(100 * 40 / 47)
    whole = facts(range(150, 200), answers=Losses(losses, losses > 0.9)).hardness
    assert whole is not None and whole.beside == "in the other classes" and whole.harder == 100
    assert whole.wrong == pytest.approx(40) and whole.wrong_rest == 0
    assert facts([1]).hardness is None


def test_copies_that_stay() -> None:
    of = images()
    pixels = np.array(of.train.whole())
    pixels[60] = pixels[1]
    of = replace(of, train=replace(of.train, backing=InMemory(pixels)))
    marked = [1, 2]
    copies = facts(marked, of, left=Copies(of).left_by(marked)).copies
    assert copies == {"stay": 1, "test": 0} and "1 marked picture stays in training" in copies_text(copies)
    assert copies_text(copies).endswith("Near copies were not looked for.")
    assert facts([1], of).copies is None
    assert copies_text({"stay": 0, "test": 2, "near_stay": 0, "near_test": 0}) == (
        "2 marked pictures are among the test pictures too. No near copy stays."
    )
    assert copies_text({"stay": 0, "test": 0, "near_stay": 1, "near_test": 2, "left": 1}) == (
        "No picture with the very same pixels stays. 1 near copy stays in training; 2 test pictures are near copies. "
        "1 copy stays by decision."
    )


@given(st.sets(st.integers(0, 199), min_size=1, max_size=199), st.integers(0, 30))
def test_small_pictures_are_spread_over_all_classes(marked: set[int], count: int) -> None:
    chosen = np.array(sorted(marked))
    shown = spread(LABELS, chosen, count)
    assert len(shown) <= count and len(set(shown)) == len(shown) and set(shown) <= marked
    if count >= 4:
        assert {LABELS[i] for i in shown} == {LABELS[i] for i in marked}, "no class is overlooked"


@given(st.sets(st.integers(0, 199), max_size=200))
def test_counts_add_up(marked: set[int]) -> None:
    counts = class_counts(LABELS, np.array(sorted(marked), dtype=np.int64), ("a", "b", "c", "d"))
    assert sum(each.chosen for each in counts) == len(marked) and all(0 < each.share <= 100 for each in counts)
    assert [each.chosen for each in counts] == sorted((each.chosen for each in counts), reverse=True)


def test_facts_are_plain_data_and_words() -> None:
    shared = SharedPatterns("dog", 0.62, 0.4, 0.1, float("nan"))
    of = images(subject=("1",) * 200)
    found = facts([1, 60], of, entangled=(shared,), left=Copies(of).left_by([1, 60]))
    plain = json.loads(json.dumps(found.as_dict()))
    assert plain["entangled"][0]["typical"] is None and plain["group"]["train"] == 198
    titles = [title for title, _ in found.rows()]
    assert titles == ["Marked", "Task", "Intent", "Copies left", "Same subject", "Entangled"]
    assert dict(found.rows())["Entangled"] == "Most entangled with dog: 0.62 of their main directions are shared."
