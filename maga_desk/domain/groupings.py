"""Of whom pictures are, by a column of their source."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Grouping:
    """Pictures by a value that several may have.

    :param train: ``(N,) int64`` of each training picture a number below ``count`` for its value, or ``count`` where it
        has none.
    :param test: likewise of test pictures; ``count`` also where no training picture has the value.
    """

    train: NDArray[np.int64]
    test: NDArray[np.int64]
    count: int


def grouped(train: Iterable[Any], test: Iterable[Any]) -> Grouping:
    """By the values of training and of test pictures."""
    places: dict[str, int] = {}
    mine = [places.setdefault(each, len(places)) if each else -1 for each in _texts(train)]
    others = [places.get(each, -1) for each in _texts(test)]
    return Grouping(_coded(mine, len(places)), _coded(others, len(places)), len(places))


def _coded(codes: list[int], none: int) -> NDArray[np.int64]:
    found = np.array(codes, dtype=np.int64)
    found[found < 0] = none
    return found


def _texts(values: Iterable[Any]) -> Iterable[str]:
    return (each.strip() if type(each) is str else _text(each) for each in values)


def _text(value: Any) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value).strip()
