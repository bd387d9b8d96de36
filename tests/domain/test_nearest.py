"""What is said where nothing is called as it was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from maga_desk.domain.catalogue import masked_by_name
from maga_desk.domain.errors import ForgetError
from maga_desk.domain.nearest import listed, names_there, nearest

MANY = ("apple", "aquarium fish", "baby", "bear", "Beaver", "bed", "bee", "beetle", "bicycle", "bottle")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("bever", "the nearest are Beaver, bee and bear"),
        ("beetl", "the nearest are beetle and bee"),
        ("bycicle", "the nearest is bicycle"),
        ("BE", "the nearest are bed, bee and bear"),
        ("zeppelin", ""),
        ("", ""),
    ],
)
def test_of_many_the_nearest_are_said(asked: str, said: str) -> None:
    assert names_there(asked, MANY) == said


def test_few_are_all_said() -> None:
    assert names_there("zeppelin", ("cat", "dog", "owl")) == "there are cat, dog and owl"
    assert names_there("zeppelin", ("cat",)) == "there is cat"
    assert names_there("zeppelin", ()) == ""
    assert listed(["forget", "retain", "earlier"], "or") == "forget, retain or earlier"


def test_ten_thousand_names_are_looked_through() -> None:
    assert nearest("class 98765", [f"class {number}" for number in range(98_000, 108_000)])[0] == "class 98765"


def test_a_class_that_a_spec_names_wrong_is_found_among_a_hundred() -> None:
    names = (*(f"kind {number} of fish" for number in range(100)), "zebra")
    with pytest.raises(ForgetError, match="the nearest to 'zebar': zebra"):
        masked_by_name(["zebar"], np.arange(101), names, "class")
    with pytest.raises(ForgetError, match="known: cat, dog"):
        masked_by_name(["zebar"], np.arange(2), ("cat", "dog"), "class")
