"""Tables for spreadsheets: CSV in which nothing is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def csv_text(rows: Iterable[Sequence[object]], ends: str = "\n") -> str:
    """Rows with commas.

    A text that a spreadsheet would take for a formula (``=cmd|...``) gets an apostrophe before it, which spreadsheets
    do not show; numbers stay as they are.

    :param ends: what ends a line.
    """
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator=ends).writerows([_cell(value) for value in row] for row in rows)
    return stream.getvalue()


def csv_rows(text: str) -> Iterator[dict[str, str]]:
    """The rows of a table that :func:`csv_text` wrote, by the names in its first line."""
    for row in csv.DictReader(io.StringIO(text, newline="")):
        yield {key: _uncelled(value or "") for key, value in row.items() if key is not None}


def _uncelled(value: str) -> str:
    return value[1:] if value.startswith("'") and value[1:].startswith(_FORMULAS) else value


def _cell(value: object) -> object:
    if not isinstance(value, str) or not value.startswith(_FORMULAS):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value
