"""What the entries of a list are looked up among: the training pictures' names, columns and hashes."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.lists.names import Names


class LookedUp:
    """The training pictures as entries are looked up among them.

    :param columns: what the source says of each picture.
    :param hashes: gives the positions of pictures by SHA-256 in small letters; ``None``: not known (yet).
    """

    def __init__(
        self,
        names: Names,
        columns: Mapping[str, NDArray[Any] | Sequence[Any]] | None = None,
        hashes: Callable[[str], Sequence[int]] | None = None,
    ) -> None:
        self.names, self.columns, self.hashes = names, columns or {}, hashes
        self._values: dict[str, dict[str, list[int]]] = {}

    def with_hashes(self, hashes: Callable[[str], Sequence[int]] | None) -> LookedUp:
        """The same once the files were read."""
        other = LookedUp(self.names, self.columns, hashes)
        other._values = self._values
        return other

    def values(self, column: str) -> Mapping[str, list[int]]:
        """Positions by what a column says, as text."""
        if column not in self._values:
            found: dict[str, list[int]] = {}
            for position, value in enumerate(self.columns[column]):
                if text := _plain(value):
                    found.setdefault(text, []).append(position)
            self._values[column] = found
        return self._values[column]

    def is_id(self, column: str) -> bool:
        """Whether no two pictures have the same value there."""
        values = self.values(column)
        return len(values) > 1 and all(len(each) == 1 for each in values.values())


def value_of(entry: str) -> str:
    return _plain(entry.strip().strip("\"'"))


def _plain(value: Any) -> str:
    """A value of a column as a list has it; empty where nothing is known."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    text = str(value).strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)
