"""A query changed by clicks: a value asked for, left out, and asked for no longer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from maga_desk.domain.finding.query import AllOf, AnyOf, Condition, Not, QueryError, Term, Value, parse, quoted

Standing = Literal["", "in", "out"]
"""Whether a query asks for a value, leaves it out, or says nothing of it."""


@dataclass(frozen=True)
class _Placed:
    """A comparison that all which is found must meet: ``start`` to ``end`` is its place, a minus before it included."""

    condition: Condition
    start: int
    end: int
    negated: bool


def standings(text: str, column: str) -> dict[str, Standing]:
    """What a query says of values of a column, by the value as a query has it. Brackets and OR are not looked into."""
    return {
        _written(value): "out" if placed.negated else "in"
        for placed in _of_column(text, column)
        for value in placed.condition.values
    }


def toggled(text: str, column: str, value: str, *, out: bool = False) -> str:
    """The query with one value more, asked for or left out; where it says just that already, without it.

    Values of one column that are asked for are alternatives: ``class:cat,dog``.

    :param value: as :func:`~maga_desk.domain.finding.query.quoted` has it.
    :param out: leave it out instead of asking for it.
    """
    found = list(_of_column(text, column))
    holders = [each for each in found if value in map(_written, each.condition.values)]
    text, standing = _without(text, holders, value), _standing(holders)
    if standing == ("out" if out else "in"):
        return text
    same = next((each for each in _of_column(text, column) if each.negated == out), None)
    if same is not None:
        return f"{text[: same.end]},{value}{text[same.end :]}"
    return both(text, f"{'-' if out else ''}{column}:{value}")


def without_column(text: str, column: str) -> str:
    """The query without what it says of a column at its top: what the column's other values would find."""
    for placed in sorted(_of_column(text, column), key=lambda each: -each.start):
        text = _cut(text, placed.start, placed.end)
    return text


def both(text: str, term: str) -> str:
    """A query and one comparison more, which must hold as well."""
    text = text.strip()
    if not text:
        return term
    top = _top(text)
    alternatives = len(top) == 1 and isinstance(top[0], AnyOf) and not _is_bracketed(text)
    return f"({text}) {term}" if alternatives else f"{text} {term}"


def _of_column(text: str, column: str) -> Iterator[_Placed]:
    """Comparisons by ``:`` with a column, each of which must hold; none of a query that cannot be read."""
    for term in _top(text):
        negated = isinstance(term, Not)
        inner = term.of if isinstance(term, Not) else term
        if isinstance(inner, Condition) and inner.operator == ":" and inner.column == column:
            start = inner.span.start
            if negated:
                before = text[:start].rstrip()
                start = len(before) - (1 if before.endswith("-") else 3)
            yield _Placed(inner, start, inner.span.end, negated)


def _top(text: str) -> tuple[Term, ...]:
    """What must hold at once; nothing of a query that cannot be read."""
    try:
        term = parse(text)
    except QueryError:
        return ()
    return term.of if isinstance(term, AllOf) else (term,)


def _written(value: Value) -> str:
    return quoted(value.text) if value.quoted else value.text


def _standing(holders: list[_Placed]) -> Standing:
    return "" if not holders else "out" if holders[0].negated else "in"


def _without(text: str, holders: list[_Placed], value: str) -> str:
    for placed in sorted(holders, key=lambda each: -each.start):
        left = [_as_it_stands(text, each) for each in placed.condition.values if _written(each) != value]
        if left:
            begin = placed.condition.values[0].span.start
            text = f"{text[:begin]}{','.join(left)}{text[placed.end :]}"
        else:
            text = _cut(text, placed.start, placed.end)
    return text


def _as_it_stands(text: str, value: Value) -> str:
    return text[value.span.start : value.span.end]


def _cut(text: str, start: int, end: int) -> str:
    before, after = text[:start].rstrip(), text[end:].lstrip()
    if before.endswith(" AND") or before == "AND":
        before = before[:-3].rstrip()
    elif after.startswith("AND "):
        after = after[4:].lstrip()
    return f"{before} {after}".strip()


def _is_bracketed(text: str) -> bool:
    """Whether one pair of brackets holds all of it: what stands between them can be read by itself."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    try:
        parse(text[1:-1])
    except QueryError:
        return False
    return True
