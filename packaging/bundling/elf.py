"""Reading shared libraries of 64-bit Linux: what each needs at its start. Standard library only, nothing is loaded."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_NEEDED, _SONAME, _RPATH, _RUNPATH = 1, 14, 15, 29
_SYMTAB, _DYNAMIC, _DYNSYM, _VERNEED, _VERSYM = 2, 6, 11, 0x6FFFFFFE, 0x6FFFFFFF
_HEADER = struct.Struct("<16xHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_ENTRY = struct.Struct("<qQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_NEED, _NEED_ENTRY = struct.Struct("<HHIII"), struct.Struct("<IHHII")


@dataclass(frozen=True)
class Section:
    name: str
    kind: int
    offset: int
    size: int
    link: int


@dataclass(frozen=True)
class Library:
    """What a shared library says of itself.

    :param soname: empty where it has none.
    :param needed: sonames that the loader must find.
    :param paths: where it looks for them first, ``$ORIGIN`` as written.
    :param undefined: symbols that others must have, each with its version (or an empty one).
    :param versions: by the soname of a needed library, the versions of symbols that are asked of it.
    :param symbols: whether it carries a symbol table for debuggers.
    """

    soname: str
    needed: tuple[str, ...]
    paths: tuple[str, ...]
    undefined: tuple[tuple[str, str], ...]
    versions: dict[str, tuple[str, ...]]
    symbols: bool

    @property
    def glibc(self) -> tuple[int, ...]:
        """The least version of glibc that it loads with; empty where it says none."""
        asked = (word for words in self.versions.values() for word in words if word.startswith("GLIBC_2"))
        return max((tuple(int(part) for part in word[6:].split(".")) for word in asked), default=())


def is_library(path: Path) -> bool:
    """Whether a file is a 64-bit little-endian ELF file."""
    with path.open("rb") as file:
        return file.read(6) == b"\x7fELF\x02\x01"


def read(path: Path) -> Library:
    """Read one library.

    :raises ValueError: it is no 64-bit little-endian ELF file with section headers.
    """
    with opened(path) as data:
        return _Reader(data).library()


def exported(path: Path) -> frozenset[str]:
    """The names of the symbols that one library has for others, without their versions.

    :raises ValueError: as :func:`read`.
    """
    with opened(path) as data:
        return frozenset(_Reader(data).exported())


@contextmanager
def opened(path: Path) -> Iterator[mmap.mmap]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"no 64-bit ELF file: {path}")
        yield data


class _Reader:
    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        *_, start, _, _, _, _, size, count, names = _HEADER.unpack_from(data, 0)
        raw = [_SECTION.unpack_from(data, start + i * size) for i in range(count)]
        self.sections = [Section(self.text(raw[names][4], row[0]), row[1], row[4], row[5], row[6]) for row in raw]

    def library(self) -> Library:
        entries = list(self.dynamic())
        versions, numbers = self.wanted_versions()
        return Library(
            soname=next((text for tag, text in entries if tag == _SONAME), ""),
            needed=tuple(text for tag, text in entries if tag == _NEEDED),
            paths=tuple(part for tag, text in entries if tag in {_RPATH, _RUNPATH} for part in text.split(":") if part),
            undefined=tuple(self.undefined(numbers)),
            versions=versions,
            symbols=self.section(_SYMTAB) is not None,
        )

    def text(self, table: int, offset: int) -> str:
        begin = table + offset
        return self.data[begin : self.data.find(b"\0", begin)].decode()

    def section(self, kind: int) -> Section | None:
        return next((section for section in self.sections if section.kind == kind), None)

    def dynamic(self) -> Iterator[tuple[int, str]]:
        """The entries whose value is a text."""
        section = self.section(_DYNAMIC)
        if section is None:
            return
        table = self.sections[section.link].offset
        for at in range(section.offset, section.offset + section.size, _ENTRY.size):
            tag, value = _ENTRY.unpack_from(self.data, at)
            if tag == 0:
                return
            if tag in {_NEEDED, _SONAME, _RPATH, _RUNPATH}:
                yield tag, self.text(table, value)

    def wanted_versions(self) -> tuple[dict[str, tuple[str, ...]], dict[int, str]]:
        """By library, and by the number that symbols give."""
        section = self.section(_VERNEED)
        found: dict[str, tuple[str, ...]] = {}
        numbers: dict[int, str] = {}
        if section is None:
            return found, numbers
        table, at = self.sections[section.link].offset, section.offset
        while True:
            _, count, file, first, step = _NEED.unpack_from(self.data, at)
            entry, names = at + first, []
            for _ in range(count):
                _, _, number, name, following = _NEED_ENTRY.unpack_from(self.data, entry)
                names.append(self.text(table, name))
                numbers[number] = names[-1]
                entry += following
            found[self.text(table, file)] = tuple(names)
            if step == 0:
                return found, numbers
            at += step

    def undefined(self, numbers: dict[int, str]) -> Iterator[tuple[str, str]]:
        versions = self.section(_VERSYM)
        for i, name, is_own in self.symbols():
            if not is_own:
                number = struct.unpack_from("<H", self.data, versions.offset + 2 * i)[0] if versions else 0
                yield name, numbers.get(number & 0x7FFF, "")

    def exported(self) -> Iterator[str]:
        return (name for _, name, is_own in self.symbols() if is_own)

    def symbols(self) -> Iterator[tuple[int, str, bool]]:
        """Of the loader's table: each symbol's number, its name, and whether it is this library's own."""
        section = self.section(_DYNSYM)
        if section is None:
            return
        table = self.sections[section.link].offset
        for i in range(1, section.size // _SYMBOL.size):
            name, _, _, index, _, _ = _SYMBOL.unpack_from(self.data, section.offset + i * _SYMBOL.size)
            if name:
                yield i, self.text(table, name), index != 0
