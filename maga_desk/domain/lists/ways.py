"""A list's text, and the ways in which it may be read: a name a line, a column of a table, a key of JSON objects.

Which of them is meant depends on the pictures; :mod:`maga_desk.domain.lists.reading` decides that. Of a long text the
ways are found in its beginning, and only the one that is taken is followed to the end.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from maga_desk.domain.errors import ForgetError
from maga_desk.domain.lists.flags import flagged_json, flagged_rows
from maga_desk.domain.outside import json_of

LINES = re.compile(r"\r\n|\n|\r")
"""What ends a line. Python's ``splitlines`` also splits at characters that names may hold, such as U+2028."""

SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons"}
VALUE = re.compile(r"[/\\]|\.\w{2,4}$|^[+-]?\d+([.,]\d+)?$|^[0-9a-fA-F]{16,}$")
"""What is no title of a column: paths, files, numbers, hashes."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_HEAD = 400_000  # characters of a long text in which its ways are looked for
_DEEPEST = 12  # objects within objects
_MOST_WAYS = 64
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WESTERN = "Western European (Windows-1252): it is no UTF-8"


@dataclass(frozen=True)
class ListText:
    """A list's text.

    :param encoding: how its bytes were read, in words; empty where it was pasted.
    """

    text: str
    encoding: str = ""


@dataclass(frozen=True, eq=False)
class ListWay:
    """One way to take entries from a text.

    :param form: how it is written, in words: ``one a line``, ``a table with semicolons``.
    :param number: of the column, from 1; 0: it has none.
    :param title: what stands over the column, or the key in JSON; empty where nothing does.
    :param of: how many columns there are.
    :param take: gives all entries, a title among them.
    :param some: entries of the beginning of the text.
    :param beside: what stands over all columns, where something does.
    :param flags: says what was left out because the list says no of it; empty where nothing was.
    :param is_data: every entry is one: there are neither titles nor comments.
    """

    form: str
    take: Callable[[], list[str]]
    some: Sequence[str]
    number: int = 0
    title: str = ""
    of: int = 0
    beside: Sequence[str] = ()
    is_data: bool = False
    flags: Callable[[], str] = str

    @property
    def column(self) -> str:
        """``column 2 of 3 ('path')``, ``the key 'file_name'``; empty where it has none."""
        if not self.number:
            return f"the key '{self.title}'" if self.title else ""
        return f"column {self.number} of {self.of}" + (f" ('{self.title.strip()}')" if self.title.strip() else "")

    @property
    def key(self) -> str:
        """What tells this column from the others: its title, else its number; empty where it is no column."""
        return self.title.strip() or (str(self.number) if self.number else "")

    @cached_property
    def entries(self) -> list[str]:
        """All that it takes."""
        return self.take()


def decoded(raw: bytes, where: str | None = None) -> ListText:
    """The text of a file: UTF-8 or UTF-16, with a mark or without; else as Windows in the west has long written it.

    :raises ForgetError: it is no text.
    """
    for mark, codec, title in _BOMS:
        if raw.startswith(mark):
            try:
                return ListText(raw.decode(codec), title)
            except UnicodeDecodeError as error:
                raise _no_text(where) from error
    for guess, title in ((_guessed(raw), "UTF-16, without a mark"), ("utf-8", "UTF-8")):
        with suppress(UnicodeDecodeError):
            text = raw.decode(guess) if guess else "\0"
            if "\0" not in text:
                return ListText(text, title)
    if b"\0" in raw:
        raise _no_text(where)
    text = raw.decode("cp1252", "replace") if not _undefined(raw) else raw.decode("latin-1")
    if len(_CONTROL.findall(text[:_HEAD])) * 50 > len(text[:_HEAD]):
        raise _no_text(where)
    return ListText(text, _WESTERN)


def _no_text(where: str | None) -> ForgetError:
    return ForgetError("is no text, or damaged", where=where, todo="save the list as UTF-8 text")


def _undefined(raw: bytes) -> bool:
    return bool(re.search(rb"[\x81\x8d\x8f\x90\x9d]", raw))


def _guessed(raw: bytes) -> str | None:
    """UTF-16 without a mark: line ends, slashes and dots have a zero beside them, always on the same side."""
    if b"\0" not in raw or len(raw) % 2:
        return None
    little, big = raw[1::2].count(0), raw[::2].count(0)
    return "utf-16-le" if little > big else "utf-16-be"


def ways_of(text: str) -> list[ListWay]:
    """All ways to read a text, lines first; at least one."""
    text = text.removeprefix("\ufeff")
    if (ways := _json_ways(text)) is not None:
        return ways
    head = text if len(text) <= _HEAD else text[: text.rfind("\n", 0, _HEAD) + 1] or text[:_HEAD]
    ways = [ListWay("one a line", lambda: _lines(text), _lines(head))]
    for separator, title in SEPARATORS.items():
        rows = _rows(head, separator)
        columns = [column for column in range(max(map(len, rows), default=0)) if _filled(rows, column)]
        if not columns or max(map(len, rows)) < 2:
            continue
        ragged = len(rows) == 1 or len({len(row) for row in rows}) > 1 or len(columns) == 1
        if ragged:
            some = [cell for row in rows for cell in row if cell.strip()]
            ways.append(ListWay(f"separated by {title}", _cells(text, separator), some))
        if len(columns) > 1 and len(rows) > 1:
            form, titled = f"a table with {title}", not any(VALUE.search(cell.strip()) for cell in rows[0])
            for column in columns[:_MOST_WAYS]:
                first = rows[0][column].strip() if titled and len(rows[0]) > column else ""
                some = [row[column] for row in rows if len(row) > column and row[column].strip()]
                table = _Table(text, separator, column, titled)
                width, beside = max(map(len, rows)), rows[0] if first else ()
                ways.append(ListWay(form, table.cells, some, column + 1, first, width, beside, flags=table.flags))
    return ways


def _lines(text: str) -> list[str]:
    return [line for line in LINES.split(text) if line.strip()]


def _rows(text: str, separator: str) -> list[list[str]]:
    if separator not in text:
        return []
    stream = io.StringIO(text, newline="")
    try:
        if separator == "\t":  # between tabs, a name in quotes is JSON text
            rows = list(csv.reader(stream, delimiter=separator, quoting=csv.QUOTE_NONE))
        else:
            rows = list(csv.reader(stream, delimiter=separator))
    except csv.Error:  # a cell beyond all measure, or a stray NUL
        return []
    rows = [row for row in rows if row and not row[0].lstrip().startswith("#")]
    return rows[1:] if rows and rows[0][0].lower() == "sep=" else rows  # a line that only a spreadsheet reads


def _filled(rows: Iterable[list[str]], column: int) -> bool:
    return any(len(row) > column and row[column].strip() for row in rows)


@dataclass(frozen=True, eq=False)
class _Table:
    """A column of a table, without the rows of which another column says no."""

    text: str
    separator: str
    column: int
    titled: bool

    @cached_property
    def _read(self) -> tuple[list[list[str]], str]:
        rows = _rows(self.text, self.separator)
        return flagged_rows(rows, self.column) if self.titled else (rows, "")

    def cells(self) -> list[str]:
        column = self.column
        return [row[column] for row in self._read[0] if len(row) > column and row[column].strip()]

    def flags(self) -> str:
        return self._read[1]


def _cells(text: str, separator: str) -> Callable[[], list[str]]:
    return lambda: [cell for row in _rows(text, separator) for cell in row if cell.strip()]


def _json_ways(text: str) -> list[ListWay] | None:
    """The keys of JSON, or of lines that are JSON; ``None`` where it is neither."""
    begun = text.lstrip()[:1]
    if begun not in ("[", "{"):
        return None
    form = "JSON"
    try:
        held = json_of(text)
    except ValueError:
        lines = _lines(text)
        if begun != "{" or len(lines) < 2:
            return None
        try:
            held, form = [json_of(line) for line in lines], "JSON, a line each"
        except ValueError:
            return None
    held, flags = flagged_json(held)
    found: dict[str, list[str]] = {}
    _collect(held, "", found, 0)
    if isinstance(held, dict):
        found.setdefault("", []).extend(map(str, held))
    ways = [
        ListWay(form, partial(list, each), each, title=key, is_data=True, flags=lambda: flags)
        for key, each in found.items()
        if each
    ]
    return ways[:_MOST_WAYS] or [ListWay(form, list, (), is_data=True)]


def _collect(held: Any, path: str, found: dict[str, list[str]], depth: int) -> None:
    """Texts and numbers by the keys that lead to them; lists of equally long lists are tables."""
    if depth > _DEEPEST:
        raise ForgetError("is nested too deep", todo="save a plain list of names")
    if isinstance(held, dict):
        for key, value in held.items():
            _collect(value, f"{path}.{key}" if path else str(key), found, depth + 1)
    elif isinstance(held, list):
        rows = [each for each in held if isinstance(each, list)]
        is_table = len(rows) == len(held) > 1 and len({len(row) for row in rows}) == 1 < len(rows[0])
        for each in held:
            if is_table:
                for number, cell in enumerate(each, 1):
                    _collect(cell, f"{path}[{number}]", found, depth + 1)
            else:
                _collect(each, path, found, depth + 1)
    elif isinstance(held, str | int | float) and not isinstance(held, bool):
        found.setdefault(path, []).append(str(held))
