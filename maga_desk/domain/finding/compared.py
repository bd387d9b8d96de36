"""Which columns a query compares, of those that there are: what of a query may be told without telling its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from maga_desk.domain.finding.columns import coded, folded
from maga_desk.domain.finding.query import (
    AllOf,
    AnyOf,
    Condition,
    Not,
    QueryError,
    Term,
    names_column,
    parse,
)

OWN_COLUMNS = (
    "class", "kind", "name", "file", "split", "number", "dup", "near", "pred", "conf", "loss", "in", "like"
)  # fmt: skip
"""The columns that every set has, whatever its source says of the pictures."""

ALIASES: Mapping[str, str] = {"label": "class", "path": "name", "picture": "name", "confidence": "conf"}
"""Other words for some of them, where no column of the source has such a name."""


def columns_compared(query: str, columns: Mapping[str, NDArray[Any] | Sequence[Any]]) -> tuple[str, ...]:
    """The columns that a query compares, in order. A value is never among them, even where it stands where a column
    could: it counts only if the query was answered by comparing two columns.

    :param columns: what the source says of each picture, by name.
    :returns: none of a query that cannot be read.
    """
    own = {folded(name): values for name, values in columns.items()}
    known = {*own, *(f"table.{name}" for name in own if name in OWN_COLUMNS), *OWN_COLUMNS}
    try:
        return tuple(sorted(_of_term(parse(query), own, known)))
    except QueryError:
        return ()


def _of_term(term: Term, own: Mapping[str, NDArray[Any] | Sequence[Any]], known: set[str]) -> set[str]:
    if isinstance(term, Not):
        return _of_term(term.of, own, known)
    if isinstance(term, AllOf | AnyOf):
        return set().union(*(_of_term(each, own, known) for each in term.of))
    if not isinstance(term, Condition):
        return {"name"}
    name, value = _known_as(term.column, known), term.values[0]
    other = _known_as(value.text, known) if names_column(term, value) else ""
    if other and other != name and not _has_value(name, value.text, own):
        return {name, other} - {""}
    return {name} - {""}


def _known_as(asked: str, known: set[str]) -> str:
    """What a column is called; empty where there is none of this name."""
    name = folded(asked)
    name = name if name in known else ALIASES.get(name, name)
    return name if name in known else ""


def _has_value(name: str, text: str, own: Mapping[str, NDArray[Any] | Sequence[Any]]) -> bool:
    """Whether it is a value of the column: then the query has compared with that."""
    column = name if name not in OWN_COLUMNS else ""
    values = own.get(column.removeprefix("table."))
    held = coded(values).values if values is not None else ()
    return isinstance(held, tuple) and folded(text) in map(folded, held)
