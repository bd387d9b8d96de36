"""Sets of pictures by masks say what Python's own sets say."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maga_desk.domain.positions import labelled, mask_of, positions_of, united, which_of

some = st.lists(st.integers(0, 60), max_size=40)


@given(some, some)
def test_both_sets_are_united_in_order_and_each_once(one: list[int], other: list[int]) -> None:
    found = united(positions_of(one), positions_of(other))
    assert found.dtype == np.int64 and found.tolist() == sorted({*one, *other})


@given(some, st.lists(st.integers(-80, 80), max_size=40))
def test_which_of_some_are_among_others(asked: list[int], others: list[int]) -> None:
    assert which_of(positions_of(asked), positions_of(others)).tolist() == [each in others for each in asked]


@given(some, some)
def test_which_pictures_have_one_of_some_labels(labels: list[int], wanted: list[int]) -> None:
    assert labelled(positions_of(labels), wanted).tolist() == [each in wanted for each in labels]


@given(some, some)
def test_a_mask_is_true_where_a_position_is_given(one: list[int], other: list[int]) -> None:
    assert mask_of(61, positions_of(one), positions_of(other)).tolist() == [
        each in {*one, *other} for each in range(61)
    ]


def test_positions_may_come_from_anything_that_counts() -> None:
    assert positions_of(iter([3, 1, 3])).tolist() == [3, 1, 3]
    assert positions_of(np.array([2, 5], dtype=np.int32)).dtype == np.int64
