"""Tables for spreadsheets: CSV in which nothing is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

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


def _cell(value: object) -> object:
    if not isinstance(value, str) or not value.startswith(_FORMULAS):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value
