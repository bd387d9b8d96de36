"""Lists of pictures' names: written so that any name survives, read however a person writes one.

The window, the command line and specs read lists here, and so are the lists of what was forgotten before. A list is
text with a name a line, or a table or JSON with a column of names (:mod:`maga_desk.domain.lists`). A name may be
written as the program shows it (``train/cat/0001.jpg``), without ``train/``, as a bare file name where only one picture
is called so, as a path below the picture folder, with backslashes, in quotes, in other capitals, or as a ``file://``
link.
"""

from __future__ import annotations

import contextlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from maga_desk.domain.errors import ForgetError
from maga_desk.domain.lists.ways import ListText, decoded
from maga_desk.domain.outside import json_of, read_bytes

Result = TypeVar("Result")

_ODD = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\\"
_PLAIN = re.compile(rf"[^\s\"#{_ODD}][^{_ODD}]*")
_SHOWN = 3
_QUOTES = "\"'`\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb\u2039\u203a"
_AROUND = _QUOTES + " \t\r\n/"
_PAIRS = {
    '"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u201d": "\u201d", "\u201e": "\u201c\u201d",
    "\u2018": "\u2019", "\u2019": "\u2019", "\u201a": "\u2018\u2019", "\u00ab": "\u00bb", "\u00bb": "\u00ab",
    "\u2039": "\u203a",
}  # fmt: skip
"""What may end a text in quotes, by what begins it."""
_ESCAPED = re.compile(r"\s*(\".*\\|[\"']?file:|.*/\.{1,2}/?\s*$)", re.IGNORECASE | re.DOTALL)
"""What may end otherwise than it is written: JSON text, links, and dots for folders."""


class Names:
    """The pictures' names, to be looked up as people write them.

    :param root: the picture folder, so that paths below it are names.
    :param folders: others that the pictures lie in elsewhere, as on the machine that a list comes from.
    """

    def __init__(self, names: Sequence[str], root: str | Path | None = None, folders: Sequence[str] = ()) -> None:
        self._names = names
        self._whole = {name: i for i, name in enumerate(names)}
        self._again: dict[str, list[int]] = {}
        if len(self._whole) < len(names):  # only where capitals or accents were made alike
            for i, name in enumerate(names):
                self._again.setdefault(name, []).append(i)
        self._short: dict[str, list[int]] = {}
        self._files: dict[str, list[int]] = {}
        for i, name in enumerate(names):
            self._short.setdefault(name.removeprefix("train/"), []).append(i)
            self._files.setdefault(name.rpartition("/")[2], []).append(i)
        self._roots = (*_written(root), *(_folder(each) for each in folders if each.strip()))

    def __len__(self) -> int:
        return len(self._names)

    def below(self, folder: str) -> Names:
        """The same, where paths in a list lie below another folder."""
        if not folder.strip():
            return self
        other = copy(self)
        other._roots = (*self._roots, _folder(folder))
        for made in ("_composed", "_folded"):
            other.__dict__.pop(made, None)
        return other

    def find(self, entry: str) -> list[int]:
        """Positions of the pictures that an entry may stand for: one, none, or several.

        Accented letters are one character or two, as a system has it.
        """
        if entry in self._whole:  # as the program itself writes it
            return self._at(entry)
        found = self._quick(entry)
        if found or not self._may_be(entry):
            return found
        found = self._find(entry)
        return found if found or entry.isascii() else self._composed._find(_composed(entry))

    def find_in_any_case(self, entry: str) -> list[int]:
        """Likewise, whether letters are small or capital: Windows and macOS make no difference."""
        if not self._may_be(entry):
            return []
        folded = _folded(entry)
        return self._folded._quick(folded) or self._folded._find(folded)

    def folder_of(self, entry: str) -> str:
        r"""The folder above the picture folder, of a path that ends as a picture is called; empty where there is none.

        ``D:\data\train\cat\1.jpg`` gives ``D:/data/``.
        """
        path = entry.strip().strip(_QUOTES).replace("\\", "/")
        if not (path.startswith("/") or re.match(r"[A-Za-z]:/", path)) or not self._may_be(entry):
            return ""
        parts, known = path.split("/"), self._folded
        for first in range(1, len(parts)):  # the longest that is a whole name
            if _folded("/".join(parts[first:])) in known._whole:
                return "/".join(parts[:first]) + "/"
        return ""

    @cached_property
    def _composed(self) -> Names:
        return self._made_alike(_composed)

    @cached_property
    def _folded(self) -> Names:
        return self._made_alike(_folded)

    @cached_property
    def _ends(self) -> frozenset[str]:
        """The last parts of all names as :meth:`_may_be` compares them."""
        return frozenset(_end(name) for name in self._names)

    def _made_alike(self, alike: Callable[[str], str]) -> Names:
        names = Names([alike(name) for name in self._names])
        names._roots = tuple(alike(root) for root in self._roots)
        return names

    def _may_be(self, entry: str) -> bool:
        """Whether it is worth to read an entry in every way: of a million that are no pictures, few end like one."""
        return _end(entry) in self._ends or bool(_ESCAPED.match(entry))

    def _quick(self, entry: str) -> list[int]:
        """Without ``train/``, or with backslashes: as :meth:`_find` would, where nothing else needs to be tried."""
        if entry in self._short:
            return self._short[entry]
        bare = entry.strip()
        if bare[:1] in _PAIRS or "\\" not in bare or bare in self._whole or bare in self._short:
            return []
        slashed = bare.replace("\\", "/")
        return self._at(slashed) if slashed in self._whole else self._short.get(slashed, [])

    def _at(self, name: str) -> list[int]:
        return self._again[name] if self._again else [self._whole[name]]

    def _find(self, entry: str) -> list[int]:
        if entry in self._whole:
            return self._at(entry)
        for written in _readings(entry):
            for name in (written, *self._below(written)):
                if name in self._whole:
                    return self._at(name)
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


def read_list(path: str | Path) -> ListText:
    """The text of a list.

    :raises ForgetError: the file cannot be read, or is no text.
    """
    return decoded(bytes_of_list(path), str(path))


def write_list(names: Iterable[str]) -> str:
    """A list that :func:`match` reads back whatever characters the names hold: a name a line, odd ones as JSON text."""
    return "".join(f"{written_name(name)}\n" for name in names)


def written_name(name: str) -> str:
    """A name as it is, or as JSON text where it has something in it that would break a line, or a table's row."""
    return name if is_plain(name) else json.dumps(name)


def is_plain(name: str) -> bool:
    return _PLAIN.fullmatch(name) is not None and name == name.strip()


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _folded(text: str) -> str:
    return _composed(_composed(text).casefold())


def _end(written: str) -> str:
    """The last part of a name or a path, without what may stand around it."""
    end = written.replace("\\", "/").rstrip(_AROUND).rpartition("/")[2].strip(_AROUND)
    return end.casefold() if end.isascii() else _folded(end)


def _readings(entry: str) -> list[str]:
    """An entry as it stands, then as it may be meant: most literal first."""
    bare = entry.strip()
    found = [entry, bare]
    if len(bare) > 1 and bare[-1] in _PAIRS.get(bare[0], ""):
        if bare[0] == '"' == bare[-1]:
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
        found.append(_normal(slashed))
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


def _folder(written: str) -> str:
    return f"{written.strip().strip(_QUOTES).replace(chr(92), '/').rstrip('/')}/"


def _written(root: str | Path | None) -> tuple[str, ...]:
    """The picture folder as paths below it may begin."""
    if root is None:
        return ()
    paths = (Path(root), Path(root).absolute(), Path(root).resolve())
    return tuple(dict.fromkeys(f"{str(path).replace(chr(92), '/').rstrip('/')}/" for path in paths))
