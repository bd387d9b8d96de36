"""Values of a column, with how many of what is found have each."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from maga_desk.domain.finding.columns import Coded, coded
from maga_desk.domain.finding.facets import Facet, facet_of
from maga_desk.services.finding.facts import KnownColumn, PictureFacts

ALL = np.ones(8, dtype=bool)


def listed(facet: Facet) -> list[tuple[str, int]]:
    return [(each.value, each.found) for each in facet.values]


def test_the_commonest_values_come_first_and_follow_what_is_found() -> None:
    column = coded(["b", "a", "b", "", "c", "b", "a", "Jane, Doe"])
    assert listed(facet_of("x", column, ALL)) == [("b", 3), ("a", 2), ("c", 1), ('"Jane, Doe"', 1), ('""', 1)]
    some = np.array([False, True, False, False, True, False, True, False])
    assert listed(facet_of("x", column, some)) == [("a", 2), ("c", 1)]
    short = facet_of("x", column, ALL, most=2)
    assert listed(short) == [("b", 3), ("a", 2), ('""', 1)] and short.more == 2


def test_what_the_query_says_is_listed_whatever_it_comes_to() -> None:
    column = coded(["b", "a", "b", "b", "c", "b", "a", "Jane, Doe"])
    found = facet_of("x", column, np.zeros(8, dtype=bool), {"c": "in", '"Jane, Doe"': "out", "q*": "in"})
    assert [(each.label, each.found, each.standing) for each in found.values] == [
        ("c", 0, "in"),
        ("Jane, Doe", 0, "out"),
        ("q*", 0, "in"),
    ]
    assert facet_of("x", column, ALL, {"C": "in"}, most=1).values[-1].found == 1, "however it is written"


@pytest.mark.parametrize("seed", range(7))
def test_ranges_find_what_they_count_and_every_picture_is_in_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values: NDArray[np.float64] = [
        rng.lognormal(0, 2, 3000),
        rng.integers(0, 90, 3000).astype(float),
        rng.normal(0, 1e-9, 3000),
        np.where(rng.random(3000) < 0.9, 0.0, rng.random(3000)),
        rng.random(3000) * 1e12,
        np.linspace(-1, 1, 3000),
        -rng.lognormal(0, 2, 3000),
    ][seed]
    column, found = coded(values), rng.random(3000) < 0.3
    facts = PictureFacts(3000, {"x": KnownColumn(lambda: column), "name": KnownColumn(lambda: Coded((), values))})
    facet = facet_of("x", column, found)
    assert sum(each.found for each in facet.values) == found.sum() and len(facet.values) <= 6
    for each in facet.values:
        asked = facts.find(f"x:{each.value}")
        assert int(found[asked].sum()) == each.found, each.value


def test_few_numbers_are_listed_as_they_are_and_so_are_numbers_that_may_be_names() -> None:
    assert listed(facet_of("age", coded(np.array([3, 3, 1, 2, 3, 1, np.nan, 7.5])), ALL)) == [
        ("3", 3), ("1", 2), ("2", 1), ("7.5", 1), ('""', 1),
    ]  # fmt: skip
    customers = coded([str(4000 + i % 50) for i in range(200)])
    assert listed(facet_of("subject", customers, np.ones(200, dtype=bool)))[0] == ("4000", 4)
    ages = coded([f"{i / 10}" for i in range(200)])
    assert ".." in facet_of("age", ages, np.ones(200, dtype=bool)).values[0].value
