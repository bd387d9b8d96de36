"""Families of kinds, from a file."""

from __future__ import annotations

import csv
from pathlib import Path

from maga_desk.data.demo_world.kinds import FAMILY_OF
from maga_desk.domain.errors import DataError
from maga_desk.domain.outside import json_of, read_text, toml_of


def read_families(source: str) -> dict[str, str]:
    """Kind -> family, from ``demo`` (the demo world's own), or a TOML, JSON or CSV file.

    TOML and JSON hold ``kind = "family"`` pairs, or ``family = ["kind", ...]`` lists; CSV has lines ``kind,family``.

    :raises DataError: the file cannot be read or has another form.
    """
    if source == "demo":
        return dict(FAMILY_OF)
    path = Path(source)
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise DataError(f"cannot read: {reason}", where=str(path)) from error
    try:
        if path.suffix == ".csv":
            rows = [row for row in csv.reader(text.splitlines()) if row]
            pairs = {kind.strip(): family.strip() for kind, family in rows}
        else:
            raw = json_of(text) if path.suffix == ".json" else toml_of(text)
            pairs = _pairs(raw)
    except (ValueError, TypeError, AttributeError, csv.Error) as error:
        raise DataError(f"not a list of families: {error}", where=str(path), todo="write kind = 'family'") from error
    if not pairs:
        raise DataError("names no family", where=str(path))
    return pairs


def _pairs(raw: object) -> dict[str, str]:
    if not isinstance(raw, dict):
        raise TypeError("expected a table of names")
    pairs: dict[str, str] = {}
    for key, value in raw.items():
        if isinstance(value, str):
            pairs[key] = value
        elif isinstance(value, list) and all(isinstance(kind, str) for kind in value):
            pairs |= dict.fromkeys(value, key)
        else:
            raise TypeError(f"'{key}' has neither a family nor a list of kinds")
    return pairs
