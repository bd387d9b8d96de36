"""What pictures have in one column: its values or ranges of them, with how many of those that are found have each."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.finding.columns import Coded, folded
from maga_desk.domain.finding.editing import Standing
from maga_desk.domain.finding.query import quoted

Mask = NDArray[np.bool_]
FEW = 12
"""Different numbers that are listed as they are; more of them are listed as ranges."""

_RANGES = 6
_SHORT = 6  # letters of a number
_UNKNOWN = '""'  # as a query has it
_PLAIN_NUMBER = re.compile(r"-?\d+")


@dataclass(frozen=True)
class FacetValue:
    """A value or a range.

    :param value: as a query has it behind the column's name; ``label`` is for people.
    :param found: how many of the pictures that are found have it.
    """

    value: str
    label: str
    found: int
    standing: Standing = ""


@dataclass(frozen=True)
class Facet:
    """:param more: further values that found pictures have."""

    column: str
    values: tuple[FacetValue, ...]
    more: int = 0


def facet_of(
    column: str, coded: Coded, found: Mask, said: Mapping[str, Standing] | None = None, most: int = 8
) -> Facet:
    """The commonest values of what is found; of numbers with many different ones, ranges in their order.

    :param found: ``(N,) bool``.
    :param said: what the query says of values; those are listed whatever they come to.
    :param most: how many values; all ranges are listed.
    """
    said = said or {}
    codes = coded.codes[found]
    counts = np.bincount(codes[codes >= 0], minlength=len(coded.values))
    unknown = int((codes < 0).sum())
    if len(coded.values) > FEW and (numbers := _numbers(coded)) is not None:
        values, more = _ranges(numbers, counts, np.bincount(coded.codes[coded.codes >= 0], minlength=len(numbers))), 0
    else:
        values, more = _commonest(coded, counts, said, most)
    if unknown or _UNKNOWN in said:
        values = [*values, (_UNKNOWN, "nothing known", unknown)]
    known = {value for value, _, _ in values}
    values += [(value, _plainly(value), _counted(coded, counts, value)) for value in said if value not in known]
    return Facet(column, tuple(FacetValue(*each, said.get(each[0], "")) for each in values), more)


def _commonest(
    coded: Coded, counts: NDArray[np.int64], said: Mapping[str, Standing], most: int
) -> tuple[list[tuple[str, str, int]], int]:
    there = int(np.count_nonzero(counts))
    places = np.arange(len(counts))
    if there > most:  # of many values only the first few are put in order
        places = np.argpartition(-counts, most)[:most]
    order = places[np.lexsort((places, -counts[places]))][: min(most, there)]
    listed = [(quoted(_text(coded, place)), _text(coded, place), int(counts[place])) for place in order.tolist()]
    return listed, there - len(listed)


def _ranges(
    numbers: NDArray[np.float64], counts: NDArray[np.int64], total: NDArray[np.int64]
) -> list[tuple[str, str, int]]:
    """About as many pictures of the whole set in each, whatever is found."""
    order = np.argsort(numbers, kind="stable")
    ordered, cumulated = numbers[order], np.cumsum(total[order])
    cuts = np.searchsorted(cumulated, cumulated[-1] * np.arange(1, _RANGES) / _RANGES) + 1
    edges = np.unique(np.concatenate([[0], cuts, [len(ordered)]]))
    found, low = [], _below(float(ordered[0]))
    for begin, end in pairwise(edges.tolist()):
        last = ordered[end - 1]
        high, following = _between(last, ordered[end]) if end < len(ordered) else (_above(float(last)), "")
        label = high if low == high else f"{_shown(low)}\u2013{_shown(high)}"
        found.append((f"{low}..{high}", label, int(counts[order[begin:end]].sum())))
        low = following
    return found


def _between(last: float, first: float) -> tuple[str, str]:
    """Where one range ends and the next begins: at their own numbers where those are short, else at a short one that
    no picture has.
    """
    written = _written(last), _written(first)
    if max(map(len, written)) <= _SHORT:
        return written
    for digits in range(1, 18):
        middle = f"{(last + first) / 2:.{digits}g}"
        if last < float(middle) < first and "e" not in middle:
            return middle, middle
    return written


def _below(number: float) -> str:
    """The number where it is short, else a short one that is not above it."""
    if len(_written(number)) <= _SHORT:
        return _written(number)
    return "0" if 0 < number < 1 else _two_digits(number, up=False)


def _above(number: float) -> str:
    """The number where it is short, else a short one that is not below it."""
    return _written(number) if len(_written(number)) <= _SHORT else _two_digits(number, up=True)


def _two_digits(number: float, *, up: bool) -> str:
    step = 10.0 ** (math.floor(math.log10(abs(number))) - 1)
    rounded = float(f"{(math.ceil if up else math.floor)(number / step) * step:.3g}")
    beyond = rounded >= number if up else rounded <= number
    return _written(rounded if beyond else number)


def _counted(coded: Coded, counts: NDArray[np.int64], value: str) -> int:
    """How many found pictures have a value that the query has and the list has not; 0 for patterns and ranges."""
    wanted = folded(_plainly(value))
    return sum(int(counts[place]) for place in range(len(counts)) if folded(_text(coded, place)) == wanted)


def _numbers(coded: Coded) -> NDArray[np.float64] | None:
    """The different values as numbers: of a column of numbers, and of one of text that has fractions among them. Whole
    numbers in text may be names, as those of customers are.
    """
    if not isinstance(coded.values, tuple):
        return np.asarray(coded.values, dtype=np.float64)
    if all(_PLAIN_NUMBER.fullmatch(each) for each in coded.values[:1000]):
        return None
    with suppress(ValueError):
        numbers = np.array([float(each) for each in coded.values], dtype=np.float64)
        return numbers if np.isfinite(numbers).all() else None
    return None


def _text(coded: Coded, place: int) -> str:
    value = coded.values[place]
    return value if isinstance(value, str) else _written(float(value))


def _written(number: float) -> str:
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(float(number))


def _shown(number: str) -> str:
    return f"{float(number):.3g}" if len(number) > _SHORT else number


def _plainly(value: str) -> str:
    """A value without its quotation marks."""
    quotes = len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1].replace('\\"', '"').replace("\\\\", "\\") if quotes else value
