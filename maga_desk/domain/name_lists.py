"""Lists of pictures' names: written so that any name survives, read however a person writes one.

The window, the command line and specs read lists here, and so are the lists of what was forgotten before. A list is
text with a name a line, or a table (CSV, TSV) with a column of names. A name may be written as the program shows it
(``train/cat/0001.jpg``), without ``train/``, as a bare file name where only one picture is called so, as a path below
the picture folder, with backslashes, in quotes, or as a ``file://`` link.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.errors import ForgetError, name_some
from maga_desk.domain.outside import json_of, read_bytes

_LINES = re.compile(r"\r\n|\n|\r")
"""What ends a line. Python's ``splitlines`` also splits at characters that names may hold, such as U+2028."""

_ODD = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\\"
_PLAIN = re.compile(rf"[^\s\"#{_ODD}][^{_ODD}]*")
_DELIMITERS = (",", "\t", ";")
_HEADERS = {"file", "files", "filename", "filenames", "name", "names", "path", "paths", "picture", "pictures", "image"}
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SHOWN = 3


@dataclass(frozen=True)
class Found:
    """What a list names.

    :param indices: ``(n,) int64`` positions of the pictures, ascending, without repeats.
    :param missing: entries that no picture is called by.
    :param ambiguous: entries that fit several pictures, with these; none of them is among ``indices``.
    :param repeated: pictures that the list names more than once.
    :param column: what column of a table the names were taken from, in words; empty where it is no table.
    :param counted: of a list of numbers, how it was read, in words.
    """

    indices: NDArray[np.int64]
    missing: tuple[str, ...] = ()
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    repeated: tuple[str, ...] = ()
    column: str = ""
    counted: str = ""

    @property
    def not_found(self) -> tuple[str, ...]:
        """All entries that stand for no one picture."""
        return (*self.missing, *self.ambiguous)

    def faults(self, where: str = "the training pictures") -> str:
        """What is wrong with the entries that were not found, in one line."""
        total = len(self.indices) + len(self.not_found)
        said = []
        if self.missing:
            some = name_some([_shown(name) for name in self.missing], _SHOWN)
            said.append(f"{len(self.missing)} of {total} names are not among {where}: {some}")
        if self.ambiguous:
            fitting = {name: name_some([_shown(each) for each in fits], 2) for name, fits in self.ambiguous.items()}
            some = name_some([f"{_shown(name)} ({fits})" for name, fits in fitting.items()], _SHOWN)
            said.append(f"{len(self.ambiguous)} of {total} names fit several pictures: {some}")
        return "; ".join(said)

    def lines(self) -> list[str]:
        """The entries that were not found, each with the pictures that it fits where those are several."""
        fits = [f"{_shown(name)}  (fits {name_some(list(map(_shown, p)), 4)})" for name, p in self.ambiguous.items()]
        return [*map(_shown, self.missing), *fits]

    def notes(self) -> tuple[str, ...]:
        """What a person should know of a list that could be read."""
        said = [self.counted] if self.counted else []
        if self.column:
            said.append(f"Names were taken from {self.column}.")
        if self.repeated:
            count, some = len(self.repeated), name_some([_shown(name) for name in self.repeated], _SHOWN)
            said.append(f"{count} {'picture is' if count == 1 else 'pictures are'} named more than once: {some}.")
        return tuple(said)


class Names:
    """The pictures' names, to be looked up as people write them.

    :param root: the picture folder, so that paths below it are names.
    """

    def __init__(self, names: Sequence[str], root: str | Path | None = None) -> None:
        self._names = names
        self._whole = {name: i for i, name in enumerate(names)}
        self._short: dict[str, list[int]] = {}
        self._files: dict[str, list[int]] = {}
        for i, name in enumerate(names):
            self._short.setdefault(name.removeprefix("train/"), []).append(i)
            self._files.setdefault(name.rpartition("/")[2], []).append(i)
        self._roots = _written(root)

    def find(self, entry: str) -> list[int]:
        """Positions of the pictures that an entry may stand for: one, none, or several.

        Accented letters are one character or two, as a system has it.
        """
        found = self._find(entry)
        return found if found or entry.isascii() else self._composed._find(_composed(entry))

    @cached_property
    def _composed(self) -> Names:
        names = Names([_composed(name) for name in self._names])
        names._roots = tuple(_composed(root) for root in self._roots)
        return names

    def _find(self, entry: str) -> list[int]:
        if entry in self._whole:  # as the program itself writes it
            return [self._whole[entry]]
        for written in _readings(entry):
            for name in (written, *self._below(written)):
                if name in self._whole:
                    return [self._whole[name]]
                for known, key in ((self._short, name), (self._short, name.removeprefix("train/"))):
                    if key in known:
                        return known[key]
        for written in _readings(entry):
            if "/" not in written and written in self._files:
                return self._files[written]
        return []

    def name(self, position: int) -> str:
        return self._names[position]

    def _below(self, written: str) -> Iterable[str]:
        """A path as a name, where it lies below the picture folder."""
        for root in self._roots:
            if written.startswith(root):
                yield written[len(root) :]


def bytes_of_list(path: str | Path) -> bytes:
    """:raises ForgetError: the file cannot be read."""
    try:
        return read_bytes(path)
    except OSError as error:
        raise ForgetError(f"cannot read: {error.strerror}", where=str(path)) from error


def read_list(path: str | Path) -> str:
    """The text of a list: UTF-8 or UTF-16.

    :raises ForgetError: the file cannot be read.
    """
    raw = bytes_of_list(path)
    encoding = next((name for mark, name in _BOMS if raw.startswith(mark)), _guessed(raw))
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        todo = "save the list as UTF-8"
        raise ForgetError("neither UTF-8 nor UTF-16 text", where=str(path), todo=todo) from error


def match(text: str, names: Names, *, where: str | None = None) -> Found:
    """The pictures that a list's text names.

    :raises ForgetError: it names nothing.
    """
    entries, column = _entries(text, names)
    if not entries:
        raise ForgetError("names no picture", where=where, todo="write one picture name a line")
    return match_entries(entries, names, column=column)


def match_entries(entries: Sequence[str], names: Names, *, column: str = "") -> Found:
    """The pictures that these entries name."""
    times: dict[int, int] = {}
    missing: dict[str, None] = {}
    ambiguous: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        found = names.find(entry)
        if len(found) == 1:
            times[found[0]] = times.get(found[0], 0) + 1
        elif found:
            ambiguous[entry.strip()] = tuple(names.name(i) for i in found)
        else:
            missing[entry.strip()] = None
    return Found(
        np.array(sorted(times), dtype=np.int64),
        tuple(missing),
        ambiguous,
        tuple(names.name(i) for i in sorted(times) if times[i] > 1),
        column,
    )


def write_list(names: Iterable[str]) -> str:
    """A list that :func:`match` reads back whatever characters the names hold: a name a line, odd ones as JSON text."""
    return "".join(f"{written_name(name)}\n" for name in names)


def written_name(name: str) -> str:
    """A name as it is, or as JSON text where it has something in it that would break a line, or a table's row."""
    return name if _is_plain(name) else json.dumps(name)


def _is_plain(name: str) -> bool:
    return _PLAIN.fullmatch(name) is not None and name == name.strip()


def _entries(text: str, names: Names) -> tuple[list[str], str]:
    """The entries of a text, and which column of a table they are from: whatever names most pictures."""
    text = text.removeprefix("\ufeff")
    lines = [line for line in _LINES.split(text) if line.strip()]
    lines = [line for line in lines if not line.startswith("#") or names.find(line)]
    best, column, most = lines, "", _count(lines, names)
    for delimiter in _DELIMITERS:
        rows = _table(text, delimiter)
        width = max((len(row) for row in rows), default=0)
        for place in range(width if width > 1 else 0):
            cells = [row[place] for row in rows if len(row) > place and row[place].strip()]
            found = _count(cells, names)
            if found > most:
                head = cells[0] if cells and _is_header(cells[0], names) else ""
                best, most = cells[1:] if head else cells, found
                column = f"column {place + 1} of {width}" + (f" ('{head.strip()}')" if head else "")
    if not column and best and best[0].strip().strip('"').lower() in _HEADERS and not names.find(best[0]):
        best = best[1:]
    return best, column


def _table(text: str, delimiter: str) -> list[list[str]]:
    if delimiter not in text:
        return []
    try:
        stream = io.StringIO(text, newline="")
        if delimiter == "\t":  # between tabs, a name in quotes is JSON text
            rows = list(csv.reader(stream, delimiter=delimiter, quoting=csv.QUOTE_NONE))
        else:
            rows = list(csv.reader(stream, delimiter=delimiter))
    except csv.Error:  # a cell beyond all measure, or a stray NUL
        return []
    return [row for row in rows if row and not row[0].startswith("#")]


def _is_header(cell: str, names: Names) -> bool:
    """Whether a column's first cell is its title: no picture, and not written like one."""
    return not names.find(cell) and not re.search(r"[/\\]|\.\w{2,4}$", cell.strip())


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _count(entries: Iterable[str], names: Names) -> int:
    return sum(bool(names.find(entry)) for entry in entries)


def _readings(entry: str) -> list[str]:
    """An entry as it stands, then as it may be meant: most literal first."""
    bare = entry.strip()
    found = [entry, bare]
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
        if bare[0] == '"':
            with contextlib.suppress(ValueError):
                found.insert(0, str(json_of(bare)))
        bare = bare[1:-1].strip()
        found.append(bare)
    if bare.lower().startswith("file:"):
        bare = _of_link(bare)
        found.append(bare)
    if bare[:1] == "'" and bare[1:2] in ("=", "+", "-", "@"):  # as a table for spreadsheets has it
        bare = bare[1:]
        found.append(bare)
    slashed = bare.replace("\\", "/")
    found += [slashed, slashed.removeprefix("./")]
    if slashed.startswith(("/", "./", "../")) or ":" in slashed[:3]:
        found.append(str(PurePosixPath(_normal(slashed))))
    return list(dict.fromkeys(found))


def _of_link(link: str) -> str:
    path = unquote(urlsplit(link).path)
    return path[1:] if re.match(r"/[A-Za-z]:[/\\]", path) else path


def _normal(path: str) -> str:
    """Without ``.`` and ``..``; ``posixpath.normpath`` would take a leading ``//`` for a root of its own."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] not in ("", ".."):
            parts.pop()
        elif part not in (".", "") or not parts:
            parts.append(part)
    return "/".join(parts)


def _written(root: str | Path | None) -> tuple[str, ...]:
    """The picture folder as paths below it may begin."""
    if root is None:
        return ()
    paths = (Path(root), Path(root).absolute(), Path(root).resolve())
    return tuple(dict.fromkeys(f"{str(path).replace(chr(92), '/').rstrip('/')}/" for path in paths))


def _guessed(raw: bytes) -> str:
    """UTF-16 without a mark has a zero in every other byte of plain text."""
    head = raw[:512]
    if len(head) > 3 and head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    if len(head) > 3 and head[::2].count(0) > len(head) // 4:
        return "utf-16-be"
    return "utf-8"


def _shown(name: str) -> str:
    return name if _is_plain(name) else json.dumps(name.strip(), ensure_ascii=False)
