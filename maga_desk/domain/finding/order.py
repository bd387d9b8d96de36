"""In which order pictures are shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Order:
    """By a column's values.

    :param column: its name; empty for none.
    :param title: as a person chooses it.
    """

    column: str
    title: str
    descending: bool = False


AS_THEY_LIE = Order("", "As they lie")
