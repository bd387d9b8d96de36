"""ICU's data in Qt's wheel for Linux, cut down to what Qt asks of ICU: 32 MB, most of it tables of languages.

Of ICU Qt takes converters, upper and lower case, sorting, and the names of time zones, as the symbols that it needs
say (a test looks). Sorting stays whole. Old encodings go, since the program reads files by Python, and Qt has UTF-8
itself. Of the rest English stays, and what every language falls back to; Qt's own tables of numbers, dates and names of
languages are not in ICU.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from bundling.places import Build, BuildError, ran

# Trees of ICU that none of Qt's calls opens.
TREES = ("brkitr", "curr", "lang", "rbnf", "region", "translit", "unit")
KEPT = ("root.res", "en.res", "en_001.res", "en_US.res", "res_index.res", "pool.res", "tzdbNames.res")
SYMBOL = "icudt{version}_dat"


def cut_down(build: Build) -> int:
    """Make ICU's library of data anew with what is needed; how many bytes that saved.

    :raises BuildError: ICU's tool or a compiler is missing.
    """
    found = sorted(path for path in build.inside.rglob("libicudata.so.*") if not path.is_symlink())
    return sum(made_smaller(path, build.work / "languages") for path in found)


def made_smaller(library: Path, work: Path) -> int:
    """Replace one library; the bytes saved.

    :raises BuildError: as :func:`cut_down`.
    """
    if shutil.which("icupkg") is None:
        raise BuildError("icupkg is missing; it is in Debian's icu-devtools")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    version = library.name.rsplit(".", 1)[1]
    whole, small = work / f"icudt{version}l.dat", work / "out" / f"icudt{version}l.dat"
    small.parent.mkdir()
    ran(["objcopy", "-O", "binary", "--only-section=.rodata", library, whole], why="reading ICU's data")
    items = ran(["icupkg", "--list", whole], why="listing ICU's data").split()
    unneeded = work / "unneeded.txt"
    unneeded.write_text("".join(f"{item}\n" for item in items if not is_needed(item)))
    ran(["icupkg", "--remove", unneeded, whole, small], why="cutting down ICU's data")
    made = linked(small, library.name, SYMBOL.format(version=version), work)
    saved = library.stat().st_size - made.stat().st_size
    shutil.copyfile(made, library)
    return saved


def is_needed(item: str) -> bool:
    """Whether a table stays, by its name in ICU's data (``zone/de.res``)."""
    tree, _, name = item.rpartition("/")
    if tree in TREES or name.endswith(".cnv"):
        return False
    return tree == "coll" or name in KEPT or not is_language(name)


def is_language(name: str) -> bool:
    """Whether a table is that of a language (``de_AT.res``), and not one of all (``zoneinfo64.res``)."""
    return re.fullmatch(r"[a-z]{2,3}(_\w+)?\.res", name) is not None


def linked(data: Path, soname: str, symbol: str, work: Path) -> Path:
    """A library that holds a file's bytes under one symbol.

    :raises BuildError: there is no C compiler.
    """
    source, target = work / "data.S", work / soname
    source.write_text(
        f'.section .rodata\n.balign 16\n.globl {symbol}\n.type {symbol}, %object\n{symbol}:\n.incbin "{data}"\n'
        f'.size {symbol}, . - {symbol}\n.section .note.GNU-stack,"",%progbits\n'
    )
    ran(["cc", "-shared", "-nostdlib", f"-Wl,-soname,{soname}", "-o", target, source], why="linking ICU's data")
    return target
