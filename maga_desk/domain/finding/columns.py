"""Columns of what is known of pictures, each as its different values and which picture has which."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.pixels import Indices


@dataclass(frozen=True, eq=False)
class Coded:
    """One column.

    :param values: its different values: all text, or all numbers (``NaN`` never matches).
    :param codes: ``(N,) int64``: the place among ``values`` of each picture's; -1 where nothing is known.
    """

    values: tuple[str, ...] | NDArray[np.float64]
    codes: Indices

    @property
    def is_text(self) -> bool:
        return isinstance(self.values, tuple)

    def numbers(self) -> NDArray[np.float64]:
        """``(N,) float64`` of a column of numbers, ``NaN`` where nothing is known."""
        return np.append(np.asarray(self.values, dtype=np.float64), np.nan)[self.codes]

    def mask(self, wanted: Sequence[int] | Indices) -> NDArray[np.bool_]:
        """``(N,) bool``: whose value is at one of these places."""
        taken = np.zeros(len(self.values) + 1, dtype=bool)
        taken[np.asarray(wanted, dtype=np.int64)] = True
        taken[-1] = False  # where code -1 leads
        return np.asarray(taken[self.codes])


def coded(values: Sequence[Any] | NDArray[Any]) -> Coded:
    """A column from one value a picture: numbers where all that is known are numbers, else text.

    ``None``, empty text and numbers that are none (``NaN``) are not known.
    """
    array = values if isinstance(values, np.ndarray) else None
    if array is not None and array.dtype.kind in "iuf":
        return _of_numbers(array.astype(np.float64))
    plain = [_plain(each) for each in (array.tolist() if array is not None else values)]
    known = [each for each in plain if each != ""]
    if known and all(isinstance(each, float) for each in known):
        return _of_numbers(np.array([each if each != "" else math.nan for each in plain], dtype=np.float64))
    places: dict[str, int] = {}
    codes = [-1 if each == "" else places.setdefault(_text(each), len(places)) for each in plain]
    return Coded(tuple(places), np.array(codes, dtype=np.int64))


def folded(text: str) -> str:
    """Text as it is compared: composed, and without regard to case."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _of_numbers(numbers: NDArray[np.float64]) -> Coded:
    known = np.isfinite(numbers)
    values, codes = np.unique(numbers[known], return_inverse=True)
    placed = np.full(len(numbers), -1, dtype=np.int64)
    placed[known] = codes.reshape(-1)
    return Coded(values, placed)


def _plain(value: Any) -> str | float:
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | float | np.number):
        return float(value) if math.isfinite(value) else ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    return str(value).strip()


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.15g}"
