"""Colours by a column: a few values, many values, numbers, and what is not known."""

from __future__ import annotations

import numpy as np

from maga_desk.domain.finding.columns import Coded, coded
from maga_desk.domain.tints import MOST, OTHER, STEPS, UNKNOWN, tints_of


def test_a_few_values_have_a_colour_each_in_their_order() -> None:
    found = tints_of("class", Coded(("cat", "dog", "owl"), np.array([2, 0, 0, -1])))
    assert found.codes.tolist() == [2, 0, 0, UNKNOWN] and found.scale is None and not found.said()
    assert [(key.code, key.text, key.count) for key in found.keys] == [
        (0, "cat", 2), (1, "dog", 0), (2, "owl", 1), (UNKNOWN, "not known", 1)
    ]  # fmt: skip


def test_ten_thousand_classes_are_said_and_not_squeezed_into_colours() -> None:
    labels = np.arange(30_000) % 10_000
    values = Coded(tuple(f"class {each}" for each in range(10_000)), labels)
    found = tints_of("class", values)
    assert len(np.unique(found.codes)) == MOST + 1 and found.others == 10_000 - MOST
    last = found.keys[-1]
    assert (last.code, last.text, last.count) == (OTHER, "9,988 others", 30_000 - 3 * MOST)
    assert sum(key.count for key in found.keys) == 30_000
    assert found.said() == "12 colours, for the values with most pictures in sight."
    among = labels == 4711
    first = tints_of("class", values, among)
    assert "class 4711" in [key.text for key in first.keys] and len(set(first.codes[among])) == 1
    assert first.codes[among][0] != OTHER


def test_numbers_are_a_scale_whose_ends_hold_the_extremes() -> None:
    numbers = np.append(np.linspace(0, 1, 1000), [1e9, np.nan])
    found = tints_of("loss", coded(numbers))
    assert found.scale is not None and 0 <= found.scale[0] < 0.05 and 0.95 < found.scale[1] <= 1
    assert found.codes[0] == 0 and found.codes[-2] == STEPS - 1 and found.codes[-1] == UNKNOWN
    assert (np.diff(found.codes[:-2].astype(int)) >= 0).all()
    assert [key.text for key in found.keys] == ["not known"]


def test_few_different_numbers_are_values() -> None:
    found = tints_of("fold", coded(np.array([1, 2, 2, 3])))
    assert found.scale is None and [key.text for key in found.keys] == ["1", "2", "3"]


def test_numbers_that_are_nearly_all_the_same() -> None:
    numbers = np.zeros(10_000)
    numbers[:20] = np.arange(20)
    found = tints_of("loss", coded(numbers))
    assert found.scale == (0.0, 0.0) and found.codes.max() == 0
    assert tints_of("loss", coded(np.array([]))).codes.shape == (0,)
