"""File names that are not UTF-8 as text that every record can hold, and back."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ODD = re.compile(r"[\udc80-\udcff]|\\(?=x[0-9a-f]{2})")
_WRITTEN = re.compile(r"\\x([0-9a-f]{2})")


def writable(name: str) -> str:
    r"""A name with each byte that is no UTF-8 as ``\xe4``; a backslash that would read as such is ``\x5c``."""
    return _ODD.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", name)


def all_writable(names: Sequence[str]) -> tuple[str, ...]:
    """:func:`writable` of each; at once where none has anything odd."""
    return tuple(map(writable, names)) if _ODD.search("/".join(names)) else tuple(names)


def as_on_disk(name: str) -> str:
    """The inverse of :func:`writable`, with surrogate escapes."""

    def byte(found: re.Match[str]) -> str:
        value = int(found[1], 16)
        return chr(value) if value < 0x80 else chr(0xDC00 + value)

    return _WRITTEN.sub(byte, name)
