"""Values against a column: text is compared by SQLite in memory, numbers by NumPy, each different value once.

Nothing of a query becomes a part of a statement.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.finding.columns import Coded, folded
from maga_desk.domain.finding.query import Condition, Operator, QueryError, Span, Value

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]
_DATE = re.compile(r"\d{4}-\d\d(-\d\d([T ][\d:.Z+-]+)?)?")
_ORDERED: dict[Operator, tuple[str, Callable[[Any, Any], Any]]] = {
    "<": ("SELECT code FROM v WHERE value < ?", np.less),
    "<=": ("SELECT code FROM v WHERE value <= ?", np.less_equal),
    ">": ("SELECT code FROM v WHERE value > ?", np.greater),
    ">=": ("SELECT code FROM v WHERE value >= ?", np.greater_equal),
}


class Matcher:
    """Conditions on one column. Of one thread at a time."""

    def __init__(self, column: Coded) -> None:
        self._column = column
        self._texts = _table_of(column.values) if isinstance(column.values, tuple) else None

    def containing(self, text: str) -> Mask:
        """``(N,) bool``: whose text has this in it."""
        return self._found("SELECT code FROM v WHERE instr(value, ?) > 0", folded(text))

    def compared(self, query: str, term: Condition) -> Mask:
        """``(N,) bool``: whose value compares so with one of the term's.

        :param query: the whole text, for what is wrong in it.
        :raises QueryError: a number is needed and is none; text has no order.
        """
        found = np.zeros(len(self._column.codes), dtype=bool)
        if term.operator in _ORDERED:
            for value in term.values:
                found |= self._ordered(query, term, value)
            return found
        exact = list[Value]()
        for value in term.values:
            if value.quoted and not value.text:  # nothing is known
                found |= self._column.codes < 0
            elif not value.quoted and value.text == "*":
                found |= self._column.codes >= 0
            elif not value.quoted and (special := self._special(query, term, value)) is not None:
                found |= special
            else:
                exact.append(value)
        found |= self._equal(query, term, exact)
        return (self._column.codes >= 0) & ~found if term.operator == "!=" else found

    def _special(self, query: str, term: Condition, value: Value) -> Mask | None:
        """A range or a pattern; ``None`` where it is neither."""
        low, dots, high = value.text.partition("..")
        if self._texts is None:
            if not dots:
                return None
            ends = [_number(query, term, each, value.span) for each in (low, high)]
            return self._of_numbers((self._numbers >= ends[0]) & (self._numbers <= ends[1]))
        if dots and _DATE.fullmatch(low) and _DATE.fullmatch(high):
            return self._found("SELECT code FROM v WHERE value BETWEEN ? AND ?", low, high)
        if any(each in value.text for each in "*?"):
            return self._found("SELECT code FROM v WHERE value GLOB ?", folded(value.text).replace("[", "[[]"))
        return None

    def _equal(self, query: str, term: Condition, values: list[Value]) -> Mask:
        if self._texts is None:
            return self._of_numbers(
                np.isin(self._numbers, [_number(query, term, each.text, each.span) for each in values])
            )
        wanted = json.dumps([folded(each.text) for each in values])
        return self._found("SELECT code FROM v WHERE value IN (SELECT value FROM json_each(?))", wanted)

    def _ordered(self, query: str, term: Condition, value: Value) -> Mask:
        statement, compare = _ORDERED[term.operator]
        numbers = self._numbers if self._texts is None else self._numbers_in_text()
        if numbers is not None:
            return self._of_numbers(compare(numbers, _number(query, term, value.text, value.span)))
        if not all(_DATE.fullmatch(each) for each in self._column.values):
            what = f"{term.column} holds text, which has no order: compare it by : or ="
            raise QueryError(query, term.span.start, term.span.end, what)
        if not _DATE.fullmatch(value.text):
            raise QueryError(query, value.span.start, value.span.end, f"{term.column} holds days like 2026-03-31")
        return self._found(statement, folded(value.text))

    @property
    def _numbers(self) -> Numbers:
        return np.asarray(self._column.values, dtype=np.float64)

    def _numbers_in_text(self) -> Numbers | None:
        """``(V,)``: the values as numbers, where all of this column of text are."""
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


def _number(query: str, term: Condition, text: str, span: Span) -> float:
    with suppress(ValueError):
        number = float(text)
        if math.isfinite(number):
            return number
    raise QueryError(query, span.start, span.end, f"{term.column} holds numbers, and this is none")
