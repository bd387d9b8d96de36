"""Tables and JSON that may be large: how much of them is taken into memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from pathlib import Path
from typing import TypeVar

from maga_desk.domain.errors import ResourceError
from maga_desk.domain.memory import free_memory

Row = TypeVar("Row", bound=Sized)

_ROW, _CELL = 72, 58  # bytes that Python takes for a row, and for a cell
_MOST_TAKEN = 640 * 2**20
_JSON = 12  # bytes that Python takes for one of JSON


class TooLarge(ValueError):
    """A table of more rows and cells than are read."""


def bounded(rows: Iterable[Row]) -> Iterator[Row]:
    """Those that are not empty.

    :raises TooLarge: they take more memory than a table may.
    """
    taken = 0
    for row in rows:
        taken += _ROW + _CELL * len(row)
        if taken > _MOST_TAKEN:
            raise TooLarge("it has more rows than are read")
        if len(row):
            yield row


def lines_of(text: str) -> Iterator[str]:
    """Lines with their ends, one after the other; a stream over the text would take four times as much."""
    if "\n" not in text:  # of old Macs
        text = text.replace("\r", "\n")
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def check_json(path: Path) -> None:
    """Before a JSON file is parsed whole.

    :raises ResourceError: there is not enough memory for what it becomes.
    :raises OSError: it cannot be looked at.
    """
    nbytes, free = path.stat().st_size, free_memory()
    if nbytes * _JSON > free:
        need = f"{nbytes * _JSON / 1e9:,.1f} GB, {free / 1e9:,.1f} GB are free"
        raise ResourceError(
            f"not enough memory: as objects its {nbytes / 1e6:,.0f} MB take about {need}", where=str(path)
        )
