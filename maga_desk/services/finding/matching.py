"""Values against a column, compared by SQLite in memory; nothing of a query becomes a part of a statement."""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Iterable
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.finding.columns import Coded, folded
from maga_desk.domain.finding.query import Condition, Operator, QueryError, Value

_DATE = re.compile(r"\d{4}-\d\d(-\d\d([T ][\d:.Z+-]+)?)?")
_ORDERED: dict[Operator, str] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}


class Matcher:
    """The different values of one column in a table of their own."""

    def __init__(self, name: str, column: Coded) -> None:
        self._name, self._column = name, column
        # Statements of one thread at a time: whoever holds the column asks one after the other.
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._db.execute("CREATE TABLE v (code INTEGER PRIMARY KEY, value)")
        text = isinstance(column.values, tuple)
        values: Iterable[object] = map(folded, column.values) if text else np.asarray(column.values).tolist()
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT INTO v VALUES (?, ?)", enumerate(values))
        self._order: dict[str, str] | None = None

    def containing(self, text: str) -> NDArray[np.bool_]:
        """``(N,) bool``: whose text has this in it."""
        return self._found("SELECT code FROM v WHERE instr(value, ?) > 0", folded(text))

    def compared(self, query: str, term: Condition) -> NDArray[np.bool_]:
        """``(N,) bool``: whose value compares so with one of the term's.

        :param query: the whole text, for what is wrong in it.
        :raises QueryError: a number is needed and is none; text has no order.
        """
        equal = term.operator in (":", "=", "!=")
        found = self._equal(query, term) if equal else self._ordered(query, term)
        return (self._column.codes >= 0) & ~found if term.operator == "!=" else found

    def _equal(self, query: str, term: Condition) -> NDArray[np.bool_]:
        found, exact = np.zeros(len(self._column.codes), dtype=bool), list[object]()
        for value in term.values:
            if value.quoted and not value.text:  # nothing is known
                found |= self._column.codes < 0
            elif not value.quoted and value.text == "*":
                found |= self._column.codes >= 0
            elif not value.quoted and ".." in value.text and (ends := self._ends(query, term, value)):
                found |= self._found("SELECT code FROM v WHERE value BETWEEN ? AND ?", *ends)
            elif self._column.is_text and not value.quoted and any(each in value.text for each in "*?"):
                found |= self._found("SELECT code FROM v WHERE value GLOB ?", folded(value.text).replace("[", "[[]"))
            else:
                exact.append(folded(value.text) if self._column.is_text else self._number(query, term, value))
        if exact:
            found |= self._found(
                "SELECT code FROM v WHERE value IN (SELECT value FROM json_each(?))", json.dumps(exact)
            )
        return found

    def _ordered(self, query: str, term: Condition) -> NDArray[np.bool_]:
        statement = f"SELECT code FROM v WHERE value {_ORDERED[term.operator]} ?"
        found = np.zeros(len(self._column.codes), dtype=bool)
        for value in term.values:
            if self._column.is_text and self._numbers_in_text() is not None:
                mine = self._in_text(term.operator, self._number(query, term, value))
            elif self._column.is_text:
                mine = self._found(statement, self._date(query, term, value))
            else:
                mine = self._found(statement, self._number(query, term, value))
            found |= mine
        return found

    def _numbers_in_text(self) -> NDArray[np.float64] | None:
        """``(V,)``: the values as numbers, where all of this column of text are."""
        with suppress(ValueError):
            return np.array([float(each) for each in self._column.values], dtype=np.float64)
        return None

    def _in_text(self, operator: Operator, number: float) -> NDArray[np.bool_]:
        numbers = self._numbers_in_text()
        assert numbers is not None
        compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[operator]
        return self._column.mask(np.flatnonzero(compare(numbers, number)).tolist())

    def _ends(self, query: str, term: Condition, value: Value) -> tuple[object, object] | None:
        """The ends of a range; ``None`` where it is none of a column of text."""
        low, _, high = value.text.partition("..")
        if self._column.is_text:
            return (low, high) if _DATE.fullmatch(low) and _DATE.fullmatch(high) else None
        ends = [self._number(query, term, Value(each, quoted=False, span=value.span)) for each in (low, high)]
        return ends[0], ends[1]

    def _number(self, query: str, term: Condition, value: Value) -> float:
        with suppress(ValueError):
            number = float(value.text)
            if math.isfinite(number):
                return number
        raise QueryError(query, value.span.start, value.span.end, f"{term.column} holds numbers, and this is none")

    def _date(self, query: str, term: Condition, value: Value) -> str:
        if not all(_DATE.fullmatch(each) for each in self._column.values):
            what = f"{term.column} holds text, which has no order: compare it by : or ="
            raise QueryError(query, term.span.start, term.span.end, what)
        if not _DATE.fullmatch(value.text):
            raise QueryError(query, value.span.start, value.span.end, f"{term.column} holds days like 2026-03-31")
        return folded(value.text)

    def _found(self, statement: str, *values: object) -> NDArray[np.bool_]:
        return self._column.mask([code for (code,) in self._db.execute(statement, values)])
