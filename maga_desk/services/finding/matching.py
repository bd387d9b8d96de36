"""Values against a column: text is compared by SQLite in memory, numbers by NumPy, each different value once.

Nothing of a query becomes a part of a statement.
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.finding.columns import Coded, folded
from maga_desk.domain.finding.query import Condition, Operator, QueryError, Span, Value
from maga_desk.domain.nearest import listed, names_there

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d([T ][\d:.Z+-]+)?)?)?")
_LONGEST_PATTERN = 10_000  # letters
_CLOCK = r"([01]\d|2[0-3])(:[0-5]\d(:[0-5]\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?"
_DAY = re.compile(rf"(?P<year>\d{{4}})(-(?P<month>\d\d)(-(?P<day>\d\d)([T ]{_CLOCK})?)?)?")  # as it is asked for
_RANGE = re.compile(r"[^.]+(\.\d+(e[+-]?\d+)?)?\.\.[^.]+(\.\d+(e[+-]?\d+)?)?", re.IGNORECASE)
# Of days: an end that is written shorter than a value means all of it, so that a month holds its last day to midnight.
_OF_DAYS: dict[Operator, str] = {
    ":": "SELECT code FROM v WHERE substr(value, 1, length(?1)) = ?1",
    "<": "SELECT code FROM v WHERE value < ?1",
    "<=": "SELECT code FROM v WHERE substr(value, 1, length(?1)) <= ?1",
    ">": "SELECT code FROM v WHERE substr(value, 1, length(?1)) > ?1",
    ">=": "SELECT code FROM v WHERE value >= ?1",
}
_BETWEEN_DAYS = "SELECT code FROM v WHERE value >= ?1 AND substr(value, 1, length(?2)) <= ?2"
_SIGN = re.compile(r"<=|>=|<>|!=|==|=|<|>")
_MEANT = {
    ":>": ">", ":<": "<", ":>=": ">=", ":<=": "<=", ":=": "=", ":==": "=", ":!=": "!=", ":<>": "!=",
    "==": "=", "=>": ">=", "=<": "<=", "<>": "!=", "!==": "!=",
}  # fmt: skip
"""Comparisons that people write, and those of the grammar."""

_YES_NO = frozenset({"yes", "no"})
_NAMED = {"class": "class", "label": "class", "pred": "class", "kind": "kind"}
"""Columns whose values are names, and of what."""

_OF_NUMBERS: dict[Operator, Callable[[Any, Any], Any]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal
}  # fmt: skip


class Matcher:
    """Conditions on one column. Of one thread at a time."""

    def __init__(self, column: Coded, *, closed: bool = False) -> None:
        """:param closed: all values that there may be are among the column's: another one is a mistake."""
        self._column, self._closed = column, closed
        self._texts = _table_of(column.values) if isinstance(column.values, tuple) else None

    def containing(self, text: str) -> Mask:
        """``(N,) bool``: whose text has this in it."""
        return self._found("SELECT code FROM v WHERE instr(value, ?) > 0", folded(text))

    def compared(self, query: str, term: Condition) -> Mask:
        """``(N,) bool``: whose value compares so with one of the term's.

        :param query: the whole text, for what is wrong in it.
        :raises QueryError: a number or a day is needed and is none; text has no order, or no such value is known.
        """
        if term.operator in _OF_NUMBERS:
            return self._ordered(query, term, term.values[0])
        found = np.zeros(len(self._column.codes), dtype=bool)
        for value in term.values:
            found |= self._one(query, term, value)
        return (self._column.codes >= 0) & ~found if term.operator == "!=" else found

    def _one(self, query: str, term: Condition, value: Value) -> Mask:
        if value.quoted and not value.text:  # nothing is known
            return np.asarray(self._column.codes < 0)
        if not value.quoted and value.text == "*":
            return np.asarray(self._column.codes >= 0)
        if not value.quoted and _RANGE.fullmatch(value.text):
            return self._range(query, term, value)
        if self._texts is None:
            return self._of_numbers(self._numbers == self._number(query, term, value))
        if not value.quoted and any(each in value.text for each in "*?"):
            return self._like(query, value)
        places = self._places.get(folded(value.text), [])
        if not places and not value.quoted:
            self._check(query, term, value)
        if self._days and _DATE.fullmatch(value.text):
            return self._found(_OF_DAYS[":"], folded(value.text))
        if self._closed and not places:
            raise QueryError(query, value.span.start, value.span.end, self._not_there(term, value))
        return self._column.mask(places)

    def _check(self, query: str, term: Condition, value: Value) -> None:
        """Whether a column that has no such value might have one.

        :raises QueryError: it holds numbers, days, or yes and no alone, and this is none; or this is a comparison.
        """
        _check_sign(query, term, value)
        if self._numbers_in_text is not None:
            self._number(query, term, value)
        elif self._days:
            self._day(query, term, value, value.text)
        elif self._is_yes_or_no and folded(value.text) not in _YES_NO:
            raise QueryError(query, value.span.start, value.span.end, f"{term.column} is yes or no")

    def _not_there(self, term: Condition, value: Value) -> str:
        """Of a column that holds all values there may be, what it holds."""
        names = [str(each) for each in self._column.values]
        if term.column not in _NAMED:
            return f"{term.column} is {listed(names, 'or')}"
        there = names_there(value.text, names)
        return f"no {_NAMED[term.column]} is called so{f'; {there}' if there else ''}"

    def _like(self, query: str, value: Value) -> Mask:
        if len(value.text) > _LONGEST_PATTERN:
            raise QueryError(query, value.span.start, value.span.end, "a pattern is shorter than that")
        return self._found("SELECT code FROM v WHERE value GLOB ?", folded(value.text).replace("[", "[[]"))

    def _range(self, query: str, term: Condition, value: Value) -> Mask:
        """Both its ends are within."""
        low, _, high = value.text.partition("..")
        if (numbers := self._numbers if self._texts is None else self._numbers_in_text) is not None:
            least, most = (_number(query, term, each, value.span) for each in (low, high))
            _check_order(query, value, least <= most)
            return self._of_numbers((numbers >= least) & (numbers <= most))
        if self._days:
            for each in (low, high):
                self._day(query, term, value, each)
            _check_order(query, value, folded(low)[: len(high)] <= folded(high))
            return self._found(_BETWEEN_DAYS, folded(low), folded(high))
        what = (
            f"{term.column} has no order, so that there is no range: put it in quotation marks to mean the text itself"
        )
        raise QueryError(query, value.span.start, value.span.end, what)

    def _ordered(self, query: str, term: Condition, value: Value) -> Mask:
        if (numbers := self._numbers if self._texts is None else self._numbers_in_text) is not None:
            compare = _OF_NUMBERS[term.operator]
            return self._of_numbers(compare(numbers, self._number(query, term, value)))
        if not self._days:
            what = f"{term.column} holds text, which has no order: compare it by : or ="
            raise QueryError(query, term.span.start, term.span.end, what)
        self._day(query, term, value, value.text)
        return self._found(_OF_DAYS[term.operator], folded(value.text))

    def _number(self, query: str, term: Condition, value: Value) -> float:
        _check_sign(query, term, value)
        _check_ends(query, term, value, "1..2")
        return _number(query, term, value.text, value.span)

    def _day(self, query: str, term: Condition, value: Value, text: str) -> None:
        """:raises QueryError: it is no day, and no picture has it for one."""
        _check_sign(query, term, value)
        _check_ends(query, term, value, "2026-01..2026-03")
        if not _is_day(text) and folded(text) not in self._places:
            what = f"{term.column} holds days and times like 2026-03-31 or 2026-03-31T09:30, and this is none"
            raise QueryError(query, value.span.start, value.span.end, what)

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Where each text is among the values: several may differ in capitals alone."""
        found = dict[str, list[int]]()
        for place, each in enumerate(self._column.values):
            found.setdefault(folded(str(each)), []).append(place)
        return found

    @cached_property
    def _days(self) -> bool:
        """Whether this column of text holds days alone."""
        return bool(len(self._column.values)) and all(_DATE.fullmatch(str(each)) for each in self._column.values)

    @property
    def _is_yes_or_no(self) -> bool:
        return bool(self._places) and self._places.keys() <= _YES_NO

    @property
    def _numbers(self) -> Numbers:
        return np.asarray(self._column.values, dtype=np.float64)

    @cached_property
    def _numbers_in_text(self) -> Numbers | None:
        """``(V,)``: the values as numbers, where all of this column of text are."""
        if not len(self._column.values):
            return None
        with suppress(ValueError):
            return np.array([float(each) for each in self._column.values], dtype=np.float64)
        return None

    def _of_numbers(self, wanted: Mask) -> Mask:
        return self._column.mask(np.flatnonzero(wanted))

    def _found(self, statement: str, *values: str) -> Mask:
        """Of a column of numbers none: they have no letters."""
        if self._texts is None:
            return np.zeros(len(self._column.codes), dtype=bool)
        return self._column.mask([code for (code,) in self._texts.execute(statement, values)])


def _table_of(values: tuple[str, ...]) -> sqlite3.Connection:
    """The different values of a column of text in a table of their own."""
    table = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    table.execute("CREATE TABLE v (code INTEGER PRIMARY KEY, value TEXT)")
    table.execute("BEGIN")
    table.executemany("INSERT INTO v VALUES (?, ?)", enumerate(map(folded, values)))
    table.execute("COMMIT")
    return table


def _is_day(text: str) -> bool:
    found = _DAY.fullmatch(text)
    if found is None:
        return False
    with suppress(ValueError):
        return bool(date(*(int(found[each] or 1) for each in ("year", "month", "day"))))
    return False


def _check_sign(query: str, term: Condition, value: Value) -> None:
    """:raises QueryError: the value begins with a part of an operator: ``age:>60``."""
    found = None if value.quoted else _SIGN.match(value.text)
    if found is None:
        return
    written = f"{term.operator}{found[0]}"
    what = f"{written} is no comparison"
    if written in _MEANT:
        what += f"; write {term.column}{_MEANT[written]}{value.text[found.end() :]}"
    raise QueryError(query, term.span.start, term.span.end, what)


def _check_ends(query: str, term: Condition, value: Value, example: str) -> None:
    """:raises QueryError: a range lacks an end: ``age:60..``."""
    low, dots, high = value.text.partition("..")
    if value.quoted or not dots or (low and high):
        return
    instead = f"{term.column}>={low}" if low else f"{term.column}<={high}" if high else ""
    what = f"a range has both its ends, like {term.column}:{example}" + (f"; write {instead}" if instead else "")
    raise QueryError(query, value.span.start, value.span.end, what)


def _check_order(query: str, value: Value, rises: bool) -> None:
    """:raises QueryError: a range begins after its end."""
    if not rises:
        raise QueryError(query, value.span.start, value.span.end, "the lower end of a range stands first")


def _number(query: str, term: Condition, text: str, span: Span) -> float:
    with suppress(ValueError):
        number = float(text)
        if math.isfinite(number):
            return number
    raise QueryError(query, span.start, span.end, f"{term.column} holds numbers, and this is none")
