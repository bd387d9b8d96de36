"""Text from outside, made safe to look at: what cannot be seen, or would change the text around it, is written out."""

from __future__ import annotations

import dataclasses
import unicodedata
from functools import cache
from typing import Any, TypeVar

from maga_desk.domain.outside import read_text
from maga_desk.domain.paths import resources_dir

MOST = 4_000
"""Characters of one text that are shown; the record has all of them."""

_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"  # part of how some scripts and emoji are written
T = TypeVar("T")


def visible(text: str) -> str:
    """A text whose control characters, marks of direction and unassigned characters are written as ``[U+202E]``."""
    shown = "".join(each if each in _JOINERS or _is_seen(each) else _number(each) for each in text[:MOST])
    return shown if len(text) <= MOST else f"{shown}… ({len(text):,} characters; the record has them all)"


def settable(text: str) -> str:
    """Likewise, and also what the PDF's fonts have no glyph for."""
    glyphs = _glyphs()
    return "".join(each if each in glyphs else _number(each) for each in unicodedata.normalize("NFC", visible(text)))


def ascii_only(text: str) -> str:
    """Likewise, and also what is not ASCII."""
    return "".join(each if each.isascii() else _number(each) for each in visible(text))


def throughout(value: T, change: Any) -> T:
    """A block with each of its texts changed, but for drawings, whose texts are settable already."""
    return _changed(value, change)  # type: ignore[no-any-return]


def _changed(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_changed(each, change) for each in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        texts = {each.name: getattr(value, each.name) for each in dataclasses.fields(value) if each.name not in _OWN}
        return dataclasses.replace(value, **{name: _changed(each, change) for name, each in texts.items()})
    return value


_OWN = frozenset({"svg", "kind", "key", "tone"})


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in _UNSEEN


def _number(character: str) -> str:
    return f"[U+{ord(character):04X}]"


@cache
def _glyphs() -> frozenset[str]:
    """The characters that the fonts in the PDF's engine can show."""
    lines = read_text(resources_dir() / "report" / "glyphs.txt").splitlines()
    ranges = [each.partition("-") for line in lines if not line.startswith("#") for each in line.split()]
    return frozenset(chr(number) for low, _, high in ranges for number in range(int(low, 16), int(high or low, 16) + 1))
