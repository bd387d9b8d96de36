"""A few of many, evenly spread."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from maga_desk.domain.evenly import evenly_placed
from maga_desk.models.evenly import evenly


@pytest.mark.parametrize("pick", [evenly, lambda values, count: values[evenly_placed(len(values), count)]])
def test_both_ends_are_among_the_few(pick: Any) -> None:
    values = torch.arange(10) * 7
    assert pick(values, 4).tolist() == [0, 21, 42, 63]
    assert pick(values, 10).tolist() == pick(values, 50).tolist() == values.tolist()
    assert pick(values[:0], 3).tolist() == []


def test_rows_of_any_shape_are_spread() -> None:
    rows = torch.arange(12).view(6, 2)
    assert evenly(rows, 3).tolist() == [[0, 1], [4, 5], [10, 11]]
