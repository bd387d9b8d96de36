"""A file of class names in the order of a model's outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.outside import json_of, read_text

_LARGEST = 64 * 2**20  # bytes
_EXPECTED = "expected a name a line, or JSON: a list, or names by number"


def read_classes(path: str) -> tuple[str, ...]:
    """A name a line; or JSON: a list, ``{"0": "cat"}``, ``{"cat": 0}``, or a config with ``id2label``.

    :raises CheckpointError: it cannot be read, is none of these, or names a class twice.
    """
    try:
        if Path(path).stat().st_size > _LARGEST:
            raise CheckpointError("is too large for a list of classes", where=path, todo=_EXPECTED)
        text = read_text(path, "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise CheckpointError(f"cannot be read ({reason})", where=path, todo=_EXPECTED) from error
    if text.lstrip()[:1] in ("[", "{"):
        names = _of_json(text, path)
    else:
        names = tuple(line.strip() for line in text.splitlines() if line.strip())
    if len(names) < 2:
        raise CheckpointError("names fewer than two classes", where=path, todo=_EXPECTED)
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise CheckpointError(f"names {twice} twice", where=path)
    return names


def _of_json(text: str, path: str) -> tuple[str, ...]:
    try:
        return _names(json_of(text))
    except (ValueError, TypeError) as error:
        raise CheckpointError("is no list of classes", where=path, todo=_EXPECTED) from error


def _names(raw: Any) -> tuple[str, ...]:
    """:raises ValueError: neither names in order nor names by number."""
    if isinstance(raw, Mapping):
        inside = next((raw[key] for key in ("id2label", "classes", "class_names") if key in raw), None)
        if inside is not None:
            return _names(inside)
        pairs = [(int(value), key) if isinstance(value, int) else (int(key), value) for key, value in raw.items()]
        if sorted(number for number, _ in pairs) != list(range(len(pairs))):
            raise ValueError("numbers with gaps")
        raw = [name for _, name in sorted(pairs)]
    if not isinstance(raw, list) or not all(isinstance(name, str) and name for name in raw):
        raise ValueError("no names")
    return tuple(raw)
