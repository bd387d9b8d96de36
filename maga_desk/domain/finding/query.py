"""The grammar of queries.

::

    query      = all { ("OR" | "|") all }
    all        = term { ["AND"] term }
    term       = ["-" | "NOT"] ( "(" query ")" | comparison | word )
    comparison = column operator value { "," value }
    operator   = ":" | "=" | "!=" | "<" | "<=" | ">" | ">="

A word is looked for in the names of pictures. ``class:cat,fox`` is either of them, ``name:*IMG_20*`` a pattern with
``*`` (anything) and ``?`` (one character), ``loss:1..2`` a range with both ends. What stands in double quotes is taken
as it is, patterns, commas and spaces included. After ``=``, ``!=`` and the like an unquoted name of a column is that
column: ``pred!=class``.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from maga_desk.domain.errors import ForgetError
from maga_desk.domain.finding.columns import folded

Operator = Literal[":", "=", "!=", "<", "<=", ">", ">="]

LONGEST = 100_000
"""Characters of a query."""

_ORDERING = ("<", "<=", ">", ">=")
_DEEPEST = 50  # brackets and negations in one another
_OPERATORS: tuple[Operator, ...] = ("!=", "<=", ">=", ":", "=", "<", ">")  # the longer ones first


class QueryError(ForgetError):
    """A query that cannot be read.

    :param text: the query, and ``start`` and ``end`` of the part of it that is wrong.
    :param what: what is wrong with it, and what was expected; ``fault`` keeps it as it is given.
    """

    def __init__(self, text: str, start: int, end: int, what: str) -> None:
        self.text, self.start, self.end, self.fault = text, start, end, what
        part = text[start:end].strip()
        super().__init__(f"{what}, at {part[:60]!r}" if part else f"{what}, at the end", where="query")


@dataclass(frozen=True)
class Span:
    """A part of the query's text, from ``start`` to before ``end``."""

    start: int
    end: int


@dataclass(frozen=True)
class Value:
    """What a column is compared with.

    :param quoted: it is taken as it is.
    """

    text: str
    quoted: bool
    span: Span


@dataclass(frozen=True)
class Word:
    """Part of a name."""

    text: str


@dataclass(frozen=True)
class Condition:
    """A column against one of several values."""

    column: str
    operator: Operator
    values: tuple[Value, ...]
    span: Span


@dataclass(frozen=True)
class Not:
    of: Term


@dataclass(frozen=True)
class AllOf:
    """Every one of them."""

    of: tuple[Term, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one of them."""

    of: tuple[Term, ...]


Term = Word | Condition | Not | AllOf | AnyOf


def parse(text: str) -> Term:
    """Read a query. One of nothing but spaces is ``AllOf(())``, which everything is found by.

    :raises QueryError: it cannot be read.
    """
    if len(text) > LONGEST:
        raise QueryError(text, 0, len(text), f"a query has at most {LONGEST:,} characters, use a list instead")
    with suppress(UnicodeEncodeError):
        text.encode("utf-8")
        return _read(text)
    place = next(i for i, letter in enumerate(text) if "\ud800" <= letter <= "\udfff")
    raise QueryError(text, place, place + 1, "a character here is none of any script")


def _read(text: str) -> Term:
    reader = _Reader(text)
    if reader.at_end():
        return AllOf(())
    found = reader.query(0)
    if not reader.at_end():
        raise reader.wrong('")" without "(" before it')
    return found


def columns_of(term: Term) -> frozenset[str]:
    """The columns that a query compares; those after the operator may be values."""
    if isinstance(term, Condition):
        return frozenset({term.column, *(folded(each.text) for each in term.values if names_column(term, each))})
    if isinstance(term, Not):
        return columns_of(term.of)
    if isinstance(term, AllOf | AnyOf):
        return frozenset().union(*map(columns_of, term.of))
    return frozenset({"name"})


def names_column(comparison: Condition, value: Value) -> bool:
    """Whether a value may be a column's name, where there is one of it."""
    return comparison.operator != ":" and not value.quoted and len(comparison.values) == 1


def quoted(value: str) -> str:
    """A value as a query is to hold it."""
    plain = value and not any(each.isspace() or each in '()",*?|' for each in value) and ".." not in value
    return value if plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Reader:
    """Goes through the text once."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def at_end(self) -> bool:
        self._skip()
        return self._at >= len(self._text)

    def wrong(self, what: str, start: int | None = None) -> QueryError:
        start = self._at if start is None else start
        end = start
        while end < len(self._text) and not (self._text[end].isspace() and end > start):
            end += 1
        return QueryError(self._text, start, end, what)

    def query(self, depth: int) -> Term:
        found = [self._all(depth)]
        while self._keyword("OR") or self._taken("|"):
            found.append(self._all(depth))
        return found[0] if len(found) == 1 else AnyOf(tuple(found))

    def _all(self, depth: int) -> Term:
        found = [self._term(depth)]
        while True:
            if self._keyword("AND"):
                found.append(self._term(depth))
            elif self.at_end() or self._text[self._at] in ")|" or self._is_keyword("OR"):
                return found[0] if len(found) == 1 else AllOf(tuple(found))
            else:
                found.append(self._term(depth))

    def _term(self, depth: int) -> Term:
        if depth > _DEEPEST:
            raise self.wrong(f"more than {_DEEPEST} brackets in one another")
        if self.at_end():
            raise self.wrong("a word or a comparison is missing")
        if self._is_keyword("OR") or self._is_keyword("AND"):
            raise self.wrong("a word or a comparison is missing before it")
        if self._taken("-") or self._keyword("NOT"):
            return Not(self._term(depth + 1))
        start = self._at
        if self._taken("("):
            found = self.query(depth + 1)
            if not self._taken(")"):
                raise self.wrong('a ")" is missing', start)
            return found
        return self._comparison(start)

    def _comparison(self, start: int) -> Term:
        name = self._operand(start, ends=':=<>!()|"')
        operator = next((each for each in _OPERATORS if self._text.startswith(each, self._at)), None)
        if operator is None:
            if not name.text:
                raise self.wrong("a word or a comparison is expected")
            return Word(name.text)
        if not name.text:
            raise self.wrong(f'the name of a column is missing before "{operator}"')
        self._at += len(operator)
        values = [self._value(operator)]
        while self._text[self._at : self._at + 1] == ",":
            self._at += 1
            values.append(self._value(","))
        if operator in _ORDERING and len(values) > 1:
            what = f'one value is expected after "{operator}"; a comma separates values, decimals take a point'
            raise QueryError(self._text, start, self._at, what)
        return Condition(folded(name.text), operator, tuple(values), Span(start, self._at))

    def _value(self, after: str) -> Value:
        start = self._at
        found = self._operand(start, ends="(),|")
        if not found.text and not found.quoted:
            raise QueryError(self._text, max(0, start - len(after)), start, f'a value is missing after "{after}"')
        return found

    def _operand(self, start: int, *, ends: str) -> Value:
        if self._text[self._at : self._at + 1] == '"':
            return self._quoted(start)
        while self._at < len(self._text):
            here = self._text[self._at]
            if here.isspace() or (
                here in ends and not (here == "!" and self._text[self._at + 1 : self._at + 2] != "=")
            ):
                break
            self._at += 1
        return Value(self._text[start : self._at], quoted=False, span=Span(start, self._at))

    def _quoted(self, start: int) -> Value:
        letters, at = list[str](), start + 1
        while at < len(self._text) and self._text[at] != '"':
            at += self._text[at] == "\\" and self._text[at + 1 : at + 2] in ('"', "\\")
            letters.append(self._text[at])
            at += 1
        if at >= len(self._text):
            raise QueryError(self._text, start, len(self._text), "a closing quotation mark is missing")
        self._at = at + 1
        return Value("".join(letters), quoted=True, span=Span(start, self._at))

    def _skip(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _taken(self, sign: str) -> bool:
        self._skip()
        there = self._text.startswith(sign, self._at)
        self._at += len(sign) if there else 0
        return there

    def _is_keyword(self, word: str) -> bool:
        self._skip()
        after = self._text[self._at + len(word) : self._at + len(word) + 1]
        return self._text.startswith(word, self._at) and (not after or after.isspace() or after in "()-")

    def _keyword(self, word: str) -> bool:
        there = self._is_keyword(word)
        self._at += len(word) if there else 0
        return there
